"""Runs as rows: what became of each, and only those keys of their specs in which they differ."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

from dlrun.printable import printable
from dlrun.report.figures import ago, duration, error_text, range_text, size_text
from dlrun.report.markdown_table import table
from dlrun.rundir.listing import ListedRun
from dlrun.rundir.values import value_text

if TYPE_CHECKING:
    from dlrun.diagnosis.headline import Metric

COLOURS = {
    "completed": "green",
    "running": "cyan",
    "interrupted": "yellow",
    "diverged": "red",
    "failed": "red",
    "lost": "red",
    "damaged": "red",
    "killed": "red",
    "invalid": "red",
    "needless": "green",
    "not run": "yellow",
}
STYLES = {status: Style.parse(colour) for status, colour in COLOURS.items()}
GAP = 2  # spaces between columns
WIDEST = 28  # characters of a cell on a terminal
LONGEST = 200  # of a cell anywhere: every row is as wide as the longest one
ALWAYS = 3  # ranks that stay in the narrowest terminal: run, name, status, dev error
FIRST_KEYS = 2  # of the keys that differ: they take precedence over what is known of every run


@dataclass(frozen=True)
class Column:
    """One column: its heading, a cell for each run, and its rank; where there is no room the last in rank goes first."""

    heading: str
    cells: tuple[str, ...]
    rank: float
    right: bool = False

    @property
    def width(self) -> int:
        """The cells it takes on a terminal."""
        return max(map(cell_len, (self.heading, *self.cells)))


def columns(runs: Sequence[ListedRun], ids: Mapping[str, str], keys: Mapping[str, str], now: datetime) -> list[Column]:
    """Return the columns in the order they stand in.

    ids are what each run is called; keys the addresses that differ, the most varied first, each with its heading.
    """
    varied = [
        Column(heading, tuple(_spec_cell(run, key) for run in runs), rank=4 if place < FIRST_KEYS else 10 + place)
        for place, (key, heading) in enumerate(keys.items())
    ]
    verdict = tuple(", ".join(run.value("verdict") or ()).replace("_", " ") for run in runs)
    return [
        Column("run", tuple(printable(ids[run.paths.id]) for run in runs), rank=0),
        Column("name", tuple(map(_name, runs)), rank=1),
        Column("status", tuple(run.status for run in runs), rank=2),
        Column("dev error", tuple(_error(run) for run in runs), rank=3, right=True),
        Column("95 %", tuple(_interval(run) for run in runs), rank=5, right=True),
        *varied,
        *([Column("verdict", tuple(map(_cell, verdict)), rank=6)] if any(verdict) else []),
        Column("epochs", tuple(_text(run, "epochs") for run in runs), rank=8, right=True),
        Column("time", tuple(_seconds(run) for run in runs), rank=9, right=True),
        Column("started", tuple(_started(run, now) for run in runs), rank=7, right=True),
    ]


def removal_columns(runs: Sequence[ListedRun], sizes: Mapping[Path, int], now: datetime) -> list[Column]:
    """Return what one must know before runs go; sizes are in bytes, by the path of the run."""
    return [
        Column("run", tuple(printable(run.paths.id) for run in runs), rank=0),
        Column("name", tuple(_text(run, "name") for run in runs), rank=3),
        Column("status", tuple(run.status for run in runs), rank=1),
        Column("size", tuple(size_text(sizes[run.paths.root]) for run in runs), rank=2, right=True),
        Column("started", tuple(_started(run, now) for run in runs), rank=4, right=True),
    ]


def print_runs(shown: Sequence[Column], out: Console) -> list[Column]:
    """Print as many of the columns as the terminal has room for, all of them into a file, and return the others."""
    fitting = _fitting(shown, out.width) if out.is_terminal else list(shown)
    if out.is_terminal:
        fitting = [_shortened(column) for column in fitting]
    widths = [column.width for column in fitting]
    padded = [
        [_padded(text, width, column.right) for text in (column.heading, *column.cells)]
        for column, width in zip(fitting, widths, strict=True)
    ]
    heading, *rows = zip(*padded, strict=True)
    between = " " * GAP
    out.print(Text(between.join(heading).rstrip(), style="dim"), soft_wrap=True)
    at = [column.heading for column in fitting].index("status")
    lines = (_line(cells, status, at) for cells, status in zip(rows, fitting[at].cells, strict=True))
    out.print(Segments(chain.from_iterable(lines)), soft_wrap=True, end="")  # laying 10,000 rows out would take most of the time
    headings = {column.heading for column in fitting}
    return [column for column in shown if column.heading not in headings]


def _line(cells: Sequence[str], status: str, at: int) -> Iterator[Segment]:
    """Yield the pieces of a row; the status, in the cell of that number, has its colour."""
    between = " " * GAP
    row = between.join(cells).rstrip()
    start = sum(map(len, cells[:at])) + GAP * at
    end = start + len(status)
    yield Segment(row[:start])
    yield Segment(row[start:end], STYLES.get(status))
    yield Segment(row[end:] + "\n")


def markdown_runs(shown: Iterable[Column]) -> list[str]:
    """Return the lines of a table with all columns."""
    shown = list(shown)
    return table([column.heading for column in shown], zip(*(column.cells for column in shown), strict=True))


def _fitting(shown: Sequence[Column], room: int) -> list[Column]:
    chosen: set[str] = set()
    left = room + GAP
    for column in sorted(shown, key=lambda column: column.rank):
        width = min(column.width, WIDEST) + GAP
        if width <= left or column.rank <= ALWAYS:
            left -= width
            chosen.add(column.heading)
    return [column for column in shown if column.heading in chosen]


def _shortened(column: Column) -> Column:
    cells = tuple(cell if cell_len(cell) <= WIDEST else set_cell_size(cell, WIDEST - 1) + "…" for cell in column.cells)
    return Column(column.heading, cells, column.rank, column.right)


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space


def _text(run: ListedRun, key: str) -> str:
    value = run.value(key)
    return "" if value is None else _cell(value_text(value))


def _name(run: ListedRun) -> str:
    return _text(run, "name") + (f" ({folds} folds)" if (folds := run.value("folds")) else "")


def _cell(text: str) -> str:
    """Return what a record says as a cell: safe to print, and no longer than can be read."""
    return printable(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def _spec_cell(run: ListedRun, key: str) -> str:
    return _text(run, key) or "–"


def _error(run: ListedRun) -> str:
    return "" if run.record is None else error_text(run.value("dev_error"), _metric(run))


def _interval(run: ListedRun) -> str:
    low, high = run.value("dev_low"), run.value("dev_high")
    if run.value("dev_error") is None or low is None:
        return ""
    return range_text(low, inf if high is None else high, _metric(run))


def _metric(run: ListedRun) -> "Metric":
    return "rmse" if run.value("metric") == "rmse" else "error_rate"


def _seconds(run: ListedRun) -> str:
    seconds = run.value("seconds")
    return "" if seconds is None else duration(seconds)


def _started(run: ListedRun, now: datetime) -> str:
    if run.record is None:
        return ""
    return ago((now.astimezone(UTC) - run.record.started).total_seconds())
