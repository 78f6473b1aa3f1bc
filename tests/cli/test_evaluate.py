"""`dlrun evaluate` as a shell sees it: a part or a file, in words or as the contract."""

import json
from pathlib import Path

import pytest

from dlrun.cli.evaluate import Part
from tests.commands import Shell
from tests.experiments import REGRESSION, train_run, write_table, write_words

WORDS = """
    data: {source: {kind: csv, path: table.csv, target: y}, missing: impute, train_dev: 10}
    architecture: {hidden: [6]}
    training: {epochs: 2}
"""
KEYS = ["run", "split", "data", "n", "error", "low", "high", "loss", "classes", "confusion", "macro_f1", "auc", "mae", "r2"]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


def test_every_part_and_a_file_have_the_same_contract(tmp_path: Path, shell: Shell) -> None:
    write_words(tmp_path / "table.csv", 90, seed=0)
    write_words(tmp_path / "new.csv", 30, seed=1)
    run, diagnosis = train_run(tmp_path, WORDS)
    for part in Part:
        told = json.loads(shell("evaluate", "@last", "--split", part, "--format", "json").out)
        assert list(told) == KEYS
        assert (told["run"], told["split"], told["data"], told["mae"], told["r2"]) == (run.paths.id, part, None, None, None)
        assert sum(map(sum, told["confusion"])) == told["n"] == sum(one["n"] for one in told["classes"])
        assert [one["class"] for one in told["classes"]] == ["no", "yes"]
        assert set(told["classes"][0]) == {"class", "n", "error", "low", "high", "precision", "f1"}
    told = json.loads(shell("evaluate", "@last", "--format", "json").out)
    assert diagnosis.errors.dev
    assert (told["split"], told["error"]) == ("dev", diagnosis.errors.dev.value)
    assert set(told["auc"]) == set(told["macro_f1"]) == {"value", "low", "high"}
    told = json.loads(shell("evaluate", "@last", "--data", "new.csv", "--format", "json").out)
    assert list(told) == KEYS
    assert (told["split"], told["data"], told["n"]) == (None, "new.csv", 30)


def test_a_regression_has_its_own_scores(tmp_path: Path, shell: Shell) -> None:
    write_table(tmp_path)
    train_run(tmp_path, REGRESSION)
    told = json.loads(shell("evaluate", "@last", "--format", "json").out)
    assert list(told) == KEYS
    assert [told[key] for key in ("classes", "confusion", "macro_f1", "auc")] == [None] * 4
    assert told["mae"]["low"] < told["mae"]["value"] < told["mae"]["high"]
    assert told["mae"]["value"] <= told["error"]
    text = shell("evaluate", "@last").out
    assert "mean absolute error" in text
    assert "R² " in text


def test_words_for_people_and_looks_that_are_counted(tmp_path: Path, shell: Shell) -> None:
    write_words(tmp_path / "table.csv", 90, seed=0)
    write_words(tmp_path / "new.csv", 30, seed=1)
    train_run(tmp_path, WORDS)
    text = shell("evaluate", "@last", "--split", "test").out
    assert text.startswith("test error ")
    assert "macro-F1" in text
    assert "label ↓  predicted →" in text
    assert "look 1 at the test part" in text
    assert "less unbiased" in shell("evaluate", "@last", "--split", "test").out
    done = shell("evaluate", "@last", "--data", "new.csv")
    assert done.out.startswith("new.csv error ")
    assert "look" not in done.out
    assert "missing words" in done.err


def test_a_part_and_a_file_at_once_are_refused(tmp_path: Path, shell: Shell) -> None:
    done = shell("evaluate", "@last", "--data", "new.csv", "--split", "dev")
    assert done.code == 2
    assert "give one of them" in done.err
