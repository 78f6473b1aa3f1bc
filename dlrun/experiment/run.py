"""One run: its directory, its training, its end. Whoever opens it is its only writer."""

import os
import socket
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from dlrun import checkpoint
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import Diverged, DlrunError, Interrupted
from dlrun.experiment.interrupts import Interrupts, heeded
from dlrun.experiment.judgement import diagnose_run, judge, write_predictions
from dlrun.experiment.origins import write_origins
from dlrun.experiment.recording import in_words, record_every, recorded, whole
from dlrun.experiment.setup import Experiment
from dlrun.experiment.threads import pinned
from dlrun.rundir.files import append_text, write_atomically, write_json
from dlrun.rundir.ids import create_run
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord, Status
from dlrun.training.loop import StepEnd, train
from dlrun.training.state import State


class Run:
    """A run that is being made."""

    def __init__(self, experiment: Experiment, paths: RunPaths, record: RunRecord, interrupts: Interrupts) -> None:
        self.experiment, self.paths, self.record, self.interrupts = experiment, paths, record, interrupts
        self.state: State = experiment.start()

    def train(self) -> Generator[StepEnd]:
        """Train to the end, or until a signal comes; each step is on record before it is yielded, the last state saved."""
        experiment = self.experiment
        every = record_every(experiment.spec.training.record_steps, experiment.total_steps)
        steps = train(experiment.network, experiment.plan, experiment.splits, self.state)
        began = perf_counter()
        try:
            with pinned(_threads(experiment)):
                for step in recorded(steps, self.paths, every, experiment.splits):
                    if step.evaluation:
                        self.log(in_words(step.evaluation))
                    yield step
                    self.interrupts.check(self.paths.root)
        finally:
            with self.interrupts.shield():
                self._note(seconds=perf_counter() - began)
                checkpoint.save(self.paths, self.state)

    def finish(self) -> Diagnosis:
        """Judge the best parameters on train and dev, and write predictions, diagnosis and summary."""
        experiment, state = self.experiment, self.state
        with pinned(_threads(experiment)):
            checkpoint.load_params(self.paths, "best", experiment.network.params)
            splits = experiment.splits
            parts = {"train": splits.train, "train_dev": splits.train_dev, "dev": splits.dev}
            judged = {name: judge(experiment, part) for name, part in parts.items() if part is not None}
        self.interrupts.check(self.paths.root)
        for name in judged.keys() - {"train"}:
            write_predictions(experiment, judged[name], self.paths, name)
        diagnosis = diagnose_run(experiment, judged)
        write_json(self.paths.diagnosis, diagnosis.to_json())
        self._note(
            status="completed",
            stop_reason=state.stop_reason or "all epochs done",
            ended=datetime.now(UTC),
            summary=self._summary(diagnosis, judged["dev"].loss if "dev" in judged else None),
        )
        self.log(f"completed: {self.record.stop_reason}", diagnosis.headline)
        return diagnosis

    def fail(self, status: Status, reason: str) -> None:
        """Record that the run has ended otherwise than it should."""
        self._note(status=status, stop_reason=reason, ended=datetime.now(UTC))
        self.log(f"{status}: {reason}")

    def log(self, *lines: str) -> None:
        """Add lines to log.txt, each with the time."""
        now = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
        append_text(self.paths.log, "".join(f"{now}  {line}\n" for line in lines))

    def _note(self, **changes: Any) -> None:
        self.record = replace(self.record, **changes, heartbeat=datetime.now(UTC))
        self.record.save(self.paths)

    def _summary(self, diagnosis: Diagnosis, dev_loss: float | None) -> dict[str, Any]:
        state, tree = self.state, diagnosis.to_json()
        return {
            "best_epoch": whole(state.best.epoch) if state.best.found else state.epoch,
            "epochs": state.epoch,
            "steps": state.step,
            "parameters": self.experiment.network.params.count,
            "examples": self.experiment.splits.sizes,
            "features": len(self.experiment.splits.features),
            "metric": tree["metric"],
            "errors": tree["errors"],
            "dev_loss": dev_loss,
            "verdict": tree["verdict"],
            "headline": tree["headline"],
        }


@contextmanager
def open_run(experiment: Experiment, runs_dir: Path, *, argv: Sequence[str] = (), overrides: Sequence[str] = ()) -> Iterator[Run]:
    """Make the run's directory and hold it; whatever goes wrong inside is on record before it leaves here.

    Errors: DlrunError if the directory cannot be written.
    """
    paths = create_run(runs_dir, experiment.spec.name)
    # the loop looks for what is not finite, and says more than a warning
    with lock_run(paths), np.errstate(all="ignore"), heeded() as interrupts:
        run = Run(experiment, paths, _first_record(experiment, paths, argv, overrides), interrupts)
        run.record.save(paths)
        write_origins(experiment, paths)
        run.log(f"started {paths.id}", *experiment.notes)
        try:
            yield run
        except BaseException as error:
            with interrupts.shield():
                _end_badly(run, error)
            raise


def _end_badly(run: Run, error: BaseException) -> None:
    match error:
        case Diverged():
            run.fail("diverged", error.problems[0].what)
        case Interrupted():
            run.fail("interrupted", error.problems[0].what)
        case KeyboardInterrupt():  # outside the main thread there is no handler
            run.fail("interrupted", "interrupted")
        case DlrunError():
            run.fail("failed", str(error))
        case _:
            write_atomically(run.paths.crash, traceback.format_exc())
            error.add_note(f"The traceback is in {run.paths.crash}.")
            run.fail("failed", f"{type(error).__name__}: {error}")


def _first_record(experiment: Experiment, paths: RunPaths, argv: Sequence[str], overrides: Sequence[str]) -> RunRecord:
    now = datetime.now(UTC)
    return RunRecord(
        run=paths.id,
        name=experiment.spec.name,
        status="running",
        started=now,
        heartbeat=now,
        pid=os.getpid(),
        host=socket.gethostname(),
        argv=tuple(argv),
        overrides=tuple(overrides),
        spec=experiment.spec.model_dump(mode="json"),
    )


def _threads(experiment: Experiment) -> int:
    threads = experiment.spec.training.threads
    assert threads != "auto", "a resolved spec says a number"
    return threads
