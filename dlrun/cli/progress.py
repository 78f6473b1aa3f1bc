"""What one sees while a network trains: a row now and then, and on a terminal a bar below them. All of it on stderr."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from dlrun.diagnosis.headline import Metric
from dlrun.report.figures import error_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from dlrun.experiment.setup import Experiment
    from dlrun.training.loop import Evaluation, StepEnd

MOST_ROWS = 20
REDRAW = 0.1  # seconds
HEADER = f"{'epoch':>7}  {'step':>9}  {'rate':>9}  {'cost':>9}  {'train error':>11}  {'dev error':>11}"


class Watcher:
    """Shows steps as they come: rows evenly spread over the run, the last one always."""

    def __init__(self, out: "Console", experiment: "Experiment", *, from_step: int = 0, every_row: bool) -> None:
        self.out, self.from_step, self.total_steps = out, from_step, experiment.total_steps
        self.metric: Metric = "rmse" if experiment.plan.loss.regression else "error_rate"
        evaluations = (self.total_steps - from_step) // experiment.plan.evaluate_every
        self.every = 1 if every_row else max(1, -(-evaluations // MOST_ROWS))
        self.shown, self.count = 0, 0
        self.latest: Evaluation | None = None

    def say(self, line: str, style: str = "") -> None:
        """Print a line, if anybody still reads: training goes on without a viewer."""
        with suppress(OSError):
            self.out.print(line, style=style, soft_wrap=not self.out.is_terminal)  # whoever reads a file may want whole lines

    def watch(self, steps: "Iterable[StepEnd]") -> None:
        """Follow the steps to their end."""
        self.say(HEADER, style="dim")
        try:
            with self._bar() as redraw:
                for step in steps:
                    if step.evaluation:
                        self._see(step.evaluation)
                    redraw(step)
        finally:  # also of a run that was interrupted, or diverged
            if self.latest and self.shown != self.latest.step:
                self._print(self.latest)

    def _see(self, row: "Evaluation") -> None:
        self.latest = row
        self.count += 1
        if self.count % self.every == 0 or self.count == 1:
            self._print(row)

    def _print(self, row: "Evaluation") -> None:
        self.shown = row.step
        train, dev = error_text(row.train_error, self.metric), error_text(row.dev_error, self.metric)
        self.out.print(f"{row.epoch:>7g}  {row.step:>9,}  {row.learning_rate:>9.3g}  {row.cost:>9.4f}  {train:>11}  {dev:>11}")

    @contextmanager
    def _bar(self) -> "Iterator[Redraw]":
        if not self.out.is_terminal:
            yield Redraw(None, self)
            return
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.out, transient=True, auto_refresh=False) as progress:
            yield Redraw((progress, progress.add_task("training", total=self.total_steps, completed=self.from_step)), self)


class Redraw:
    """Draws the bar ten times a second at most: a step may take fifty microseconds."""

    def __init__(self, bar: "tuple[Progress, TaskID] | None", watcher: Watcher) -> None:
        self.bar, self.watcher = bar, watcher
        self.next = 0.0

    def __call__(self, step: "StepEnd") -> None:
        """Draw, if it is time."""
        if self.bar is None or (now := monotonic()) < self.next:
            return
        progress, task = self.bar
        self.next = now + REDRAW
        latest = self.watcher.latest
        errors = f"  train {error_text(latest.train_error, self.watcher.metric)}" if latest else ""
        errors += f"  dev {error_text(latest.dev_error, self.watcher.metric)}" if latest else ""
        progress.update(task, completed=step.step, description=f"epoch {step.epoch + 1}  cost {step.cost:.4f}{errors}")
        with suppress(OSError):
            progress.refresh()
