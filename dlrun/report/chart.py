"""Charts made of characters: pure functions from numbers to lines of text, for any terminal and for files."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log

POINT = "·"
MARKS = "o*+x#@%&"  # one a line, in every font and without colour
BLOCKS = "▁▂▃▄▅▆▇█"
LEAST_WIDTH, LEAST_HEIGHT = 20, 3


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the chart: its values, evenly spread over the width, and the mark that draws it."""

    values: Sequence[float]
    mark: str


def chart(points: Sequence[float], lines: Sequence[Line], *, width: int, height: int, places: tuple[str, str]) -> list[str]:
    """Return a chart of exactly `height` lines, none wider than `width`: every point as a dot, later lines above earlier ones.

    The vertical axis spans all finite values and names its ends and middle; the last line names the first and the last place.
    A gap in a line (a value that is not finite) is a gap in the picture. At least 20 wide and 3 high, whatever is asked.
    """
    width, rows = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT) - 1
    low, high = _span([*points, *(value for line in lines for value in line.values)])
    names = _axis(low, high, rows)
    margin = max(map(len, names)) + 2
    plot = _Plot(width - margin, rows, low, high)
    plot.draw_points(points)
    for line in lines:
        plot.draw(line)
    drawn = [
        f"{name:>{margin - 2}} {'┤' if name else '│'}{''.join(cells)}" for name, cells in zip(names, plot.cells, strict=True)
    ]
    return [line.rstrip() for line in [*drawn, _below(places, margin, width)]]


