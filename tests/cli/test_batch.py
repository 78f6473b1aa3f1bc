"""`dlrun batch` from the shell: what runs, what it says, and how it exits."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlrun.rundir.listing import list_runs, runs_in
from dlrun.rundir.record import RunRecord
from tests.commands import Shell
from tests.experiments import SMALL, write_spec

DIVERGES = SMALL + "    optimizer: gradient_descent\n    learning_rate: 1e38\n"
ENDLESS = SMALL.replace("epochs: 3", "epochs: 1000000")


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return Shell(monkeypatch, capsys)


def specs(directory: Path, **texts: str) -> Path:
    folder = directory / "specs"
    folder.mkdir()
    for name, text in texts.items():
        write_spec(folder, text, f"{name}.yaml")
    return folder


def test_every_spec_is_a_run_with_its_row(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, b=SMALL, a=SMALL)
    done = shell("batch", folder, "-j", "2", "--junit", "out.xml", "--format", "json", "-s", "training.epochs=2")
    assert done.code == 0
    told = json.loads(done.out)
    assert [(row["spec"], row["status"], row["exit_code"]) for row in told] == [
        (str(folder / "a.yaml"), "completed", 0), (str(folder / "b.yaml"), "completed", 0)
    ]  # fmt: skip
    assert {row["run"] for row in told} == {run.id for run in runs_in(tmp_path / "runs")}
    assert (tmp_path / "out.xml").read_text().count("<testsuite ") == 2
    metrics = [(Path(row["path"]) / "metrics.csv").read_bytes() for row in told]
    assert metrics[0] == metrics[1]  # what runs beside it changes no bit


def test_one_that_fails_is_said_at_once_and_the_others_go_on(tmp_path: Path, shell: Shell) -> None:
    done = shell("batch", specs(tmp_path, a=DIVERGES, b=SMALL), "-j", "1", "--format", "md")
    assert done.code == 1
    assert "1/2  a  diverged: " in done.err
    assert "diverged at step" in done.err
    assert "| b |" in done.out
    assert "1 of 2 specs are complete, 1 failed" in done.out
    assert sorted(run.status for run in list_runs(tmp_path / "runs")) == ["completed", "diverged"]


def test_fail_fast_begins_nothing_more(tmp_path: Path, shell: Shell) -> None:
    done = shell("batch", specs(tmp_path, a=DIVERGES, b=SMALL, c=SMALL), "-j", "1", "--fail-fast", "--format", "json")
    assert done.code == 1
    assert [row["status"] for row in json.loads(done.out)] == ["diverged", "not run", "not run"]


def test_nothing_runs_if_one_spec_is_wrong_unless_one_keeps_going(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a="dat: digits", b=SMALL, c="data: digits\nseeed: 1")
    done = shell("batch", folder)
    assert done.code == 2
    assert "a.yaml:1:1" in done.err
    assert "c.yaml:2:1" in done.err
    assert not (tmp_path / "runs").exists()
    done = shell("batch", folder, "--keep-going", "--format", "json")
    assert done.code == 1
    assert [(row["status"], row["exit_code"]) for row in json.loads(done.out)] == [
        ("invalid", 2), ("completed", 0), ("invalid", 2)
    ]  # fmt: skip


def test_what_has_been_run_need_not_run_again(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a=SMALL)
    first = json.loads(shell("batch", folder, "--format", "json").out)
    again = shell("batch", folder, "--needed", "--format", "json")
    assert again.code == 0
    assert [(row["status"], row["run"]) for row in json.loads(again.out)] == [("needless", first[0]["run"])]
    assert json.loads(shell("batch", folder, "--needed", "-s", "seed=8", "--format", "json").out)[0]["status"] == "completed"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no spec is named"),
        (["nothing.yaml"], "there is no such file"),
        (["*.yml"], "the pattern matches no file"),
        (["--resume"], "there is no batch to go on with"),
        (["--resume", "small.yaml"], "takes no SPEC"),
        (["small.yaml", "--junit", "no/such/out.xml"], "--junit no/such/out.xml"),
        (["small.yaml", "--junit", "."], "this is a directory"),
        (["small.yaml", "small.yaml"], "named twice"),
        (["small.yaml", "-s", "seeed=1"], "did you mean 'seed'"),
    ],
)
def test_bad_input_is_said_and_nothing_runs(tmp_path: Path, shell: Shell, words: list[str], said: str) -> None:
    write_spec(tmp_path)
    done = shell("batch", *words)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "runs").exists()


def start_batch(folder: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "dlrun", "batch", str(folder), *words, "--format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        command, cwd=folder.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def training_in(runs_dir: Path, count: int) -> list[RunRecord]:
    """Wait until so many runs train, and return their records."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        runs = [run.record for run in list_runs(runs_dir) if run.record and run.paths.metrics.exists()]
        if len(runs) == count:
            return runs
        time.sleep(0.05)
    raise AssertionError("they never began")


def test_a_killed_worker_fails_its_run_and_not_the_batch(tmp_path: Path) -> None:
    process = start_batch(specs(tmp_path, a=ENDLESS, b=SMALL), "-j", "1")
    (record,) = training_in(tmp_path / "runs", 1)
    os.kill(record.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    told = json.loads(out)
    assert [(row["status"], row["exit_code"]) for row in told] == [("killed", 137), ("completed", 0)]
    assert told[0]["run"] == record.run
    assert "a  killed: its process was killed" in err


def test_ctrl_c_leaves_runs_that_go_on_with_resume(tmp_path: Path, shell: Shell) -> None:
    long = SMALL.replace("epochs: 3", "epochs: 400")
    folder = specs(tmp_path, a=long, b=long.replace("seed: 3", "seed: 4"), c=SMALL)
    process = start_batch(folder, "-j", "1")
    (record,) = training_in(tmp_path / "runs", 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "dlrun batch --resume" in err
    assert [run.status for run in list_runs(tmp_path / "runs")] == ["interrupted"]
    done = shell("batch", "--resume", "--format", "json")
    assert done.code == 0
    told = json.loads(done.out)
    assert [row["status"] for row in told] == ["completed"] * 3
    assert told[0]["run"] == record.run
    assert len(runs_in(tmp_path / "runs")) == 3
