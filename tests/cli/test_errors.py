"""`dlrun diagnose RUN --errors` as a shell sees it: in words, as the contract, as a table."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.commands import Shell
from tests.experiments import REGRESSION, train_run, write_spec, write_table, write_words
from tests.stored_predictions import write_classified, write_rows
from tests.stored_runs import store_run, summary

WORDS = """
    data: {source: {kind: csv, path: table.csv, target: y}, missing: impute, split: {dev: 30%, test: 0}}
    architecture: {hidden: [6]}
    training: {epochs: 1}
"""
KEYS = ["run", "n", "file", "wrong", "classes", "pairs", "confusion", "sure", "examples", "bias", "quantiles", "trend"]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


@pytest.fixture
def stored(tmp_path: Path) -> RunPaths:
    return store_run(tmp_path / "runs")


def test_a_classifier_in_words_and_as_the_contract(tmp_path: Path, shell: Shell) -> None:
    write_words(tmp_path / "table.csv", 200, seed=0)
    run, diagnosis = train_run(tmp_path, WORDS)
    told = json.loads(shell("diagnose", "@last", "--errors", "--examples", "3", "--format", "json").out)
    dev = diagnosis.errors.dev
    assert dev
    assert list(told) == KEYS
    assert (told["run"], told["n"], told["file"]) == (run.paths.id, dev.n, str(tmp_path / "table.csv"))
    assert told["wrong"] == round(dev.value * dev.n) >= 10
    assert len(told["examples"]) == 3
    assert set(told["examples"][0]) == {"id", "label", "prediction", "probability", "loss"}
    assert sum(one["gain"]["value"] for one in told["classes"]) == pytest.approx(dev.value)
    assert sum(one["n"] for one in told["confusion"]) == dev.n
    assert [told[key] for key in ("bias", "quantiles", "trend")] == [None] * 3
    text = shell("diagnose", "@last", "--errors").out
    assert f"{told['wrong']} of {dev.n} dev examples are wrong" in text
    assert "label ↓  predicted →" in text
    assert f"{told['examples'][0]['id']} is line {int(told['examples'][0]['id']) + 2}" in " ".join(text.split())
    end = shell("diagnose", "@last").out
    assert "errors   class '" in end
    assert f"dlrun diagnose {run.paths.id} --errors" in end
    cells = list(csv.DictReader(io.StringIO(shell("diagnose", "@last", "--errors", "--format", "csv").out)))
    assert cells == [
        {"label": one["label"], "prediction": one["prediction"], "examples": str(one["n"])} for one in told["confusion"]
    ]


def test_the_line_that_is_told_holds_the_row(tmp_path: Path, shell: Shell) -> None:
    write_words(tmp_path / "table.csv", 200, seed=0)
    train_run(tmp_path, WORDS)
    for one in json.loads(shell("diagnose", "@last", "--errors", "--format", "json").out)["examples"]:
        line = (tmp_path / "table.csv").read_text().splitlines()[int(one["id"]) + 1]
        assert line.endswith(f",{one['label']}")


def test_a_regression_has_bias_quantiles_and_its_worst(tmp_path: Path, shell: Shell) -> None:
    write_table(tmp_path)
    train_run(tmp_path, REGRESSION)
    told = json.loads(shell("diagnose", "@last", "--errors", "--examples", "2", "--format", "json").out)
    assert list(told) == KEYS
    assert [told[key] for key in ("wrong", "classes", "pairs", "confusion", "sure")] == [None] * 5
    assert set(told["examples"][0]) == {"id", "target", "prediction", "loss", "error"}
    assert abs(told["examples"][0]["error"]) >= abs(told["examples"][1]["error"])
    assert told["quantiles"][1]["low"] <= told["quantiles"][1]["value"]
    text = shell("diagnose", "@last", "--errors").out
    for words in ("mean of prediction − target", "rank correlation of |error|", "the 10 largest errors of 15 examples"):
        assert words in text
    rows = shell("diagnose", "@last", "--errors", "--format", "csv").out.splitlines()
    assert rows[0] == "id,target,prediction,error,loss"
    assert len(rows) == 16
    assert "errors   " not in shell("diagnose", "@last").out


def test_the_report_says_where_the_errors_are(tmp_path: Path, shell: Shell) -> None:
    assert shell("train", write_spec(tmp_path), "-q").code == 0
    report = (tmp_path / "runs" / "latest" / "report.md").read_text()
    told = report.partition("## Where the errors are\n")[2].partition("\n## ")[0]
    assert "60 dev examples are wrong" in told
    assert "most often " in told


def test_a_run_is_complete_though_its_predictions_are_more_than_can_be_read(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlrun.rundir.predictions.MOST_ROWS", 20)
    assert shell("train", write_spec(tmp_path), "-q").code == 0
    report = (tmp_path / "runs" / "latest" / "report.md").read_text()
    assert "## Where the errors are\n\n- not known: this file is damaged: too many rows" in report
    assert "where the errors are is not known" in shell("diagnose", "@last").out


def test_folds_have_it_too(tmp_path: Path, shell: Shell) -> None:
    write_words(tmp_path / "table.csv", 60, seed=0)
    assert shell("train", write_spec(tmp_path, WORDS), "--folds", "3", "-q").code == 0
    assert RunRecord.load(RunPaths((tmp_path / "runs" / "latest").resolve())).kind == "folds"
    told = json.loads(shell("diagnose", "@last", "--errors", "--format", "json").out)
    assert told["n"] == 60
    assert told["wrong"] >= 10
    assert "errors   class '" in shell("diagnose", "@last").out


def test_what_does_not_go_together_is_refused(shell: Shell, stored: RunPaths) -> None:
    done = shell("diagnose", stored.id, "--errors", "--seeds")
    assert done.code == 2
    assert "leave --seeds out" in done.err
    done = shell("diagnose", stored.id, "--format", "csv")
    assert done.code == 2
    assert "add --errors" in done.err


def test_a_run_without_dev_predictions_says_so(shell: Shell, stored: RunPaths) -> None:
    done = shell("diagnose", stored.id, "--errors")
    assert done.code == 2
    assert "no dev predictions" in done.err


def test_a_file_that_is_damaged_is_named(shell: Shell, stored: RunPaths) -> None:
    stored.predictions.mkdir()
    stored.predictions_of("dev").write_text("id,label\n")
    done = shell("diagnose", stored.id, "--errors")
    assert done.code == 1
    assert "this file is damaged" in done.err
    write_rows(stored, ((k, f"c{k}", "c0", None, 0.0) for k in range(10_002)))
    assert "10,002 classes" in shell("diagnose", stored.id, "--errors").err


def test_a_regression_of_words_is_damaged(tmp_path: Path, shell: Shell) -> None:
    paths = store_run(tmp_path / "runs", summary=summary(0.5, metric="rmse"))
    for label in ("a word", "nan", "1e200", "-inf"):
        write_rows(paths, [(0, label, 1.0, None, 0.0)])
        done = shell("diagnose", paths.id, "--errors")
        assert (done.code, "this file is damaged: a label is" in done.err) == (1, True)


def test_nothing_in_a_file_reaches_the_terminal(shell: Shell, stored: RunPaths) -> None:
    evil = "\x1b[31m\x9b2J\u202e"
    write_rows(stored, [(f"{evil}{k}", f"{evil}a{k % 2}", f"{evil}b", 0.95, 1.0) for k in range(12)])
    for words in ([], ["--format", "json"], ["--format", "csv"]):
        out = shell("diagnose", stored.id, "--errors", *words).out
        assert "a0" in out
        assert out.replace("\n", "").isprintable()


def test_no_error_and_one_error_are_said(shell: Shell, stored: RunPaths) -> None:
    wrong = np.zeros(30, dtype=np.bool_)
    write_classified(stored, wrong)
    assert "none of 30 dev examples is wrong" in shell("diagnose", stored.id, "--errors").out
    assert json.loads(shell("diagnose", stored.id, "--errors", "--format", "json").out)["classes"][0]["share"] is None
    wrong[3] = True
    write_classified(stored, wrong)
    text = shell("diagnose", stored.id, "--errors").out
    assert "1 of 30 dev examples is wrong" in text
    assert "so few that their shares are hardly known" in text
    assert "the one error\n" in text
