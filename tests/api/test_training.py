"""Training from Python: silent, the same directory as from the shell, and signals left as they were found."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import dlrun
from dlrun.errors import Diverged, InvalidInput
from dlrun.experiment.run import Run as OpenRun
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.experiments import write_spec

ROOT = Path(__file__).parents[2]
MAPPING = {
    "seed": 3,
    "data": {"source": {"kind": "moons", "examples": 300, "noise": 0.2}, "split": {"train": 200, "dev": "20%", "test": 40}},
    "architecture": {"hidden": [8]},
    "regularization": {"l2": 0.1, "keep_prob": 0.9},
    "training": {"epochs": 3, "batch_size": 32},
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLRUN_RUNS", raising=False)


def test_a_file_its_text_and_the_mapping_it_stands_for_are_one_experiment(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_spec(tmp_path)
    runs = [dlrun.train(spec) for spec in (path, str(path), path.read_text(), MAPPING)]
    metrics = {(run.path / "metrics.csv").read_bytes() for run in runs}
    assert len(metrics) == 1
    assert capfd.readouterr() == ("", "")
    assert [run.id[16:-5] for run in runs] == ["small", "small", "experiment", "experiment"]
    assert {run.path.parent for run in runs} == {tmp_path / "runs"}


def test_the_directory_is_the_one_the_command_leaves(tmp_path: Path) -> None:
    path = write_spec(tmp_path)
    command = [sys.executable, "-m", "dlrun", "train", str(path), "-q", "-s", "seed=4", "--runs-dir", "shell"]
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=True)
    shell = dlrun.load("@last", runs_dir="shell")
    ours = dlrun.train(path, overrides=["seed=4"])
    left = [{str(file.relative_to(run.path)) for file in run.path.rglob("*")} for run in (shell, ours)]
    assert left[0] == left[1]
    same = ["metrics.csv", "steps.csv", "resolved.yaml", "preparation.json", "diagnosis.json", "predictions/dev.csv"]
    for name in same:
        assert (shell.path / name).read_bytes() == (ours.path / name).read_bytes()
    assert f"dlrun train {path} -s seed=4 -s " in (ours.path / "report.md").read_text()


def test_the_next_command_of_a_mapping_can_be_typed(tmp_path: Path) -> None:
    run = dlrun.train(MAPPING)
    (command,) = [line for line in (run.path / "report.md").read_text().splitlines() if line.startswith("    dlrun")]
    _, verb, spec, *_ = command.split()
    assert verb == "train"
    assert dlrun.train(tmp_path / spec).status == "completed"


@pytest.mark.parametrize(
    ("spec", "overrides", "told"),
    [
        ("nowhere.yaml", (), "nowhere.yaml: there is no such file"),
        ("data: {source: digits}\ndroput: 1\n", (), "spec:2:1: unknown key 'droput'"),
        ({"data": {"source": "digits"}, "training": {"epochs": -1}}, (), "spec:4:11: training.epochs must be at least 0"),
        ({"extends": "nowhere.yaml"}, (), "cannot extend 'nowhere.yaml'"),
        (MAPPING, ["seed"], "-s 1: must be KEY=VALUE"),
        (MAPPING, "seed=1", "overrides are a list of texts"),
        (3, (), "not a value of type int"),
        (None, (), "not a value of type NoneType"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(tmp_path: Path, spec: Any, overrides: Any, told: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        dlrun.train(spec, overrides=overrides)
    assert told in str(raised.value)
    assert not (tmp_path / "runs").exists()


def test_relative_paths_of_a_mapping_start_where_one_is(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,y\n" + "1,no\n2,yes\n" * 20)
    run = dlrun.train({"data": {"source": {"kind": "csv", "path": "table.csv", "target": "y"}}, "training": {"epochs": 1}})
    assert run.spec["data"]["source"]["path"] == str(tmp_path / "table.csv")


def test_a_run_that_diverges_can_still_be_looked_at() -> None:
    changes = ["optimizer=gradient_descent", "learning_rate=1e38", "regularization.l2=100"]
    with pytest.raises(Diverged) as raised:
        dlrun.train(MAPPING, overrides=changes)
    (note,) = raised.value.__notes__
    run = eval(note.partition(": ")[2], {"dlrun": dlrun})
    assert run.status == "diverged"
    assert repr(run) == f"<dlrun.Run {run.id}: diverged>"


def signal_at_step(monkeypatch: pytest.MonkeyPatch, number: int, at: int = 5) -> None:
    steps = OpenRun.train

    def train(self: OpenRun) -> Any:
        for step in steps(self):
            if step.step == at:
                os.kill(os.getpid(), number)
            yield step

    monkeypatch.setattr(OpenRun, "train", train)


def test_ctrl_c_saves_and_is_a_keyboard_interrupt_as_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without it
    try:
        signal_at_step(monkeypatch, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            dlrun.train(MAPPING)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    run = dlrun.load("@last")
    assert run.status == "interrupted"
    assert len(run.steps) == 5
    assert run.predict([[0.0, 0.0]]).shape == (1,)


def test_a_handler_of_the_callers_own_hears_of_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        signal_at_step(monkeypatch, signal.SIGTERM)
        with pytest.raises(dlrun.DlrunError, match="interrupted by SIGTERM"):
            dlrun.train(MAPPING)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


def test_a_handler_that_is_not_pythons_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    set_handlers: list[int] = []
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    monkeypatch.setattr(signal, "signal", lambda number, handler: set_handlers.append(number))
    assert dlrun.train(MAPPING).status == "completed"
    assert set_handlers == []


def test_any_thread_may_train(tmp_path: Path) -> None:
    done: list[dlrun.Run] = []
    threads = [Thread(target=lambda: done.append(dlrun.train(MAPPING))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.status for run in done] == ["completed"] * 2
    assert len({(run.path / "metrics.csv").read_bytes() for run in done}) == 1


def test_where_it_came_from_is_on_record(tmp_path: Path) -> None:
    run = dlrun.train(MAPPING, overrides=["seed=5"], runs_dir=tmp_path / "other")
    record = RunRecord.load(RunPaths(run.path))
    assert record.argv == ("dlrun.train",)
    assert record.overrides == ("seed=5",)
    assert "noise: 0.2" in (run.path / "spec.yaml").read_text()


def stopped_run(monkeypatch: pytest.MonkeyPatch) -> dlrun.Run:
    """Return a run that Ctrl-C stopped at step 5."""
    with monkeypatch.context() as patch:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            signal_at_step(patch, signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                dlrun.train(MAPPING)
        finally:
            signal.signal(signal.SIGINT, before)
    return dlrun.load("@last")


def test_a_run_that_stopped_goes_on_as_if_it_had_not(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    whole, stopped = dlrun.train(MAPPING), stopped_run(monkeypatch)
    again = dlrun.resume(stopped)
    assert (again.id, again.status, again.parent) == (stopped.id, "completed", None)
    for name in ("metrics.csv", "steps.csv", "diagnosis.json", "predictions/dev.csv"):
        assert (again.path / name).read_bytes() == (whole.path / name).read_bytes()
    before = {path: path.read_bytes() for path in again.path.rglob("*") if path.is_file()}
    assert dlrun.resume("@last").id == again.id, "a run that is complete is what there is"
    assert {path: path.read_bytes() for path in again.path.rglob("*") if path.is_file()} == before
    assert capfd.readouterr() == ("", "")


def test_a_child_leaves_its_parent_as_it_is_and_lies_beside_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = dlrun.train(MAPPING, runs_dir="other")
    before = (parent.path / "metrics.csv").read_bytes()
    monkeypatch.chdir(parent.path)
    children = [
        dlrun.resume(run, ["learning_rate.initial=1e-4"], at_epoch=2)
        for run in (parent, parent.path, ".")
    ]  # fmt: skip
    children.append(dlrun.resume(parent.id, ["learning_rate.initial=1e-4"], at_epoch=2, runs_dir=tmp_path / "other"))
    for child in children:
        assert (child.path.parent, child.parent, child.status) == (tmp_path / "other", parent.id, "completed")
        assert (child.path / "metrics.csv").read_bytes() != before
    assert len({(child.path / "metrics.csv").read_bytes() for child in children}) == 1
    assert (parent.path / "metrics.csv").read_bytes() == before
    record = RunRecord.load(RunPaths(children[0].path))
    assert record.argv == ("dlrun.resume",)
    assert record.branch
    assert (record.branch.epoch, record.overrides) == (2.0, ("learning_rate.initial=1e-4",))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"at_epoch": 1}, "at_epoch has no effect without overrides"),
        ({"overrides": "seed=1"}, "overrides are a list of texts"),
        ({"overrides": ["training.epochs=9"], "at_epoch": -1}, "at_epoch must be at least 0"),
        ({"overrides": ["seed=1"]}, "seed cannot change in a child run"),
        ({"overrides": ["training.epochs=9"], "at_epoch": 7}, "the parent has come to epoch 3 only"),
    ],
)
def test_a_child_that_cannot_be_is_said_before_anything_is_written(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    dlrun.train(MAPPING)
    with pytest.raises(InvalidInput) as raised:
        dlrun.resume("@last", **options)
    assert told in str(raised.value)
    assert len([path for path in (tmp_path / "runs").iterdir() if not path.is_symlink()]) == 1


def test_what_is_not_as_it_was_must_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = stopped_run(monkeypatch)
    (stopped.path / "preparation.json").write_bytes((stopped.path / "preparation.json").read_bytes() + b"\n")
    with pytest.raises(InvalidInput, match="is not the one this run was trained with"):
        dlrun.resume(stopped)
    assert dlrun.resume(stopped, allow_changes=True).status == "completed"


def test_ctrl_c_in_a_run_that_goes_on_is_a_keyboard_interrupt_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = stopped_run(monkeypatch)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        signal_at_step(monkeypatch, signal.SIGINT, at=9)
        with pytest.raises(KeyboardInterrupt):
            dlrun.resume(stopped)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (stopped.status, len(stopped.steps)) == ("interrupted", 9)
