"""What one sees while many runs train, each in a process of its own: a bar over all of them, and a line when one has ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from dlrun.cli.options import Format
from dlrun.cli.progress import REDRAW
from dlrun.printable import printable
from dlrun.report.figures import error_text
from dlrun.report.terminal import console
from dlrun.rundir.following import Follower
from dlrun.rundir.values import dig

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from dlrun.diagnosis.headline import Metric
    from dlrun.rundir.paths import RunPaths
    from dlrun.workers.training import Training

NARROW = 100  # columns, below which the bar leaves more room to the words
BESIDE = 25  # columns of the bar's line that count and clock take


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How many runs train at once, and how what comes of them is told and judged."""

    workers: int
    output: Format
    quiet: bool
    verbose: bool
    strict: bool


@dataclass
class _Running:
    """A run that trains, as far as it can be seen from outside: by the rows of its metrics.csv."""

    label: str
    training: "Training"
    paths: "RunPaths | None" = None
    epochs: float = 1.0
    metric: "Metric" = "error_rate"
    follower: Follower | None = None
    latest: dict[str, str] = field(default_factory=dict)

    def look(self) -> list[str]:
        """Take in what has been written since the last look, and return it in words."""
        if self.follower is None and not self._begin():
            return []
        assert self.follower
        rows = self.follower.new_rows()
        self.latest = rows[-1] if rows else self.latest
        return [self._words(row) for row in rows]

    def _begin(self) -> bool:
        from dlrun.rundir.listing import read_run

        self.paths = self.training.paths
        record = read_run(self.paths).record if self.paths else None
        if record is None or self.paths is None:
            return False
        epochs, loss = dig(record.spec, "training", "epochs"), dig(record.spec, "loss", "kind")
        self.epochs = float(epochs) if isinstance(epochs, int | float) and epochs > 0 else 1.0
        self.metric = "error_rate" if str(loss).endswith("cross_entropy") else "rmse"
        self.follower = Follower(self.paths.metrics)
        return True

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return min(1.0, (_number(self.latest.get("epoch")) or 0.0) / self.epochs)

    def words(self) -> str:
        """Return where it is."""
        return f"{self.label}  {self._words(self.latest)}" if self.latest else self.label

    def _words(self, row: dict[str, str]) -> str:
        told = [f"epoch {_number(row.get('epoch')) or 0:g}"]
        for part in ("train", "dev"):
            error = _number(row.get(f"{part}_error"))
            told += [f"{part} {error_text(error, self.metric)}"] if error is not None else []
        return "  ".join(told)


class Many:
    """Shows many runs: on a terminal a bar, everywhere a line for each that has ended; with verbose one for every evaluation."""

    def __init__(self, total: int, *, quiet: bool, verbose: bool = False) -> None:
        self.out, self.quiet, self.verbose = console(stderr=True), quiet, verbose
        self.total, self.done = total, 0
        self._running: dict[int, _Running] = {}
        self._said: set[str] = set()
        self._bar: tuple[Progress, TaskID] | None = None
        self._next = 0.0

    @contextmanager
    def shown(self) -> "Iterator[Many]":
        """Show the bar until the block is left."""
        if self.quiet or not self.out.is_terminal:
            yield self
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        bar = BarColumn(bar_width=self._bar_width)
        count = TextColumn("{task.fields[ended]}/{task.total:.0f}")
        columns = (TextColumn("{task.description}"), bar, count, TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.out, transient=True, auto_refresh=False) as progress:
            self._bar = progress, progress.add_task("", total=self.total, ended=0)
            try:
                self.tick()
                yield self
            finally:
                self._bar = None

    def begun(self, number: int, label: str, training: "Training", notes: Sequence[str] = ()) -> None:
        """Take in that a run has begun; what was said of an earlier one is not said again."""
        self._running[number] = _Running(label, training)
        self._say_once(notes)
        self.tick()

    def ended(self, number: int, line: str, *, notes: Sequence[str] = (), log: Sequence[str] | None = None) -> None:
        """Say what came of a run; of one that failed, whose log this is, even where nobody wants to see anything."""
        self.done += 1
        if running := self._running.pop(number, None):
            self._tell(running)
        self._say_once(notes)
        head = f"{self.done}/{self.total}  {line}"
        if log is None:
            self.say(head)
        else:
            self._print(head, "red")
            for row in log:
                self._print(f"    {row}", "dim")
        self.tick()

    def _say_once(self, notes: Sequence[str]) -> None:
        for note in notes:
            if note not in self._said:
                self.say(f"· {note}", style="dim")
        self._said |= set(notes)

    def say(self, line: str, style: str = "") -> None:
        """Print a line above the bar."""
        if not self.quiet:
            self._print(line, style)

    def _print(self, line: str, style: str) -> None:
        with suppress(OSError):  # training goes on without a viewer
            self.out.print(printable(line), style=style, soft_wrap=True)

    def tick(self) -> None:
        """Look where the runs are, ten times a second at most, and draw the bar."""
        if self.quiet or (now := monotonic()) < self._next or not (self._bar or self.verbose):
            return
        self._next = now + REDRAW
        for running in list(self._running.values()):
            self._tell(running)
        if self._bar is None:
            return
        progress, task = self._bar
        done = self.done + sum(running.share for running in self._running.values())
        progress.update(task, completed=done, ended=self.done, description=self._words())
        with suppress(OSError):
            progress.refresh()

    def _tell(self, running: _Running) -> None:
        for words in running.look():
            if self.verbose:
                self.say(f"{running.label}  {words}", style="dim")

    def _words(self) -> str:
        """Return where the runs are: of one its errors, of several how far they have come."""
        runs = list(self._running.values())
        words = runs[0].words() if len(runs) == 1 else "  ".join(f"{one.label} {one.share:.0%}" for one in runs)
        room = max(0, self.out.width - self._bar_width - BESIDE)
        return words if len(words) <= room else words[: room - 1] + "…"

    @property
    def _bar_width(self) -> int:
        return 8 if self.out.width < NARROW else 30


def cores_for(wanted: int | None, *, quiet: bool) -> int:
    """Return how many runs there may be at once: a core for each."""
    from dlrun.experiment.threads import cores

    if wanted and wanted > cores() and not quiet:
        console(stderr=True).print(f"· {cores()} at once, not {wanted}: there are no more cores", style="dim")
    return min(wanted or cores(), cores())


def _number(cell: str | None) -> float | None:
    try:
        return float(cell or "")
    except ValueError:
        return None
