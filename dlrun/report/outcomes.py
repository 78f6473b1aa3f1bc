"""What came of each of many runs: as rows of a table, as Markdown, as JUnit's XML."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rich.console import Console
from rich.text import Text

from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.headline import Metric
from dlrun.printable import printable
from dlrun.report.figures import duration, error_text, range_text
from dlrun.report.gate_rows import in_words
from dlrun.report.markdown_table import table
from dlrun.report.terminal import table_of

HEADINGS = ("spec", "run", "outcome", "dev error", "95 %", "verdict", "gates", "time", "exit")
COLOURS = {"completed": "green", "needless": "green", "interrupted": "yellow", "not run": "yellow"}
GATE_MARKS = {"pass": "passed", "fail": "failed", "inconclusive": "inconclusive"}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One spec and what came of it; told is the contract of its run, empty if there is none."""

    spec: str
    name: str
    status: str
    failed: bool
    code: int
    seconds: float
    told: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    log: tuple[str, ...] = ()

    @property
    def gates(self) -> list[dict[str, Any]]:
        """The gates of the run with their outcomes."""
        return [gate for gate in self.told.get("gates") or [] if isinstance(gate, dict)]

    def to_json(self) -> dict[str, Any]:
        """Return the contract, with the spec, the gates and the exit code."""
        keys = ("run", "path", "status", "stop_reason", "best_epoch", "errors", "verdict")
        told = {key: self.told.get(key) for key in keys} | {"status": self.status}
        return {"spec": self.spec, **told, "gates": self.gates, "exit_code": self.code, "seconds": self.seconds, "why": self.why}


def print_outcomes(outcomes: Sequence[Outcome], out: Console) -> None:
    """Print a row for each."""
    rows = table_of(*HEADINGS, right=(3, 4, 7, 8))
    for outcome in outcomes:
        cells = _cells(outcome)
        style = "red" if outcome.failed or outcome.code == 3 else COLOURS.get(outcome.status, "")
        rows.add_row(*cells[:2], Text(cells[2], style=style), *cells[3:])
    out.print(rows)
    for outcome in outcomes:
        for said in _missed_gates(outcome):
            out.print(Text(f"· {said}", style="red" if outcome.code == 3 else "yellow"), soft_wrap=True)


def markdown_outcomes(outcomes: Sequence[Outcome], headline: str) -> str:
    """Return what a job summary shows: the headline, the table, the gates that were missed, why and how each failure ended."""
    lines = [f"**{headline}**", "", *table(HEADINGS, map(_cells, outcomes))]
    if missed := [f"- {said}" for outcome in outcomes for said in _missed_gates(outcome)]:
        lines += ["", *missed]
    for outcome in outcomes:
        if outcome.failed:
            lines += ["", f"<details><summary>{escape(outcome.name)}: {outcome.status}</summary>", "", "```text"]
            lines += [line.replace("```", "'''") for line in (*outcome.why.splitlines(), *outcome.log)]
            lines += ["```", "", "</details>"]
    return "\n".join(map(printable, lines))


def junit(outcomes: Sequence[Outcome]) -> bytes:
    """Return JUnit's XML: a testsuite for each run, with a testcase for the run and one for each of its gates."""
    root = Element("testsuites", {"name": "dlrun"} | _counts([case for outcome in outcomes for case in _cases(outcome)]))
    root.set("time", f"{sum(outcome.seconds for outcome in outcomes):.3f}")
    for outcome in outcomes:
        cases = _cases(outcome)
        suite = SubElement(root, "testsuite", {"name": _clean(outcome.name)} | _counts(cases), time=f"{outcome.seconds:.3f}")
        properties = SubElement(suite, "properties")
        for name in ("spec", "run"):
            value = outcome.spec if name == "spec" else outcome.told.get("run") or ""
            SubElement(properties, "property", name=name, value=_clean(str(value)))
        suite.extend(cases)
        SubElement(suite, "system-out").text = _clean("\n".join(outcome.log))
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _cells(outcome: Outcome) -> tuple[str, ...]:
    errors = outcome.told.get("errors") or {}
    dev = errors.get("dev") if isinstance(errors, dict) else None
    metric: Metric = "rmse" if outcome.told.get("metric") == "rmse" else "error_rate"
    error = error_text(dev["error"], metric) if dev else "–"
    limits = range_text(dev["low"], dev["high"], metric) if dev and dev["high"] is not None else "–"
    verdict = ", ".join(outcome.told.get("verdict") or []).replace("_", " ")
    passed = sum(gate.get("outcome") != "fail" for gate in outcome.gates)
    gates = f"{passed} of {len(outcome.gates)}" if outcome.gates else ""
    cells = (
        outcome.name,
        outcome.told.get("run") or "–",
        outcome.status,
        error,
        limits,
        verdict,
        gates,
        duration(outcome.seconds),
    )
    return (*map(printable, cells), str(outcome.code))


def _missed_gates(outcome: Outcome) -> Iterator[str]:
    """Yield in words the gates that decided the exit code: those that failed, or, of 4, those that nobody can tell."""
    metric: Metric = "rmse" if outcome.told.get("metric") == "rmse" else "error_rate"
    deciding = {3: "fail", 4: "inconclusive"}.get(outcome.code)
    for gate in outcome.gates:
        if gate.get("outcome") == deciding:
            yield printable(f"{outcome.name}: {in_words(Judged.from_json(gate), metric)}")


def _cases(outcome: Outcome) -> list[Element]:
    run = Element("testcase", classname=_clean(outcome.name), name="run", time=f"{outcome.seconds:.3f}")
    if outcome.status in ("needless", "not run"):
        SubElement(run, "skipped", message=_clean(outcome.why or "a run of this spec on this data is complete"))
    elif outcome.failed:
        kind = "error" if outcome.status in ("invalid", "killed") else "failure"
        problem = SubElement(run, kind, message=_clean(outcome.why), type=outcome.status)
        problem.text = _clean("\n".join((outcome.why, *outcome.log)))
    return [run, *(_gate_case(outcome, gate) for gate in outcome.gates)]


def _gate_case(outcome: Outcome, gate: dict[str, Any]) -> Element:
    said = f"{gate.get('gate')} {gate.get('condition')}"
    case = Element("testcase", classname=_clean(outcome.name), name=_clean(said), time="0.000")
    if gate.get("outcome") == "fail":
        value = f"{said}: {gate.get('value')} [{gate.get('low')}, {gate.get('high')}]"
        SubElement(case, "failure", message=_clean(value), type="gate")
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
