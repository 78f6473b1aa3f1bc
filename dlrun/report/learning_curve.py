"""A learning curve as a terminal shows it: a row a share, the picture, and what more data would buy."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan, log, nan

from rich.console import Console
from rich.text import Text

from dlrun.diagnosis.headline import UNITS
from dlrun.diagnosis.learning_curve import FACTORS, LearningCurve, Point
from dlrun.printable import printable
from dlrun.report.chart import POINT, Line, chart
from dlrun.report.figures import error_text, range_text
from dlrun.report.terminal import table_of

HEIGHT, WIDEST = 14, 100
PLACES = 4 * WIDEST  # of the horizontal axis, more than it has columns: each point keeps its own
DEV, TRAIN = "o", "x"


def print_curve(curve: LearningCurve, ids: Mapping[str, str], out: Console) -> None:
    """Print the curve; ids are what runs are called here."""
    table = table_of("share", "examples", "train error", "95 %", "dev error", "95 %", "run", right=range(6))
    for point in curve.points:
        cells = [text for error in (point.train, point.dev) for text in _cells(error.value, error.low, error.high, curve)]
        name = printable(ids.get(point.run, point.run))
        table.add_row(f"{100 * point.share:g} %", f"{point.m:,}", *cells, name + (" *" if point in curve.unfinished else ""))
    out.print(table)
    out.print()
    for row in drawn(curve, min(out.width, WIDEST)):
        out.print(row, style="dim" if row.startswith(" " * 3 + DEV) else "", no_wrap=True)
    out.print()
    if curve.fit:
        out.print(_law(curve))
    for sentence in curve.sentences:
        out.print(Text(sentence, style="bold"))
    for number, note in enumerate(curve.notes):
        star = "* " if curve.unfinished and number == 0 else ""
        out.print(f"· {star}{note}", style="dim")


def drawn(curve: LearningCurve, width: int) -> list[str]:
    """Return the picture: errors over a logarithmic axis of examples, the fitted law as dots up to ten times the data."""
    factor, last = UNITS[curve.metric].factor, curve.points[-1].m
    first = curve.points[0].m
    end = max(FACTORS) * last if curve.fit else last
    places = [first * (end / first) ** (k / (PLACES - 1)) for k in range(PLACES)]
    law = [factor * curve.fit.law.at(m) for m in places] if curve.fit else [nan] * PLACES
    lines = [
        Line(values=_at(curve.points, lambda point: factor * point.train.value, first, end), mark=TRAIN),
        Line(values=_at(curve.points, lambda point: factor * point.dev.value, first, end), mark=DEV),
    ]
    unit = "%" if curve.metric == "error_rate" else "RMSE"
    legend = f"   {DEV} dev error ({unit})   {TRAIN} train error" + (f"   {POINT} fitted law" if curve.fit else "")
    ends = f"{first:,} examples", f"{end:,}, logarithmic"
    return [*chart(law, lines, width=width, height=HEIGHT, places=ends), legend]


def _at(points: Sequence[Point], value: Callable[[Point], float], first: int, end: int) -> list[float]:
    """Return a value at each place of the axis at which a point lies, and gaps elsewhere."""
    values = [nan] * PLACES
    for point in points:
        place = round((PLACES - 1) * log(point.m / first) / log(end / first)) if end > first else 0
        values[place] = value(point) if isnan(values[place]) else (values[place] + value(point)) / 2
    return values


def _cells(value: float, low: float, high: float, curve: LearningCurve) -> tuple[str, str]:
    return error_text(value, curve.metric), range_text(low, high, curve.metric)


def _law(curve: LearningCurve) -> str:
    """Write the law with its limits."""
    assert curve.fit, "there is a law"
    a, c = curve.fit.a, curve.fit.c
    floor = f"a {error_text(a.value, curve.metric)} {range_text(a.low, a.high, curve.metric)}"
    return f"dev error = a + b · m^(−c)   {floor}   c {c.value:.2f} [{c.low:.2f}, {c.high:.2f}]"
