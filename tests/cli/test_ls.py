import csv
import io
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from dlrun.cli.ls import Status
from dlrun.rundir.listing import ListedStatus
from dlrun.rundir.values import RUN_KEYS
from tests.commands import Shell
from tests.stored_runs import changed, spec_with, store_run, summary


@pytest.fixture
def dlrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


def store_four(runs: Path) -> None:
    store_run(runs, 0, "aaaa", dev_error=0.03, spec=spec_with(learning_rate__initial=0.1))
    store_run(runs, 1, "bbbb", dev_error=0.01, spec=spec_with(tags=["baseline"]))
    store_run(runs, 2, "cccc", dev_error=0.02, spec=spec_with(optimizer={"kind": "momentum", "beta": 0.9}))
    store_run(runs, 3, "dddd", dev_error=None, status="failed")


def listed(dlrun: Shell, *words: object) -> list[dict[str, Any]]:
    done = dlrun("ls", "--format", "json", *words)
    assert done.code == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def tails(dlrun: Shell, *words: object) -> str:
    return " ".join(row["run"][-4] for row in listed(dlrun, *words))


def test_before_the_first_run_it_says_what_to_type(dlrun: Shell) -> None:
    done = dlrun("ls")
    assert (done.code, done.out) == (0, "")
    assert "dlrun train SPEC" in done.err
    assert listed(dlrun) == []


def test_the_table_has_what_differs_and_no_other_key(dlrun: Shell) -> None:
    store_four(Path("runs"))
    heading, *rows = dlrun("ls").out.splitlines()
    fixed = ["run", "name", "status", "dev error", "95 %", "epochs", "time", "started"]
    for word in (*fixed, "initial", "optimizer.kind", "tags"):
        assert word in heading
    for word in ("seed", "hidden", "batch_norm", "beta1", "verdict"):
        assert word not in heading
    assert [row.split()[0] for row in rows] == ["dddd", "cccc", "bbbb", "aaaa"]
    assert "2.00 %  [1.00, 4.00]" in rows[1]


def test_json_is_the_contract(dlrun: Shell) -> None:
    store_four(Path("runs"))
    rows = listed(dlrun)
    assert all(set(row) == {*RUN_KEYS, "path", "problem", "spec"} for row in rows)
    assert all(set(row["spec"]) == {"tags", "optimizer.kind", "learning_rate.initial"} for row in rows)
    best = rows[2]
    assert {key: best[key] for key in ("run", "name", "status", "dev_error", "dev_low", "dev_high", "dev_n", "problem")} == {
        "run": "20260131-120100-digits-bbbb",
        "name": "digits",
        "status": "completed",
        "dev_error": 0.01,
        "dev_low": 0.005,
        "dev_high": 0.02,
        "dev_n": 359,
        "problem": None,
    }
    assert best["spec"] == {"tags": ["baseline"], "optimizer.kind": "adam", "learning_rate.initial": 0.002}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ([], "d c b a"),
        (["--reverse"], "a b c d"),
        (["--limit", "2"], "d c"),
        (["--sort", "dev_error"], "b c a d"),
        (["--sort", "dev_error", "--reverse"], "a c b d"),
        (["--sort", "dev_error", "--limit", "1"], "b"),
        (["--sort", "started"], "a b c d"),
        (["--sort", "initial", "--reverse", "--limit", "1"], "a"),
        (["--where", "dev_error<2.5%"], "c b"),
        (["--where", "dev_error<2.5%", "--where", "optimizer.kind=adam"], "b"),
        (["--where", "optimizer=momentum"], "c"),
        (["--where", "tags=baseline"], "b"),
        (["--where", "beta=null"], "d b a"),
        (["--where", "optimizer.weight_decay=0.1"], ""),  # a key, though of no run here
        (["--where", "status!=completed"], "d"),
        (["--status", "failed"], "d"),
        (["--status", "failed", "--status", "completed"], "d c b a"),
        (["--where", "run=20260131-120000-digits-aaaa"], "a"),
    ],
)
def test_runs_are_chosen_and_ordered(dlrun: Shell, words: list[str], left: str) -> None:
    store_four(Path("runs"))
    assert tails(dlrun, *words) == left


