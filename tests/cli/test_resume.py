"""`dlrun resume` from the shell: going on, branching off, and what it refuses."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from dlrun.cli.training import COMPILING
from dlrun.kernels import compilation
from dlrun.rundir.listing import runs_in
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.training.loop import StepEnd, train
from tests.commands import Shell
from tests.experiment.test_resumption import stopped
from tests.experiments import SMALL, train_run, write_spec
from tests.proofs.survivors import contents, unlike


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


@pytest.fixture
def complete(tmp_path: Path) -> RunPaths:
    run, _ = train_run(tmp_path)
    return run.paths


def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path: Path, shell: Shell) -> None:
    paths = stopped(tmp_path, 11)
    done = shell("resume", "@last")
    assert (done.code, "verdict" in done.out, "all epochs done" in done.out) == (0, True, True)
    assert paths.report.exists()
    (tmp_path / "whole").mkdir()
    whole, _ = train_run(tmp_path / "whole", SMALL, "training.epochs=6", "training.checkpoint_every=5 steps")
    assert unlike(paths, contents(whole.paths)) == []


def test_a_complete_run_says_so_and_shows_its_end(complete: RunPaths, shell: Shell) -> None:
    before = {path: path.read_bytes() for path in complete.root.rglob("*") if path.is_file()}
    done = shell("resume", complete.id)
    assert done.code == 0
    assert "this run is complete" in done.err
    assert "best     epoch" in done.out
    told = json.loads(shell("resume", complete.id, "--format", "json").out)
    assert (told["run"], told["status"]) == (complete.id, "completed")
    assert {path: path.read_bytes() for path in before} == before


def test_a_child_run_is_told_where_it_came_from(complete: RunPaths, shell: Shell) -> None:
    done = shell("resume", "@last", "-s", "learning_rate.initial=1e-4", "--at-epoch", "2")
    assert done.code == 0
    assert "no checkpoint lies at epoch 2: the run is trained again to there" in done.err
    child = runs_in(complete.root.parent)[-1]
    record = RunRecord.load(child)
    assert (record.parent, record.overrides) == (complete.id, ("learning_rate.initial=1e-4",))
    assert (complete.root.parent / "latest").readlink() == Path(child.id)
    told = json.loads(shell("resume", complete.id, "-s", "training.epochs=4", "--format", "json", "-q").out)
    assert told["status"] == "completed"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--at-epoch", "1"], 2, "--at-epoch has no effect without -s"),
        (["-s", "seed=9"], 2, "seed cannot change in a child run"),
        (["-s", "learning_rat=9"], 2, "did you mean 'learning_rate'"),
        (["-s", "training.epochs=5", "--at-epoch", "7"], 2, "the parent has come to epoch 3 only"),
        (["--at-epoch", "-1"], 2, "greater than or equal to 0"),
    ],
)
def test_what_is_refused(complete: RunPaths, shell: Shell, words: list[str], code: int, said: str) -> None:
    done = shell("resume", "@last", *words)
    assert done.code == code
    assert said in done.err
    assert runs_in(complete.root.parent) == [complete]


def test_a_run_that_is_not_there_and_one_that_is_busy(tmp_path: Path, shell: Shell) -> None:
    assert shell("resume", "nothing").code == 2
    paths = stopped(tmp_path, 11)
    with lock_run(paths):
        done = shell("resume", "@last")
    assert done.code == 7
    assert "is writing to this run" in done.err


def test_a_changed_data_file_is_named_and_can_be_allowed(tmp_path: Path, shell: Shell) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,y\n" + "".join(f"{k % 9},{'yes' if k % 9 > 4 else 'no'}\n" for k in range(90)))
    text = "data: {source: {kind: csv, path: table.csv, target: y}}\ntraining: {epochs: 2, time_limit: 1 second}\n"
    spec = write_spec(tmp_path, text)
    assert shell("train", spec, "-q").code == 0
    paths = runs_in(tmp_path / "runs")[0]
    record = RunRecord.load(paths)
    replace(record, status="interrupted").save(paths)
    table.write_text(table.read_text().replace("8,yes", "8.5,yes"))
    done = shell("resume", "@last")
    assert done.code == 2
    assert "the fingerprint of the data was" in done.err
    done = shell("resume", "@last", "--allow-changes")
    assert done.code == 0
    assert "the fingerprint of the data" in RunRecord.load(paths).resumptions[0].allowed[0]


@pytest.mark.parametrize("quiet", [False, True])
def test_that_training_a_parent_again_has_kernels_compiled_is_said(
    quiet: bool, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compiling(*arguments: Any) -> Iterator[StepEnd]:
        with compilation.loading():
            compilation.compiling_begins()
            sleep(1)
        yield from train(*arguments)

    monkeypatch.setattr("dlrun.experiment.branching.train", compiling)
    train_run(tmp_path, SMALL, "training.kernels=numba")
    done = shell("resume", "@last", "-s", "learning_rate=1e-4", "--at-epoch", "2", *["--quiet"] * quiet)
    assert done.code == 0
    assert done.err.count(COMPILING) == (not quiet)
    timings = runs_in(tmp_path / "runs")[-1].timings.read_text().splitlines()[1:]
    assert len(timings) == 3
    assert sum(float(row.split(",")[1]) for row in timings) < 1
