"""One run: its training, its end. Whoever opened it is its only writer."""

import shlex
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dlrun import checkpoint
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.recipe import recipe
from dlrun.diagnosis.situation import Situation
from dlrun.errors import Diverged
from dlrun.experiment.cadence import Cadence
from dlrun.experiment.course import course_of
from dlrun.experiment.diagnosing import diagnose_run
from dlrun.experiment.gating import judge_gates
from dlrun.experiment.interrupts import Interrupts
from dlrun.experiment.judgement import judge, write_predictions
from dlrun.experiment.one_batch import with_one_batch
from dlrun.experiment.recording import Records, in_words, whole
from dlrun.experiment.setup import Experiment
from dlrun.experiment.threads import pinned
from dlrun.kernels import Clock
from dlrun.memory import give_back
from dlrun.rundir.curves import read_curves
from dlrun.rundir.files import append_text, write_json
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord, Status
from dlrun.training.loop import StepEnd, train
from dlrun.training.state import State

Report = Callable[[RunRecord, Diagnosis], None]


class Run:
    """A run that is being made, from the state it has come to."""

    def __init__(self, experiment: Experiment, paths: RunPaths, record: RunRecord, interrupts: Interrupts, state: State) -> None:
        self.experiment, self.paths, self.record, self.interrupts, self.state = experiment, paths, record, interrupts, state
        self._clock = Clock()  # of training: compiling kernels is none
        self._began = self._looked = self._clock()
        self.cadence = Cadence(experiment.spec.training.checkpoint_every, experiment.steps_per_epoch, self._began)
        self.pulse = Cadence("auto", experiment.steps_per_epoch, self._began)
        self._seconds_before = record.seconds or 0.0
        self._limit = experiment.spec.training.time_limit
        self.beginning: tuple[str, ...] = ()  # of a run that was opened again: where it goes on, and what was passed over
        self._complete = False  # whether the state is one that may be saved

    def train(self) -> Generator[StepEnd]:
        """Train to the end, or until a signal comes; each step is on record before it is yielded, the last state saved.

        Only a complete state is saved: what breaks into a step, a second signal or a full disk, leaves the one saved before.
        """
        experiment, state = self.experiment, self.state
        began_at = state.epochs_passed(len(experiment.splits.train))
        experiment.splits.make_inputs()
        self._began = self._looked = self._clock()
        with (
            pinned(experiment.threads),
            self._clock.standing_still(),
            closing(Records(self.paths, experiment, self._clock, began_at=began_at)) as records,
            self._saving(records),
        ):
            for step in train(experiment.network, experiment.plan, experiment.splits, state):
                records.add(step)
                if step.evaluation:
                    self.log(in_words(step.evaluation))
                self._complete = True
                yield step
                self.interrupts.check(self.on_again)
                self._look_at_the_clock(step, records)
                self._complete = False
            self._complete = True

    def finish(self, report: Report | None = None) -> Diagnosis:
        """Judge the best parameters on train and dev, and write predictions, diagnosis, report and summary."""
        experiment, state = self.experiment, self.state
        state.slots.clear()  # training is over and its end saved: this room is for what follows
        with pinned(experiment.threads):
            course, health = course_of(experiment, self.paths, state)
            checkpoint.load_params(self.paths, "best", experiment.network.params)
            give_back()  # what training, the look at its first step and reading have left: some 10 MiB
            splits = experiment.splits
            parts = {"train": splits.train, "train_dev": splits.train_dev, "dev": splits.dev}
            judged = {name: judge(experiment, part) for name, part in parts.items() if part is not None}
            diagnosis = diagnose_run(experiment, judged, read_curves(self.paths)["dev_error"])
            diagnosis = with_one_batch(experiment, replace(diagnosis, optimization=course, health=health))
        self.interrupts.check(self.on_again)
        for name in judged.keys() - {"train"}:
            write_predictions(experiment, judged[name], self.paths, name)
        ended = replace(
            self.record,
            status="completed",
            stop_reason=state.stop_reason or "all epochs done",
            ended=datetime.now(UTC),
            summary=self._summary(diagnosis, judged["dev"].loss if "dev" in judged else None),
        )
        gates = [gate.to_json() for gate in judge_gates(experiment, self.paths, ended, diagnosis, judged)]
        ended.summary["gates"] = gates
        advice = [one.to_json() for one in recipe(diagnosis, Situation.of(ended.spec, ended.summary, ended.seconds))]
        write_json(self.paths.diagnosis, diagnosis.to_json() | {"gates": gates, "advice": advice})
        if report:
            report(ended, diagnosis)
        with self.interrupts.shield():
            self.note(ended)
            self.log(f"completed: {self.record.stop_reason}", diagnosis.headline)
        return diagnosis

    def fail(self, status: Status, reason: str) -> None:
        """Record that the run has ended otherwise than it should."""
        self.note(replace(self.record, status=status, stop_reason=reason, ended=datetime.now(UTC)))
        self.log(f"{status}: {reason}")

    def log(self, *lines: str) -> None:
        """Add lines to log.txt, each with the time."""
        now = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
        append_text(self.paths.log, "".join(f"{now}  {line}\n" for line in lines))

    def note(self, record: RunRecord | None = None) -> None:
        """Write run.json, with a heartbeat: this process is alive."""
        self.record = replace(record or self.record, heartbeat=datetime.now(UTC))
        self.record.save(self.paths)

    @property
    def on_again(self) -> str:
        """What to do when the run has been interrupted."""
        return f"what was trained until now is saved; go on with: dlrun resume {shlex.quote(str(self.paths.root))}"

    @property
    def _seconds(self) -> float:
        """How long the run has trained, in all processes that worked on it."""
        return self._seconds_before + self._clock() - self._began

    @contextmanager
    def _saving(self, records: Records) -> Iterator[None]:
        """Save the state when the block ends, however it does; of one that is not complete, the best parameters at most."""
        self._complete = False
        diverged = False
        try:
            yield
        except Diverged:
            diverged = True
            raise
        finally:
            with self.interrupts.shield():
                if self._complete:
                    checkpoint.save(self.paths, self.state, records.flush())
                elif diverged:
                    records.flush()
                    checkpoint.save_best(self.paths, self.state)
                self.record = replace(self.record, seconds=self._seconds)
                if not self.state.finished(self.experiment.plan.epochs):  # else `finish` follows, and writes it
                    self.note()

    def _look_at_the_clock(self, step: StepEnd, records: Records) -> None:
        """Stop if another step as long as the last one would be too long, save if it is time, and show that we are alive."""
        now, limit = self._clock(), self._limit
        if limit and self._seconds + (now - self._looked) >= (limit.seconds or 0):
            self.state.stop_reason = self.state.stop_reason or f"time limit: {limit} of training"
        self._looked = now
        if self.cadence.due(step.step, now):
            with self.interrupts.shield():
                checkpoint.save(self.paths, self.state, records.flush())
            self.cadence.saved(now, self._clock())
        if self.pulse.due(step.step, now):
            self.note(replace(self.record, seconds=self._seconds))
            self.pulse.saved(now, now)

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
