"""What a run writes while it trains: metrics.csv, layers.csv, steps.csv, timings.csv and log.txt."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import fields
from time import perf_counter
from typing import Literal

from dlrun.data.splits import Splits
from dlrun.rundir.files import AppendFile
from dlrun.rundir.paths import RunPaths
from dlrun.training.health import LayerHealth
from dlrun.training.loop import Evaluation, StepEnd

METRICS = tuple(field.name for field in fields(Evaluation) if not field.name.startswith("train_dev"))
TRAIN_DEV_METRICS = ("train_dev_loss", "train_dev_error")
LAYERS = ("epoch", *(field.name for field in fields(LayerHealth)))
STEPS = ("step", "epoch", "learning_rate", "cost")
TIMINGS = ("epoch", "seconds", "examples_per_second")

MOST_STEPS = 100_000  # rows of steps.csv; a longer run is thinned evenly
ROWS_AT_ONCE = 1_000


def record_every(record_steps: Literal["auto", "off"] | int, total_steps: int) -> int | None:
    """Return how many steps lie between two rows of steps.csv: every step up to 100,000 of them; None for no rows."""
    match record_steps:
        case "off":
            return None
        case "auto":
            return max(1, -(-total_steps // MOST_STEPS))
        case every:
            return every


def recorded(steps: Iterable[StepEnd], paths: RunPaths, every: int | None, splits: Splits) -> Iterator[StepEnd]:
    """Pass steps on, each written down before whoever iterates sees it; steps.csv in blocks, at the latest at an evaluation."""
    with ExitStack() as stack:
        columns = METRICS + (TRAIN_DEV_METRICS if splits.train_dev else ())
        metrics = stack.enter_context(AppendFile(paths.metrics, columns))
        timings = stack.enter_context(AppendFile(paths.timings, TIMINGS))
        layers = stack.enter_context(AppendFile(paths.layers, LAYERS))
        step_rows = stack.enter_context(_Block(AppendFile(paths.steps, STEPS))) if every else None
        began, began_at = perf_counter(), 0.0
        for step in steps:
            if step_rows and every and step.step % every == 0:
                step_rows.add((step.step, step.epoch, step.learning_rate, step.cost))
            if row := step.evaluation:
                if step_rows:
                    step_rows.flush()
                metrics.append([whole(row.epoch), *(getattr(row, name) for name in columns[1:])])
                layers.append(*((whole(row.epoch), *vars(layer).values()) for layer in step.layers))
                seconds, examples = perf_counter() - began, (row.epoch - began_at) * len(splits.train)
                timings.append([whole(row.epoch), round(seconds, 6), round(examples / seconds, 1)])
            yield step
            if row:
                began, began_at = perf_counter(), row.epoch


def in_words(row: Evaluation) -> str:
    """Write an evaluation as a line of log.txt."""
    dev = "" if row.dev_error is None else f"  dev_error {row.dev_error:.5g}"
    return f"epoch {row.epoch:g}  step {row.step}  cost {row.cost:.5g}  train_error {row.train_error:.5g}{dev}"


def whole(epoch: float) -> float:
    """Write 3 rather than 3.0 at the end of an epoch."""
    return int(epoch) if epoch == int(epoch) else epoch


class _Block:
    """Rows kept back until there are enough of them to be worth a system call."""

    def __init__(self, file: AppendFile) -> None:
        self.file = file
        self.rows: list[tuple[object, ...]] = []

    def add(self, row: tuple[object, ...]) -> None:
        self.rows.append(row)
        if len(self.rows) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        self.file.append(*self.rows)
        self.rows.clear()

    def __enter__(self) -> "_Block":
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self.flush()
        finally:
            self.file.close()
