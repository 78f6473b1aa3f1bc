import json
from pathlib import Path

import pytest

from tests.commands import Shell
from tests.experiments import SMALL, train_run


@pytest.fixture
def dlrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLRUN_RUNS", raising=False)
    return Shell(monkeypatch, capsys)


def test_the_ladder_is_drawn_with_what_stands_beside_it(dlrun: Shell, tmp_path: Path) -> None:
    train_run(tmp_path)
    told = dlrun("diagnose", "@last").out
    for said in ("●", "┊", "most frequent class", "softmax regression", "expected calibration error", "Brier score", "verdict"):
        assert said in told
    assert "overfitting" not in told.partition("verdict")[0]
    assert dlrun("evaluate", "@last", "--split", "test").code == 0
    assert "overfitting" in dlrun("diagnose", "@last").out.partition("verdict")[0]


def test_strict_ends_with_4_while_a_gap_is_open(dlrun: Shell, tmp_path: Path) -> None:
    run, found = train_run(tmp_path)
    assert found.open_questions
    done = dlrun("diagnose", run.paths.id, "--strict")
    assert done.code == 4
    assert "inconclusive: " in done.err
    assert "examples" in done.err
    assert dlrun("diagnose", run.paths.id).code == 0
    assert json.loads(dlrun("diagnose", run.paths.id, "--strict", "--format", "json").out)["verdict"] == list(found.verdict)


def test_strict_lets_a_decided_verdict_through(dlrun: Shell, tmp_path: Path) -> None:
    run, found = train_run(tmp_path, SMALL, "diagnosis.tolerance=90%")
    assert not found.open_questions
    assert dlrun("diagnose", run.paths.id, "--strict").code == 0


def test_of_seeds_the_mean_has_all_of_it(dlrun: Shell, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text("\n".join(line[4:] for line in SMALL.splitlines()))
    assert dlrun("train", "small.yaml", "--seeds", "2", "-q").code == 0
    told = json.loads(dlrun("diagnose", "@last", "--seeds", "--format", "json").out)["diagnosis"]
    assert len(told["baselines"]) == 2
    assert told["calibration"]["n"] == 60
    assert told["last_dev_errors"]["rows"] == 3
    assert "softmax regression" in dlrun("diagnose", "@last", "--seeds").out
