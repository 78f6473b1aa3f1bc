"""The ladder drawn to scale: a line for each rung, its interval on one axis, and how far up it may lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from rich.text import Text

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.report.figures import COLOURS, error_text
from dlrun.report.ladder_rows import KINDS, gap_of
from dlrun.statistics.intervals import Interval, exact

LEGEND = "● measured  ├─┤ 95 % interval  ┊ tolerance above the rung before"
LEAST = 16  # columns of the axis
FARTHEST = 1.0  # a baseline is on the axis if it makes it longer by no more than this share


@dataclass(frozen=True)
class _Line:
    """What is drawn: a name, an interval, where the tolerance ends, what the step is, and whether it is beside the ladder."""

    name: str
    interval: Interval
    limit: float | None = None
    status: str = ""
    beside: bool = False


def picture(diagnosis: Diagnosis, width: int) -> Iterator[Text]:
    """Yield the lines of the picture, none wider than `width` unless that is less than 60."""
    metric, lines = diagnosis.rungs.rung_metric, list(_lines(diagnosis))
    values = [error_text(line.interval.value, metric) for line in lines]
    names, figures = max(len(line.name) for line in lines), max(map(len, values))
    statuses = max(len(line.status) for line in lines)
    room = max(LEAST, width - names - figures - statuses - 6)
    low, high = _span(lines)
    ends = error_text(low, metric), error_text(high, metric)
    yield Text(f"{'':{names}}  {ends[0]}{ends[1]:>{max(1, room - len(ends[0]))}}", style="dim")
    for line, value in zip(lines, values, strict=True):
        drawn = _drawn(line, room, low, high)
        style = "dim" if line.beside else ""
        status = Text(line.status, style=COLOURS.get(line.status, "dim"))
        yield Text.assemble((f"{line.name:<{names}}  ", style), (drawn, style), (f"  {value:>{figures}}  ", style), status)
    yield Text(f"{'':{max(0, min(names + 2, width - len(LEGEND)))}}{LEGEND}", style="dim")


def _lines(diagnosis: Diagnosis) -> Iterator[_Line]:
    rungs = diagnosis.rungs
    below: Interval = exact(rungs.target)
    yield _Line("target", below)
    for part, error in rungs.parts.items():
        _, gap = gap_of(diagnosis, part)
        limit = below.value + diagnosis.threshold if gap else None
        yield _Line(part.replace("_", "-"), error, limit, gap.status if gap else "")
        below = error
    if not diagnosis.other:
        for one in diagnosis.beside.baselines:
            yield _Line(KINDS[one.kind], one.error, None, "beaten" if one.beaten else "not beaten", beside=True)


def _span(lines: Sequence[_Line]) -> tuple[float, float]:
    """Return both ends of the axis: all rungs are on it, baselines if they are not far off."""
    numbers = [number for line in lines if not line.beside for number in _numbers(line)]
    low, high = min(numbers), max(numbers)
    most = high + FARTHEST * (high - low)
    high = max([high, *(one for line in lines if line.beside for one in _numbers(line) if one <= most)])
    return (low, high) if high > low else (low, low + (abs(low) or 1.0))


def _numbers(line: _Line) -> list[float]:
    found = [line.interval.value, line.interval.low, line.interval.high, line.limit]
    return [number for number in found if number is not None and isfinite(number)]


def _drawn(line: _Line, room: int, low: float, high: float) -> str:
    """Return the cells of one line; an arrow at an end says that it goes on there."""

    def place(number: float) -> int:
        share = min(max((number - low) / (high - low), -1.0), 2.0)
        return round(share * (room - 1))

    cells, last = [" "] * room, room - 1
    interval = line.interval
    first, value, end = place(interval.low), place(interval.value), place(interval.high)
    if first > last:
        return " " * last + "→"
    for k in range(max(first, 0), min(end, last) + 1):
        cells[k] = "─"
    for k, mark, beyond in ((first, "├", "←"), (end, "┤", "→")):
        cells[min(max(k, 0), last)] = mark if 0 <= k <= last else beyond
    if line.limit is not None:
        k = min(max(place(line.limit), 0), last)
        cells[k] = "┊" if cells[k] == " " else "┼"
    if 0 <= value <= last:
        cells[value] = "●"
    return "".join(cells)
