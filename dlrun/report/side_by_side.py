"""Things side by side: a table with a column for each, a sentence a pair, their learning curves on one scale, and notes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dlrun.printable import printable
from dlrun.report.chart import bars
from dlrun.report.figures import error_text
from dlrun.report.lineage import frame_around
from dlrun.report.markdown_table import table
from dlrun.rundir.values import value_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAP = 2  # spaces between columns
WIDEST = 28  # characters of a cell
HEIGHT, MOST_WIDE = 2, 60  # of a curve
PERCENT = 100


@dataclass(frozen=True)
class Verdict:
    """What is said of a pair: the sentence, whether it says that one is better, and what stands behind it."""

    sentence: str
    real: bool
    details: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """A learning curve: what it is called on a terminal and in a picture, its points, and whether it stands out there."""

    name: str
    label: str
    points: tuple[tuple[float, float], ...]
    asked: bool = False


@dataclass(frozen=True)
class Page:
    """All that is shown: rows of cells, of which the first is the heading; curves of one measure, which may be rates."""

    rows: Sequence[Sequence[str]]
    verdicts: Sequence[Verdict]
    curves: Sequence[Curve]
    measure: str | None
    rates: bool
    notes: Sequence[str]


def print_page(page: Page, out: Console) -> None:
    """Print the table, in blocks of as many columns as there is room for, the verdicts, the curves, and the notes."""
    for block in _blocks(page.rows, out.width):
        for number, line in enumerate(block):
            out.print(Text(line, style="" if number else "dim"), soft_wrap=True)
        out.print()
    for verdict in page.verdicts:
        out.print(Text(verdict.sentence, style="bold green" if verdict.real else "bold"))
        for line in verdict.details:
            out.print(Text(f"  {line}", style="dim"))
    for row in _curves(page, out.width):
        out.print(row, soft_wrap=True)
    out.print()
    for note in page.notes:
        out.print(Text(f"· {note}", style="dim"))


def markdown_page(page: Page) -> list[str]:
    """Return the lines of the same as Markdown, without the curves."""
    heading, *rows = page.rows
    lines = [*table([printable(cell) for cell in heading], rows), ""]
    for verdict in page.verdicts:
        lines += [f"**{verdict.sentence}**", ""]
        lines += [f"- {line}" for line in verdict.details] + [""]
    return lines + [f"- {note}" for note in page.notes]


def curves_picture(page: Page, of: str) -> "Figure":
    """Return the picture of all learning curves on one axis; `of` says what they are, such as runs."""
    from dlrun.report.plots.lineage import Drawn, draw_lineage

    factor = PERCENT if page.rates else 1
    drawn = [
        Drawn(label=curve.label, points=[(epoch, factor * value) for epoch, value in curve.points], asked=curve.asked)
        for curve in page.curves
    ]
    frame = frame_around([point for curve in page.curves for point in curve.points], width=1, height=1)
    words = str(page.measure).replace("_", " ")
    return draw_lineage(
        drawn,
        title=f"{words} of {len(drawn)} {of}",
        y=words + (" (%)" if page.rates else ""),
        top=factor * frame.high,
        logarithmic=frame.logarithmic,
    )


def cell(value: object) -> str:
    """Write a value of a spec so that it fits into a column."""
    return shortened(printable(value_text(value)))


def number_text(value: float | None) -> str:
    """Write a number with its thousands apart if it is whole, else with four digits."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def shortened(text: str) -> str:
    """Return a text that is no wider than a cell."""
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _blocks(given: Sequence[Sequence[str]], width: int) -> Iterator[list[str]]:
    """Yield the lines of the table in blocks of as many columns as there is room for."""
    rows = [[shortened(text) for text in row] for row in given]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    start = 1
    while start < len(widths):
        end, room = start + 1, width - widths[0] - GAP - widths[start]
        while end < len(widths) and (room := room - GAP - widths[end]) >= 0:
            end += 1
        yield [
            (row[0] + " " * (widths[0] - cell_len(row[0])) + "".join(
                " " * (GAP + widths[k] - cell_len(row[k])) + row[k] for k in range(start, end)
            )).rstrip()
            for row in rows
        ]  # fmt: skip
        start = end


def _curves(page: Page, width: int) -> Iterator[Text]:
    """Yield the curves, one below the other, on one scale, and what the blocks stand for."""
    points = [point for curve in page.curves for point in curve.points]
    if not points:
        return
    labels = [printable(shortened(curve.name)) for curve in page.curves]
    margin = max(map(cell_len, labels)) + GAP
    frame = frame_around(points, width=max(10, min(MOST_WIDE, width - margin - 8)), height=HEIGHT)
    yield Text("")
    for curve, label in zip(page.curves, labels, strict=True):
        *above, last = bars(curve.points, frame)
        yield from (Text(" " * margin + line) for line in above if line)
        yield Text(label + " " * (margin - cell_len(label)) + last)
    yield Text(" " * margin + "0" + f"{frame.end:g}".rjust(frame.width - 1) + " epochs", style="dim")
    low, high = (error_text(value, "error_rate") if page.rates else f"{value:.4g}" for value in (frame.low, frame.high))
    scale = "; the scale is logarithmic" if frame.logarithmic else ""
    yield Text(f"{str(page.measure).replace('_', ' ')}: ▁ is {low}, █ above █ {high}{scale}", style="dim")
