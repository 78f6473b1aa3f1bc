import json
import signal
from pathlib import Path

import pytest

from tests.commands import Shell
from tests.experiments import write_spec
from tests.heads import fail_the_worker, start, training_in

EPOCH = ("-s", "training.epochs=1")
OF_A_RUN = {"run", "path", "status", "stop_reason", "metric", "best_epoch", "errors", "verdict", "gates"}


def test_folds_end_with_what_they_predict_together(dlrun: Shell) -> None:
    done = dlrun("train", "small.yaml", "--folds", "3", *EPOCH)
    assert done.code == 0, done.err
    assert done.err.count("dev error") == 3
    for words in ("fold", "the mean of 3 folds; spread", "every row is in dev once", "260", "verdict"):
        assert words in done.out
    diagnosed = dlrun("diagnose", "@last")
    assert diagnosed.code == 0, diagnosed.err
    assert "260" in diagnosed.out
    assert "small (3 folds)" in dlrun("ls").out
    assert "folds" in dlrun("ls", "--groups").err


def test_json_is_the_contract(dlrun: Shell) -> None:
    done = dlrun("train", "small.yaml", "--folds", "3", *EPOCH, "--format", "json", "-q")
    found = json.loads(done.out)
    assert set(found) == OF_A_RUN | {"folds", "mean"}
    assert found["errors"]["dev"]["n"] == 260
    assert [fold["fold"] for fold in found["folds"]] == [1, 2, 3]
    assert set(found["folds"][0]) == OF_A_RUN | {"fold"}
    assert set(found["mean"]) == {"error", "n", "spread"}
    assert Path("runs/latest").resolve().name == found["run"]


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pooled")
    write_spec(directory)
    process = start("train", "small.yaml", "--folds", "2", "-j", "2", *EPOCH, "-q", cwd=directory)
    process.communicate(timeout=60)
    assert process.returncode == 0
    return directory


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "@last", "--split", "test"],
        ["resume", "@last"],
        ["show", "@last"],
        ["export", "@last", "--to", "npz", "--out", "x.npz"],
        ["gradcheck", "@last"],
        ["diagnose", "@last", "--seeds"],
    ],
)
def test_what_needs_a_network_is_refused_in_words(
    dlrun: Shell, pooled: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(pooled)
    done = dlrun(*words)
    assert done.code == 2
    assert "folds" in done.err or "seed" in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--folds", "1"], 2),
        (["--folds", "51"], 2),
        (["--folds", "3", "--seeds", "2"], 2),
        (["--folds", "3", "-s", "data.train_dev=5%"], 2),
        (["--folds", "40", "-s", "data.split={test: 290}"], 2),
        (["--folds", "2", "-s", "learning_rate.initial=1e30", "-s", "optimizer=gradient_descent"], 5),
    ],
)
def test_exit_codes(dlrun: Shell, words: list[str], code: int) -> None:
    assert dlrun("train", "small.yaml", "-q", *words).code == code
    assert Path("runs").exists() == (code == 5)


def test_a_failed_fold_is_said_and_nothing_is_pooled(dlrun: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_the_worker(monkeypatch, tmp_path, "data.split.fold={number: 2, of: 3}")
    done = dlrun("train", "small.yaml", "--folds", "3", "-j", "2", *EPOCH, "--format", "json")
    assert done.code == 1
    assert "fold 2 of 3: the disk is full" in done.err
    assert "nothing is pooled" in done.err
    found = json.loads(done.out)
    assert (found["run"], found["status"]) == (None, "failed")
    assert [fold["status"] for fold in found["folds"]] == ["completed", "failed", "completed"]


def test_ctrl_c_ends_the_folds(tmp_path: Path) -> None:
    write_spec(tmp_path)
    process = start("train", "small.yaml", "--folds", "3", "-s", "training.epochs=1000000", cwd=tmp_path)
    training_in(tmp_path / "runs", 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "0 of 3 folds are done" in err
    assert "the next one alone: dlrun train" in err
    assert "number: 2, of: 3" in err.partition("the next one alone")[2]
