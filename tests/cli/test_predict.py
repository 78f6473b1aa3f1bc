"""`dlrun predict` as a shell sees it: what is written where, and what is left alone."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from dlrun.rundir.paths import RunPaths
from tests.cli.shell import dlrun
from tests.commands import Shell
from tests.experiments import train_run, write_words

WORDS = """
    data: {source: {kind: csv, path: table.csv, dev: dev.csv, target: y}, split: {test: 0}, missing: impute}
    architecture: {hidden: [6]}
    training: {epochs: 2}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunPaths:
    for name, seed in (("table.csv", 0), ("dev.csv", 1)):
        write_words(tmp_path / name, 60, seed=seed)
    monkeypatch.chdir(tmp_path)
    return train_run(tmp_path, WORDS)[0].paths


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def test_the_dev_file_gets_the_runs_own_predictions_in_another_process(run: RunPaths, tmp_path: Path) -> None:
    done = dlrun("predict", "@last", "dev.csv", "--out", "new.csv", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "· dev.csv: the labels in 'y' are left out" in done.stderr
    assert done.stderr.endswith("60 of 60 rows predicted, written to new.csv\n")
    assert "\x1b" not in done.stderr
    with (tmp_path / "new.csv").open(newline="") as new, run.predictions_of("dev").open(newline="") as old:
        mine, theirs = list(csv.DictReader(new)), list(csv.DictReader(old))
    for key in ("id", "prediction", "probability"):
        assert [row[key] for row in mine] == [row[key] for row in theirs]
    piped = dlrun("predict", "@last", "dev.csv", "--out", "-", "-q", cwd=tmp_path)
    assert (piped.stdout, piped.stderr) == ((tmp_path / "new.csv").read_text(), "")


def test_json_holds_the_same(run: RunPaths, shell: Shell) -> None:
    told = json.loads(shell("predict", "@last", "dev.csv", "--out", "-", "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(shell("predict", "@last", "dev.csv", "--out", "-").out)))
    assert [(str(row["id"]), row["prediction"], repr(row["probability"])) for row in told] == [
        (row["id"], row["prediction"], row["probability"]) for row in rows
    ]
    assert set(told[0]["probabilities"]) == {"no", "yes"}
    assert told[0]["probabilities"]["yes"] == told[0]["probability"]


def test_a_file_is_overwritten_only_if_told_so(run: RunPaths, shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("mine")
    refused = shell("predict", "@last", "dev.csv", "--out", "new.csv")
    assert refused.code == 2
    assert "new.csv: this file exists\n  → --force overwrites it" in refused.err
    assert (tmp_path / "new.csv").read_text() == "mine"
    assert shell("predict", "@last", "dev.csv", "--out", "new.csv", "--force").code == 0
    assert (tmp_path / "new.csv").read_text().startswith("id,prediction,")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dev.csv", "--out", "dev.csv", "--force"), "would take the place of the data"),
        (("dev.csv", "--out", "no/new.csv"), "there is no directory no"),
        (("dev.csv", "--out", ".", "--force"), "is a directory"),
        (("gone.csv", "--out", "new.csv"), "gone.csv: no such file"),
        (("bad.csv", "--out", "new.csv"), "bad.csv:2:age: 'old' is not a number"),
        (("bad.csv", "--out", "-"), "bad.csv:2:age: 'old' is not a number"),
        (("dev.csv", "--out", "-", "--array", "x"), "--array names an array"),
    ],
)
def test_what_is_wrong_is_exit_2_and_nothing_is_written(
    run: RunPaths, shell: Shell, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "bad.csv").write_text("city,age,income\nRome,old,1\n")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    done = shell("predict", "@last", *words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_the_last_weights_may_be_asked(run: RunPaths, shell: Shell) -> None:
    best, last = (shell("predict", "@last", "dev.csv", "--out", "-", "--which", which).out for which in ("best", "last"))
    assert best.splitlines()[0] == last.splitlines()[0]
    assert (run.root / "checkpoints").exists()


CUSTOMERS = """
    name: customers
    data: {source: {kind: csv, path: customers.csv, target: y}, missing: impute}
    training: {epochs: 20}
"""


def test_the_page_shows_what_is_printed(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs/predict.md").read_text()
    monkeypatch.chdir(tmp_path)
    write_words(tmp_path / "customers.csv", 300, seed=0)
    (tmp_path / "new.csv").write_text(re.findall(r"```text\n(city,.*?)```", page, re.DOTALL)[0])
    train_run(tmp_path, CUSTOMERS)
    done = shell("predict", "@last", "new.csv", "--out", "-")
    assert done.err == shown(page, "stderr of: dlrun predict @last new.csv --out -")
    answers, told = (
        list(csv.reader(text.splitlines())) for text in (done.out, shown(page, "stdout of: dlrun predict @last new.csv --out -"))
    )
    assert [row[:2] for row in answers] == [row[:2] for row in told]
    for row, expected in zip(answers[1:], told[1:], strict=True):
        assert list(map(float, row[2:])) == pytest.approx(list(map(float, expected[2:])), abs=1e-4)
    evaluated = shell("evaluate", "@last", "--split", "dev").out
    assert evaluated == shown(page, "output of: dlrun evaluate @last --split dev")


def shown(page: str, comment: str) -> str:
    """Return what a page shows below a comment."""
    return page.partition(f"<!-- {comment} -->\n```text\n")[2].partition("```")[0]
