"""What a run writes while it trains: metrics.csv, layers.csv, steps.csv, timings.csv and log.txt."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import fields
from itertools import takewhile
from typing import Literal

from dlrun.experiment.setup import Experiment
from dlrun.kernels import Clock
from dlrun.rundir.files import read_bytes
from dlrun.rundir.growing import AppendFile, Prefix, csv_bytes, cut_back
from dlrun.rundir.paths import RunPaths
from dlrun.training.health import LayerHealth
from dlrun.training.loop import Evaluation, StepEnd

METRICS = tuple(field.name for field in fields(Evaluation) if not field.name.startswith("train_dev"))
TRAIN_DEV_METRICS = ("train_dev_loss", "train_dev_error")
LAYERS = ("epoch", *(field.name for field in fields(LayerHealth)))
STEPS = ("step", "epoch", "learning_rate", "cost")
TIMINGS = ("epoch", "seconds", "examples_per_second")
TIMING = re.compile(rb"[0-9.e+-]+,[0-9.e+-]+,[0-9.e+-]+\n")

MOST_STEPS = 100_000  # rows of steps.csv; a longer run is thinned evenly
ROWS_AT_ONCE = 1_000
LARGEST = 2**30  # bytes of a growing file that is read whole


def record_every(record_steps: Literal["auto", "off"] | int, total_steps: int) -> int | None:
    """Return how many steps lie between two rows of steps.csv: every step up to 100,000 of them; None for no rows."""
    match record_steps:
        case "off":
            return None
        case "auto":
            return max(1, -(-total_steps // MOST_STEPS))
        case every:
            return every


class Records:
    """The files that grow while a run trains. What is added is written at once, steps.csv in blocks, at an evaluation at last."""

    def __init__(self, paths: RunPaths, experiment: Experiment, clock: Clock, *, began_at: float) -> None:
        """Open the files of a run that has come to `began_at` epochs; timings are those of the clock."""
        self.every = record_every(experiment.spec.training.record_steps, experiment.total_steps)
        self.columns = METRICS + (TRAIN_DEV_METRICS if experiment.splits.train_dev else ())
        self.m_train = len(experiment.splits.train)
        self.clock, self.began, self.began_at = clock, clock(), began_at
        self.step_rows: list[tuple[object, ...]] = []
        with ExitStack() as stack:
            self.metrics = stack.enter_context(AppendFile(paths.metrics, self.columns))
            self.timings = stack.enter_context(AppendFile(paths.timings, TIMINGS))
            self.layers = stack.enter_context(AppendFile(paths.layers, LAYERS))
            self.steps = stack.enter_context(AppendFile(paths.steps, STEPS)) if self.every else None
            self._open = stack.pop_all()

    def add(self, step: StepEnd) -> None:
        """Write down a step, and its evaluation if it has one."""
        if self.every and step.step % self.every == 0:
            self.step_rows.append((step.step, step.epoch, step.learning_rate, step.cost))
            if len(self.step_rows) >= ROWS_AT_ONCE:
                self._write_steps()
        if row := step.evaluation:
            self._write_steps()
            self.metrics.append([whole(row.epoch), *(getattr(row, name) for name in self.columns[1:])])
            self.layers.append(*((whole(row.epoch), *vars(layer).values()) for layer in step.layers))
            now = self.clock()
            seconds, examples = now - self.began, (row.epoch - self.began_at) * self.m_train
            self.timings.append([whole(row.epoch), round(seconds, 6), round(examples / seconds, 1)])
            self.began, self.began_at = now, row.epoch

    def flush(self) -> dict[str, Prefix]:
        """See that all that was added is on the disk, and return how far each file has come that is always the same."""
        self._write_steps()
        files = [file for file in (self.metrics, self.layers, self.steps) if file]
        for file in files:
            file.flush()
        return {file.path.name: file.prefix for file in files}

    def close(self) -> None:
        """Close the files; the last steps are written, if they can be."""
        with self._open:
            self._write_steps()

    def _write_steps(self) -> None:
        if self.steps and self.step_rows:
            # all four are plain numbers, for which csv.writer takes half as long again
            self.steps.append_lines("".join([f"{step},{epoch},{lr},{cost}\n" for step, epoch, lr, cost in self.step_rows]))
            self.step_rows.clear()


def cut_back_to(paths: RunPaths, files: Mapping[str, Prefix]) -> None:
    """Cut the growing files back to what they held at some moment, timings.csv to at most as many rows as metrics.csv has."""
    for name in paths.growing:
        cut_back(paths.root / name, files[name].size if name in files else 0)
    rows = read_bytes(paths.metrics, LARGEST).count(b"\n") - 1 if paths.metrics.exists() else 0
    if paths.timings.exists():
        cut_back(paths.timings, _whole_rows(read_bytes(paths.timings, LARGEST), rows))


def _whole_rows(timings: bytes, rows: int) -> int:
    """Return the bytes of the first rows and their heading: no checkpoint knows what the clock said, so each is looked at."""
    if rows <= 0 or not timings.startswith(csv_bytes([TIMINGS])):
        return 0
    lines = timings.splitlines(keepends=True)
    whole = takewhile(TIMING.fullmatch, lines[1 : rows + 1])
    return len(lines[0]) + sum(map(len, whole))


def in_words(row: Evaluation) -> str:
    """Write an evaluation as a line of log.txt."""
    dev = "" if row.dev_error is None else f"  dev_error {row.dev_error:.5g}"
    return f"epoch {row.epoch:g}  step {row.step}  cost {row.cost:.5g}  train_error {row.train_error:.5g}{dev}"


def whole(epoch: float) -> float:
    """Write 3 rather than 3.0 at the end of an epoch."""
    return int(epoch) if epoch == int(epoch) else epoch
