"""What came of many runs: a row each, Markdown that pastes well, XML that CI servers read."""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dlrun.report.outcomes import Outcome, junit, markdown_outcomes, print_outcomes

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
DEV = {"error": 0.014, "low": 0.006, "high": 0.032, "n": 359}
GATES = [
    {"gate": "dev.error", "condition": "< 8%", "value": 0.014, "low": 0.006, "high": 0.032, "outcome": "pass"},
    {
        "gate": "variance",
        "condition": "< 1%",
        "value": 0.014,
        "low": 0.005,
        "high": 0.032,
        "outcome": "inconclusive",
        "needed_n": 4000,
    },
    {"gate": "seconds", "condition": "< 1", "value": 3.0, "low": 3.0, "high": 3.0, "outcome": "fail"},
]
GOOD = Outcome(
    spec="a.yaml", name="a", status="completed", failed=False, code=3, seconds=1.25,
    told={"run": "20260131-120000-a-aaaa", "errors": {"dev": DEV}, "verdict": ["high_bias"], "gates": GATES},
)  # fmt: skip
BAD = Outcome(
    spec="b.yaml",
    name="b",
    status="failed",
    failed=True,
    code=1,
    seconds=0.5,
    why="b: cannot write: no space",
    log=("one", "two"),
)
SKIPPED = Outcome(spec="c.yaml", name="c", status="needless", failed=False, code=0, seconds=0, told={"run": "earlier"})


def suites(*outcomes: Outcome) -> list[ElementTree.Element]:
    written = junit(outcomes)
    SCHEMA.validate(written.decode())
    return list(ElementTree.fromstring(written))


def test_a_suite_a_run_and_a_case_for_it_and_each_of_its_gates() -> None:
    good, bad, skipped = suites(GOOD, BAD, SKIPPED)
    assert [case.get("name") for case in good.iter("testcase")] == ["run", "dev.error < 8%", "variance < 1%", "seconds < 1"]
    assert (good.get("tests"), good.get("failures"), good.get("errors")) == ("4", "1", "0")
    failure = good.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "seconds < 1: 3.0 [3.0, 3.0]"
    problem = bad.find("testcase/failure")
    assert problem is not None
    assert problem.text == "b: cannot write: no space\none\ntwo"
    assert bad.findtext("system-out") == "one\ntwo"
    assert skipped.find("testcase/skipped") is not None


@pytest.mark.parametrize("status", ["killed", "invalid"])
def test_what_never_came_to_a_result_is_an_error(status: str) -> None:
    (suite,) = suites(Outcome(spec="b", name="b", status=status, failed=True, code=137, seconds=0, why="why"))
    assert suite.get("errors") == "1"


@given(text=st.text())
def test_any_text_is_valid_xml(text: str) -> None:
    assert suites(Outcome(spec=text, name=text, status="failed", failed=True, code=1, seconds=0, why=text, log=(text,)))


def test_markdown_has_a_row_each_and_folds_the_failures() -> None:
    page = markdown_outcomes([GOOD, BAD], "1 of 2 specs are complete, 1 failed")
    assert "| a | 20260131-120000-a-aaaa | completed | 1.40 % | [0.60, 3.20] | high bias | 2 of 3 | 1.2 s | 3 |" in page
    assert page.count("<details>") == 1
    assert "b: cannot write: no space\none\ntwo" in page
    assert "| b | – | failed | – | – |  |  | 0.5 s | 1 |" in page


def test_gates_that_decided_are_named_with_their_numbers() -> None:
    said = "a: seconds must be < 1, and is 3.0 s"
    assert f"\n\n- {said}\n" in markdown_outcomes([GOOD], "h") + "\n"
    assert "variance" not in markdown_outcomes([GOOD], "h")  # inconclusive: that did not decide
    assert "- a: variance must be < 1%, and is 1.40 points" in markdown_outcomes([replace(GOOD, code=4)], "h")
    out = Console(file=(file := StringIO()), width=200)
    print_outcomes([GOOD], out)
    assert f"· {said}" in file.getvalue()


def test_nothing_from_a_file_breaks_out_of_its_cell_or_block() -> None:
    page = markdown_outcomes(
        [Outcome(spec="x", name="a|b", status="failed", failed=True, code=1, seconds=0, why="```\n# big")], "h"
    )
    assert "a\\|b" in page
    assert page.count("```") == 2


def test_json_is_the_contract_with_spec_gates_and_exit_code() -> None:
    told = GOOD.to_json()
    assert (told["spec"], told["run"], told["exit_code"], len(told["gates"])) == ("a.yaml", "20260131-120000-a-aaaa", 3, 3)
    assert BAD.to_json()["status"] == "failed"