def test_only_the_runs_that_are_listed_are_compared(dlrun: Shell) -> None:
    store_four(Path("runs"))
    rows = listed(dlrun, "--where", "optimizer=adam")
    assert set(rows[0]["spec"]) == {"tags", "learning_rate.initial"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--where", "dev_eror<5%"], "did you mean 'dev_error'"),
        (["--where", "lr<5%"], "did you mean 'learning_rate.initial'"),
        (["--sort", "optimizer.bta1"], "did you mean 'optimizer.beta1'"),
        (["--where", "kind=adam"], "optimizer.kind"),
        (["--where", "dev_error"], "no condition"),
        (["--where", "dev_error<low"], "neither less nor more"),
        (["--status", "done"], "completed"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_cure(dlrun: Shell, words: list[str], said: str) -> None:
    store_four(Path("runs"))
    done = dlrun("ls", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_all_wrong_conditions_are_said_at_once_even_without_runs(dlrun: Shell) -> None:
    done = dlrun("ls", "--where", "dev_eror<5%", "--where", "foo")
    assert done.code == 2
    assert "2 errors" in done.err


def test_a_damaged_run_is_a_row_and_its_reason_is_on_stderr(dlrun: Shell) -> None:
    store_four(Path("runs"))
    store_run(Path("runs"), 9, "zzzz").record.write_text("{")
    done = dlrun("ls")
    assert done.code == 0
    assert done.out.splitlines()[1].split() == ["zzzz", "damaged", "–", "–", "–"]
    assert "digits-zzzz/run.json: damaged: this is not the JSON" in done.err
    assert listed(dlrun)[0]["problem"].startswith("this is not the JSON")
    assert "damaged:" not in dlrun("ls", "--status", "completed").err


def test_csv_has_every_column_and_floats_to_the_last_bit(dlrun: Shell) -> None:
    store_run(Path("runs"), -1, dev_error=0.1 + 0.2)
    store_four(Path("runs"))
    rows = list(csv.DictReader(io.StringIO(dlrun("ls", "--format", "csv").out)))
    assert float(rows[-1]["dev_error"]) == 0.1 + 0.2
    assert [row["tags"] for row in rows] == ["", "", "baseline", "", ""]
    assert list(rows[0])[: len(RUN_KEYS)] == list(RUN_KEYS)
    assert len(set(rows[0])) == len(rows[0])


def test_markdown_is_a_table_that_a_name_cannot_break(dlrun: Shell) -> None:
    store_run(Path("runs"), name="a|b\nc")
    lines = dlrun("ls", "--format", "md").out.splitlines()
    assert lines[0].startswith("| run | name | status | dev error |")
    assert lines[1].startswith("| --- | --- |")
    assert "a\\|b c" in lines[2]
    assert len(lines) == 3


@pytest.mark.parametrize("output", ["text", "csv", "md"])
def test_no_terminal_obeys_what_a_record_says(dlrun: Shell, output: str) -> None:
    hostile = "\x1b[31m\x07\x9b2J"
    for minute in range(2):
        spec = changed(spec_with(tags=[f"{hostile}{minute}"]), "notes", f"{hostile}{minute}")
        told = summary(0.01) | {"verdict": [hostile]}
        store_run(Path("runs"), minute, name=hostile, spec=spec, summary=told, stop_reason=hostile)
    done = dlrun("ls", "--format", output)
    assert done.code == 0
    assert done.out.replace("\n", "").isprintable()


def test_what_is_hidden_is_counted(dlrun: Shell) -> None:
    store_four(Path("runs"))
    assert "and 3 more" in dlrun("ls", "--limit", "1").err
    assert "none of the 4 runs is so" in dlrun("ls", "--status", "lost").err


def test_the_statuses_that_can_be_asked_for_are_those_there_are() -> None:
    assert {status.value for status in Status} == set(get_args(ListedStatus))
