"""XML that CI servers read: a suite for each run and each group."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from dlrun.report.junit import junit
from dlrun.report.outcomes import Outcome
from tests.report.test_outcomes import BAD, GOOD, GROUP, PART, SKIPPED

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


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


def test_what_one_of_a_groups_runs_fails_alone_is_no_failure() -> None:
    (suite,) = suites(PART)
    assert (suite.get("failures"), suite.get("tests")) == ("0", "4")
    assert "failed by this run alone" in "".join(suite.itertext())


def test_a_group_is_a_suite_with_its_mean() -> None:
    (suite,) = suites(GROUP)
    found = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert found == {
        "spec": "d.yaml", "run": "", "group": "abc", "runs": "one two", "dev_error": "0.02", "dev_low": "0.01",
        "dev_high": "0.03", "dev_n": "2", "dev_spread": "0.005",
    }  # fmt: skip
    assert [case.get("name") for case in suite.iter("testcase")] == ["mean"]
