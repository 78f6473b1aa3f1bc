"""Runs that are killed, interrupted or starved of disk, and what must be equal when they have gone on."""

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dlrun.checkpoint.manifest import Manifest
from dlrun.experiment.opening import open_run
from dlrun.experiment.resumption import resume_run
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment
from dlrun.rundir import disk
from dlrun.rundir.listing import runs_in
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.experiments import experiment

STEPS_AN_EPOCH = 5
SPEC = """
    name: survivor
    seed: 3
    data:
      source: {kind: moons, examples: 60, noise: 0.2}
      split: {train: 40, dev: 20, test: 0}
      checks: off
    architecture: {hidden: [4], batch_norm: true}
    regularization: {l2: 0.1, keep_prob: 0.9}
    training: {epochs: 3, batch_size: 8, checkpoint_every: 5 steps, early_stopping: {patience: 9}}
"""
ALWAYS_EQUAL = ("resolved.yaml", "metrics.csv", "steps.csv", "layers.csv", "predictions/dev.csv", "diagnosis.json")
Contents = dict[str, bytes]


def set_up_in(directory: Path, *overrides: str) -> Experiment:
    return experiment(directory, SPEC, *overrides)


def train_to_the_end(run: Run) -> None:
    for _ in run.train():
        pass
    run.finish()


def start(told: Experiment, runs_dir: Path) -> None:
    with open_run(told, runs_dir, argv=["dlrun"]) as run:
        train_to_the_end(run)


def killed_at(last: int, told: Experiment, runs_dir: Path) -> RunPaths:
    """Return a run whose process is killed after so many steps."""

    def train() -> None:
        with open_run(told, runs_dir, argv=["dlrun"]) as run:
            for step in run.train():
                if step.step == last:
                    os.kill(os.getpid(), signal.SIGKILL)

    with child(train) as pid:
        assert wait(pid) == 128 + signal.SIGKILL
    return runs_in(runs_dir)[0]


def go_on(paths: RunPaths) -> RunRecord:
    """Resume a run unless it is complete, and return its record."""
    if RunRecord.load(paths).status != "completed":
        with resume_run(paths) as run:
            train_to_the_end(run)
    return RunRecord.load(paths)


def contents(paths: RunPaths) -> Contents:
    """Return what must not depend on interruptions: the growing files, what is judged, the last and the best checkpoint."""
    found = {name: (paths.root / name).read_bytes() for name in ALWAYS_EQUAL if (paths.root / name).exists()}
    manifest = Manifest.load(paths.manifest)
    kept = [entry.file for entry in (manifest.last, manifest.best) if entry]
    return found | {f"checkpoints/{name}": (paths.checkpoints / name).read_bytes() for name in kept}


def reference(told: Experiment, directory: Path) -> Contents:
    """Return the contents of a run that nothing disturbs; the experiment stays untrained."""
    with child(lambda: start(told, directory)) as pid:
        assert wait(pid) == 0
    return contents(runs_in(directory)[0])


def unlike(paths: RunPaths, expected: Contents) -> list[str]:
    """Return the names of the files that are not as expected."""
    found = contents(paths)
    return [name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)]


def the_run_in(runs_dir: Path) -> RunPaths | None:
    """Return the one run of a directory; one that died before it was one has left nothing that counts."""
    runs = runs_in(runs_dir)
    assert len(runs) <= 1
    return runs[0] if runs else None


def no_leftovers(paths: RunPaths) -> list[str]:
    return [path.name for path in paths.root.rglob("*.tmp")]


def trust_the_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flush nothing, which takes most of the time of a small run; for proofs in which no power is lost."""
    for name in ("flush", "flush_directory"):
        monkeypatch.setattr(disk, name, lambda place: None)


@contextmanager
def child(work: Callable[[], object]) -> Iterator[int]:
    """Do some work in a process of its own, which is gone when the block ends; yield its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads: the children use none of them
        pid = os.fork()
    if pid == 0:
        code = 70
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            silence = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(silence, fd)
            sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
            work()
            code = 0
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else 1
        except KeyboardInterrupt:
            code = 130
        finally:
            os._exit(code)
    yield pid


def wait(pid: int) -> int:
    """Return the exit code of a child, as a shell says it."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code
