"""A power loss at any moment: whatever of what was not flushed is kept, dropped or garbled, a run is old or new."""

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from random import Random

import pytest

from dlrun import checkpoint
from dlrun.errors import DlrunError
from dlrun.experiment.opening import open_run
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.proofs.counting import RecordProperty, cases, proof
from tests.proofs.op_log import OpLog, PowerLoss
from tests.proofs.survivors import (
    Contents,
    contents,
    go_on,
    set_up_in,
    start,
    the_run_in,
    unlike,
)

Train = Callable[[Experiment, Path], None]


class Abandoned(Exception):
    """The process of a run has come to nothing."""


def in_one_go(told: Experiment, runs_dir: Path) -> None:
    start(told, runs_dir)


def with_a_resume(told: Experiment, runs_dir: Path) -> None:
    """Train beyond a checkpoint, stop without another one, and resume."""
    with pytest.MonkeyPatch.context() as patch, suppress(Abandoned), open_run(told, runs_dir) as run:
        patch.setattr(Run, "_saving", lambda run, records: nullcontext())
        for step in run.train():
            if step.step == 12:
                raise Abandoned
    paths = the_run_in(runs_dir)
    assert paths
    go_on(paths)


def recorded(train: Train, directory: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[OpLog, Contents, Path]:
    """Train with a log of every change, and marks where a checkpoint, or the end, has been promised."""
    told, log, runs_dir = set_up_in(directory), OpLog(), directory / "runs"
    save, note = checkpoint.save, Run.note

    def saving(paths: RunPaths, state: object, *words: object) -> None:
        save(paths, state, *words)  # type: ignore[arg-type]
        log.mark("step", state.step)  # type: ignore[attr-defined]

    def noting(run: Run, record: RunRecord | None = None) -> None:
        note(run, record)
        log.mark("status", run.record.status)

    runs_dir.mkdir()
    monkeypatch.setattr(checkpoint, "save", saving)
    monkeypatch.setattr(Run, "note", noting)
    with log.recording():
        train(told, runs_dir)
    monkeypatch.undo()
    paths = the_run_in(runs_dir)
    assert paths
    return log, contents(paths), runs_dir


def broken(loss: PowerLoss, root: str, into: Path, expected: Contents) -> str:
    """Return what is wrong with what a power loss has left; nothing if it is old or new, and goes on as it should."""
    loss.lay_out(root, into)
    steps = [step for kind, step in loss.promises if kind == "step"]
    statuses = [status for kind, status in loss.promises if kind == "status"]
    paths = the_run_in(into)
    if paths is None:
        return "a run that had begun is gone" if statuses else ""
    try:
        was = RunRecord.load(paths)
        if statuses and statuses[-1] == "completed" != was.status:
            return "a run that was complete is not"
        record = go_on(paths)
    except DlrunError as error:
        return str(error)
    if was.status != "completed" and steps and record.resumptions[-1].step < max(steps):
        return f"step {max(steps)} was promised, it went on from {record.resumptions[-1].step}"
    return ", ".join(unlike(paths, expected))


@pytest.mark.proof
@pytest.mark.parametrize("train", [in_one_go, with_a_resume])
def test_no_power_loss_breaks_a_promise(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty
) -> None:
    words = train.__name__.replace("_", " ")
    bar = "0 bad: old or new, no promised checkpoint lost, resumed byte-identical"
    with proof(record_property, f"after a power loss a run is old or new ({words})", bar=bar) as row:
        log, expected, runs_dir = recorded(train, tmp_path, monkeypatch)
        random, found = Random(), Counter[str]()
        for _ in range(cases(1_200, 40)):
            seed, at = random.randrange(2**32), random.randrange(len(log.changes) + 1)
            loss = PowerLoss(log.changes, at, Random(seed))
            into = tmp_path / "after"
            assert not (wrong := broken(loss, str(runs_dir), into, expected)), (at, seed, wrong)
            row.cases += 1
            found["had become a run" if the_run_in(into) else "had not begun"] += 1
            shutil.rmtree(into)
        row.figure = f"0 bad; {len(log.changes)} changes logged; " + ", ".join(f"{n:,} {word}" for word, n in found.items())
