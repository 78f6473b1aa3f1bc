"""What came of many runs: a row each, and one for the mean of those that are a group."""

import csv
import io
from dataclasses import replace

from rich.console import Console

from dlrun.report.outcomes import Outcome, csv_outcomes, markdown_outcomes, outcome_columns
from dlrun.report.run_table import print_runs

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
PART = Outcome(
    spec="d.yaml", name="d 1/2", status="completed", failed=False, code=3, seconds=1, told=GOOD.told, seed=7, group="abc"
)  # fmt: skip
MEAN = {"error": 0.02, "low": 0.01, "high": 0.03, "n": 2, "spread": 0.005}
GROUP = Outcome(
    spec="d.yaml", name="d, 2 seeds", status="completed", failed=False, code=0, seconds=2,
    told={"metric": "error_rate", "errors": {"dev": MEAN}, "verdict": []}, group="abc", runs=("one", "two"),
)  # fmt: skip
SKIPPED = Outcome(spec="c.yaml", name="c", status="needless", failed=False, code=0, seconds=0, told={"run": "earlier"})


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
    assert "must be" not in markdown_outcomes([PART], "h")  # of a group the mean's decide


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
    assert (told["seed"], told["group"], told["runs"]) == (None, None, None)
    told = GROUP.to_json()
    assert (told["run"], told["group"], told["runs"], told["errors"]["dev"]) == (None, "abc", ["one", "two"], MEAN)
    assert PART.to_json()["seed"] == 7


def test_csv_has_every_figure() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_outcomes([GOOD, BAD, PART, GROUP]))))
    assert [row["name"] for row in rows] == ["a", "b", "d 1/2", "d, 2 seeds"]
    assert (rows[0]["dev_error"], rows[0]["gates"], rows[0]["gates_failed"]) == ("0.014", "3", "1")
    assert (rows[1]["status"], rows[1]["why"], rows[1]["dev_error"]) == ("failed", "b: cannot write: no space", "")
    assert (rows[2]["seed"], rows[2]["group"]) == ("7", "abc")
    assert (rows[3]["dev_n"], rows[3]["dev_spread"], rows[3]["run"]) == ("2", "0.005", "")


def test_the_spread_has_a_column_where_there_is_one() -> None:
    assert "spread" not in markdown_outcomes([GOOD], "h")
    assert "| d, 2 seeds | mean | completed | 2.00 % | [1.00, 3.00] | 0.50 |" in markdown_outcomes([PART, GROUP], "h")


def test_rows_fit_a_terminal() -> None:
    out = Console(width=80, record=True, file=io.StringIO(), force_terminal=True)
    shown = outcome_columns([GOOD, PART, GROUP, SKIPPED], {"20260131-120000-a-aaaa": "aaaa"})
    left_out = print_runs(shown, out)
    lines = out.export_text().splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 80
    assert "aaaa" in lines[1]
    assert {column.heading for column in left_out} <= {"time", "exit", "verdict"}


def test_no_column_is_empty() -> None:
    assert [column.heading for column in outcome_columns([BAD], {})] == [
        "spec", "run", "status", "dev error", "95 %", "time", "exit"
    ]  # fmt: skip
