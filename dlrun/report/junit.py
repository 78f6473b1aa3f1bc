"""What came of many runs as JUnit's XML, which CI servers read."""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dlrun.report.outcomes import Outcome

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


def junit(outcomes: Sequence[Outcome]) -> bytes:
    """Return JUnit's XML: a testsuite for each run, with a testcase for the run and one for each of its gates."""
    root = Element("testsuites", {"name": "dlrun"} | _counts([case for outcome in outcomes for case in _cases(outcome)]))
    root.set("time", f"{sum(outcome.seconds for outcome in outcomes if outcome.runs is None):.3f}")
    for outcome in outcomes:
        cases = _cases(outcome)
        suite = SubElement(root, "testsuite", {"name": _clean(outcome.name)} | _counts(cases), time=f"{outcome.seconds:.3f}")
        properties = SubElement(suite, "properties")
        for name, value in _properties(outcome).items():
            SubElement(properties, "property", name=name, value=_clean(str(value)))
        suite.extend(cases)
        SubElement(suite, "system-out").text = _clean("\n".join(outcome.log))
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _cases(outcome: Outcome) -> list[Element]:
    run = Element(
        "testcase", classname=_clean(outcome.name), name="run" if outcome.runs is None else "mean", time=f"{outcome.seconds:.3f}"
    )
    if outcome.status in ("needless", "not run"):
        SubElement(run, "skipped", message=_clean(outcome.why or "a run of this spec on this data is complete"))
    elif outcome.runs is not None and outcome.status != "completed":
        SubElement(run, "skipped", message=_clean(f"{outcome.status}: the mean is of these"))
    elif outcome.failed:
        kind = "error" if outcome.status in ("invalid", "killed") else "failure"
        problem = SubElement(run, kind, message=_clean(outcome.why), type=outcome.status)
        problem.text = _clean("\n".join((outcome.why, *outcome.log)))
    return [run, *(_gate_case(outcome, gate) for gate in outcome.gates)]


def _properties(outcome: Outcome) -> dict[str, object]:
    """Return what a suite is of, and of a group what its runs say together."""
    told: dict[str, object] = {"spec": outcome.spec, "run": outcome.told.get("run") or ""}
    told |= {"seed": outcome.seed} if outcome.seed is not None else {}
    if outcome.runs is not None:
        told |= {"group": outcome.group or "", "runs": " ".join(outcome.runs)}
        told |= {f"dev_{key}": value for key, value in outcome.dev.items() if value is not None}
    return told


def _gate_case(outcome: Outcome, gate: dict[str, Any]) -> Element:
    said = f"{gate.get('gate')} {gate.get('condition')}"
    case = Element("testcase", classname=_clean(outcome.name), name=_clean(said), time="0.000")
    if gate.get("outcome") == "fail":
        value = f"{said}: {gate.get('value')} [{gate.get('low')}, {gate.get('high')}]"
        if outcome.decides:
            SubElement(case, "failure", message=_clean(value), type="gate")
        else:
            SubElement(case, "system-out").text = _clean(f"failed by this run alone, which decides nothing: {value}")
    elif gate.get("outcome") == "inconclusive":
        SubElement(case, "system-out").text = _clean(f"inconclusive: about {gate.get('needed_n')} examples would decide")
    return case


def _counts(cases: Sequence[Element]) -> dict[str, str]:
    def having(name: str) -> str:
        return str(sum(case.find(name) is not None for case in cases))

    return {
        "tests": str(len(cases)), "failures": having("failure"), "errors": having("error"), "skipped": having("skipped"),
    }  # fmt: skip


def _clean(text: str) -> str:
    """Return the text without what XML has no way to say."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
