"""Running averages as a terminal shows them: the picture, what each average does, and how it begins."""

from collections.abc import Sequence
from math import ceil, log

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlrun.data.messages import shown
from dlrun.data.series import Series
from dlrun.nn.averages import bias_correction
from dlrun.nn.smoothers import ExponentialAverage, Smoothed, raw_noise
from dlrun.report.chart import MARKS, POINT, Line, chart
from dlrun.report.terminal import table_of
from dlrun.statistics.noise import FEWEST

WIDEST, HEIGHT = 100, 20
STYLES = dict(zip(MARKS, ("cyan", "yellow", "magenta", "green", "red", "blue", "white", "bright_black"), strict=True))
SHOWN = (1, 5)  # t, of how an average begins
NEARLY = 0.01  # an uncorrected average within 1 % of the corrected one

LAG = "lag, measured: the shift that brings the average closest to the values, ± 2 SE"
NOISE = "noise left, measured: from second differences of the average and of the values"
NO_LAG = "lag –: not known to within one memory: lost in the noise, or too few values"
NO_NOISE = "noise left –: neighbours differ by no independent noise, or too few values"
BEGINNING = "without correction an average begins with 1 − βᵗ of what it should be"


def print_heading(series: Series, out: Console) -> None:
    """Print what is smoothed, and how noisy it is."""
    noise = raw_noise(series.values)
    words = f", noise about {noise:.3g}" if noise is not None else ""
    count = f"{len(series):,} {series.unit}{'s' if len(series) > 1 else ''}"
    out.print(f"{POINT} {shown(series.column)} of {count}, {series.source}{words}", soft_wrap=True)


def print_picture(series: Series, smoothed: Sequence[Smoothed], out: Console) -> None:
    """Print the values as dots and every average as a line of its own mark."""
    marked = sorted(zip(smoothed, MARKS, strict=False), key=lambda pair: pair[0].by.memory)  # the slow ones above the quick
    lines = [Line(values=of.values.tolist(), mark=mark) for of, mark in marked]
    first, last = series.places[0], series.places[-1]
    places = f"{series.place} {first:.10g}", f"{series.place} {last:.10g}"
    *rows, below = chart(series.values.tolist(), lines, width=min(out.width, WIDEST), height=HEIGHT, places=places)
    for row in rows:
        out.print(_coloured(row))
    out.print(below, style="dim")


def print_averages(series: Series, smoothed: Sequence[Smoothed], out: Console) -> None:
    """Print memory, lag and noise of every average, theory beside measurement, and how the exponential ones begin."""
    table = table_of("", f"over {series.unit}s", "keeps", "lag", "measured", "noise left", "measured", right=range(1, 7))
    for of, mark in zip(smoothed, MARKS, strict=False):
        lag, noise = (
            "–" if of.lag is None else f"{of.lag.places} ± {of.lag.within}",
            "–" if of.noise is None else f"{of.noise:.3f}",
        )
        name = Text.assemble((mark, STYLES[mark]), " ", of.by.label)
        table.add_row(name, f"{of.by.memory:.4g}", str(of.by.keeps), f"{of.by.lag:.4g}", lag, f"{of.by.noise:.3f}", noise)
    out.print(table)
    for note in _how_measured(len(series), smoothed):
        out.print(note, style="dim")
    beginnings = [of for of in smoothed if isinstance(of.by, ExponentialAverage) and of.by.beta > 0]
    if beginnings:
        out.print()
        out.print(_beginnings(series, beginnings))
        out.print(BEGINNING, style="dim")


def _how_measured(n: int, smoothed: Sequence[Smoothed]) -> list[str]:
    if n < FEWEST:
        return [f"from fewer than {FEWEST} values nothing is measured"]
    lags, noises = [of.lag for of in smoothed], [of.noise for of in smoothed]
    return [
        *([LAG] if any(lag is not None for lag in lags) else []),
        *([NO_LAG] if None in lags else []),
        *([NOISE] if any(noise is not None for noise in noises) else []),
        *([NO_NOISE] if None in noises else []),
    ]


def _beginnings(series: Series, smoothed: Sequence[Smoothed]) -> Table:
    """Return the table of how averages begin, corrected and not, and from when on that makes no difference."""
    shown = [t for t in SHOWN if t <= len(series)]
    headings = [heading for t in shown for heading in (f"{series.unit} {t}", "corrected")]
    table = table_of("", *headings, "99 % of it from", right=range(1, len(headings) + 2))
    for of in smoothed:
        assert isinstance(of.by, ExponentialAverage)
        cells = []
        for t in shown:
            weight = bias_correction(of.by.beta, t)
            corrected = of.values[t - 1] if of.by.correct else of.values[t - 1] / weight
            cells += [f"{corrected * weight:.4g}", f"{corrected:.4g}"]
        table.add_row(f"β {of.by.beta}", *cells, f"{series.unit} {settled_at(of.by.beta):,}")
    return table


def settled_at(beta: float) -> int:
    """Return the first t at which βᵗ, what is missing without bias correction, is at most 1 %."""
    return max(1, ceil(log(NEARLY) / log(beta))) if beta > 0 else 1


def _coloured(row: str) -> Text:
    """Return a row of the chart with every mark in its colour; the names on the axis have none."""
    text = Text(row, no_wrap=True)
    axis = max(row.find("┤"), row.find("│")) + 1
    for at in range(axis, len(row)):
        if row[at] != " ":
            text.stylize("dim" if row[at] == POINT else STYLES[row[at]], at, at + 1)
    return text