def sparkline(values: Sequence[float], width: int) -> str:
    """Return one line of at most `width` blocks, lowest to highest; of many values, means; a gap for what is not finite."""
    cells = _binned(values, min(width, len(values)))
    low, high = _span(values)
    return "".join(
        " " if value is None else BLOCKS[min(len(BLOCKS) - 1, int(_share(value, low, high) * len(BLOCKS)))] for value in cells
    )


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What several small charts share, so that they can be compared: their size, and the ends of both axes.

    On a logarithmic axis, whose low end is above 0, each eighth of a block is the same factor.
    """

    width: int
    height: int
    end: float  # of the horizontal axis, which begins at 0
    low: float
    high: float
    logarithmic: bool = False

    def edge(self, column: int) -> float:
        """Return the place at which a column ends; the one before it ends where it begins."""
        return self.end / self.width * (column + 1)

    def share(self, value: float) -> float:
        """Return how far up a value lies, from 0 to 1."""
        value = min(self.high, max(self.low, value))
        return _share(*map(log, (value, self.low, self.high))) if self.logarithmic else _share(value, self.low, self.high)


def bars(points: Sequence[tuple[float, float]], frame: Frame, *, start: float = 0) -> list[str]:
    """Return a chart of (place, value), sorted by place, as `height` lines of blocks: a value is as high as its column.

    Each column stands for the mean of its points, or lies on the straight line between its neighbours; none is drawn before the
    first or after the last. Columns that end before `start` hold a dot: what happened there is drawn elsewhere. What lies
    outside the frame stands at its top or bottom.
    """
    finite = [point for point in points if isfinite(point[1])]
    columns = [_bar(_at(finite, frame.edge(k - 1), frame.edge(k)), frame) for k in range(frame.width)]
    for k in range(frame.width):
        if frame.edge(k) <= start:
            columns[k] = " " * (frame.height - 1) + POINT
    return ["".join(row).rstrip() for row in zip(*columns, strict=True)]


def _at(points: Sequence[tuple[float, float]], left: float, right: float) -> float | None:
    """Return the mean of the points in (left, right], or what a line through their neighbours has at its right end."""
    first, after = (bisect_right(points, place, key=lambda point: point[0]) for place in (left, right))
    if first < after:
        return sum(value / (after - first) for _, value in points[first:after])
    if first == 0 or after == len(points):
        return None
    (x0, y0), (x1, y1) = points[first - 1], points[after]
    share = (right - x0) / (x1 - x0)
    return y0 * (1 - share) + y1 * share


def _bar(value: float | None, frame: Frame) -> str:
    """Return a column from its top to its bottom, full blocks below the one that tells the rest."""
    if value is None:
        return " " * frame.height
    full, rest = divmod(min(len(BLOCKS) * frame.height - 1, int(frame.share(value) * len(BLOCKS) * frame.height)), len(BLOCKS))
    return (BLOCKS[rest] + BLOCKS[-1] * full).rjust(frame.height)


class _Plot:
    """The cells of a chart, top row first, and where a value belongs in them."""

    def __init__(self, width: int, height: int, low: float, high: float) -> None:
        self.width, self.height, self.low, self.high = width, height, low, high
        self.cells = [[" "] * width for _ in range(height)]

    def row(self, value: float) -> int:
        """Return the row of a value, counted from the top."""
        return self.height - 1 - min(self.height - 1, int(_share(value, self.low, self.high) * self.height))

    def column(self, i: int, n: int) -> int:
        """Return the column of the i-th of n values: the bin it falls into, or, of few values, its place from end to end."""
        return i * self.width // n if n >= self.width or n < 2 else round(i * (self.width - 1) / (n - 1))

    def draw_points(self, points: Sequence[float]) -> None:
        """Put a dot for every finite value; where many fall into one column, each has its row."""
        for i, value in enumerate(points):
            if isfinite(value):
                self.cells[self.row(value)][self.column(i, len(points))] = POINT

    def draw(self, line: Line) -> None:
        """Draw a line, each column at the mean of its values, and without holes where it is steep."""
        before: int | None = None
        for column, value in enumerate(_spread(line.values, self.width)):
            if value is None:
                before = None
                continue
            here = self.row(value)
            step = 0 if before is None or before == here else 1 if here > before else -1
            for row in range(here if before is None or not step else before + step, here + (step or 1), step or 1):
                self.cells[row][column] = line.mark
            before = here


def _binned(values: Sequence[float], bins: int) -> list[float | None]:
    """Return the mean of the finite values of each bin, None of a bin without any; at least as many values as bins."""
    means: list[float | None] = []
    for bin_ in range(bins):
        inside = [v for v in values[bin_ * len(values) // bins : (bin_ + 1) * len(values) // bins] if isfinite(v)]
        means.append(sum(v / len(inside) for v in inside) if inside else None)
    return means


def _spread(values: Sequence[float], width: int) -> list[float | None]:
    """Return a value for each column: means where there are more values than columns, else values along straight lines."""
    n = len(values)
    if n >= width or n < 2:
        return _binned(values, min(n, width))
    spread: list[float | None] = []
    for column in range(width):
        at, rest = divmod(column * (n - 1), width - 1)
        ends = values[at], values[min(at + 1, n - 1)]
        value = ends[0] + (ends[1] - ends[0]) * rest / (width - 1)
        spread.append(value if isfinite(value) else None)
    return spread


def _span(values: Sequence[float]) -> tuple[float, float]:
    finite = [value for value in values if isfinite(value)]
    return (min(finite), max(finite)) if finite else (0.0, 0.0)


def _share(value: float, low: float, high: float) -> float:
    """Return how far up a value lies, from 0 to 1; in the middle where there is nothing to tell apart."""
    half = high / 2 - low / 2  # the whole may be more than a float can hold
    return (value / 2 - low / 2) / half if half > 0 else 0.5


def _axis(low: float, high: float, rows: int) -> list[str]:
    """Return the names along the vertical axis, top first, one a row; of a constant, its value in the middle."""
    names = [""] * rows
    if high > low:
        names[0], names[-1] = f"{high:.4g}", f"{low:.4g}"
    if high == low or rows >= 7:
        names[rows // 2] = f"{low + (high / rows - low / rows) * (rows - 0.5 - rows // 2):.4g}"
    return names


def _below(places: tuple[str, str], margin: int, width: int) -> str:
    """Return the line below the chart: where it begins and where it ends, the end at the right."""
    first, last = places
    room = width - margin
    return " " * margin + (f"{first}{last:>{room - len(first)}}" if len(first) + len(last) < room else last[:room])
