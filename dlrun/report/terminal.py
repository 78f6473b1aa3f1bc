"""The diagnosis and the closing lines of a run, as a terminal shows them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from dlrun.printable import printable_lines
from dlrun.report.figures import COLOURS

if TYPE_CHECKING:
    from dlrun.diagnosis.ladder import Diagnosis

PLAIN_WIDTH = 120  # columns where there is no terminal to ask
WIDE = 110  # columns that the whole table needs


class Plain(Console):
    """A console that obeys nothing in the text it is given: control characters, whatever file they come from, become visible."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is printed; all that a console prints comes through here."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable_lines(text), style, control)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to be laid out, in which nothing is hidden from who measures its width."""
        return super().render_str(printable_lines(text), **options)


class Patient(Plain):
    """A console that falls silent when whoever read it has gone; Rich's own would end the program."""

    def on_broken_pipe(self) -> None:
        """Print nothing more."""
        self.quiet = True


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is, `[b]` too, and wraps no table only because its output goes to a file.

    What it says on stderr is not worth a run: there it is patient.
    """
    made = (Patient if stderr else Plain)(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = PLAIN_WIDTH
    return made


def table_of(*headings: str, right: Sequence[int]) -> Table:
    """Return an empty table without lines; numbers stand in the columns `right`."""
    table = Table(*headings, box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for column in right:
        table.columns[column].justify = "right"
    return table


def print_diagnosis(diagnosis: "Diagnosis", out: Console, *, full: bool = False) -> None:
    """Print the ladder, the verdict in one line, what is wrong with the training, and what a reader must know.

    In full also what stands beside the ladder, the health of the layers, and every finding with its cure.
    """
    pages = [diagnosis_page(diagnosis, out.width if full else None), *([training_page(diagnosis)] if full else [])]
    for part in chain(*pages):
        out.print(part)


def training_page(diagnosis: "Diagnosis") -> Iterator[RenderableType]:
    """Yield how the network trained: a table of its layers, how the cost went, every finding and its cure."""
    from dlrun.report import training_rows as rows

    if diagnosis.health:
        table = table_of(*rows.HEADINGS, right=range(1, len(rows.HEADINGS)))
        for cells in rows.layer_rows(diagnosis.health):
            ill = [rows.is_ill(k, cell) for k, cell in enumerate(cells)]
            table.add_row(*(Text(cell, style="red" if bad else "") for cell, bad in zip(cells, ill, strict=True)))
        yield ""
        yield table
    if told := [*rows.course_lines(diagnosis)]:
        yield ""
        yield from (Text(f"· {line}", style="dim") for line in told)
    for found in diagnosis.findings:
        yield Text.assemble((f"{found.title}: ", "red"), found.words)
        if found.cure:
            yield Text(f"    {found.cure}")


def diagnosis_page(diagnosis: "Diagnosis", width: int | None = None) -> Iterator[RenderableType]:
    """Yield what a diagnosis is printed as, from the top, with findings of the training in three lines at most.

    With a width the ladder is drawn, too, on so many columns, with the baselines and the calibration; findings have a page then.
    """
    from dlrun.report.ladder_picture import picture  # NumPy comes with it, and `dlrun ls` has no use for that
    from dlrun.report.ladder_rows import calibration_text
    from dlrun.report.training_rows import closing_lines

    yield _table(diagnosis, width)
    yield ""
    if width:
        yield from picture(diagnosis, width)
        yield ""
    yield Text.assemble(("verdict  ", "dim"), (diagnosis.headline, "bold"))
    yield from (Text(f"! {line}", style="red") for line in closing_lines(diagnosis) if not width)
    for note in diagnosis.notes:
        yield Text(f"· {note}", style="dim")
    if width and (calibration := calibration_text(diagnosis)):
        yield Text(f"· {calibration}", style="dim")


def _table(diagnosis: "Diagnosis", width: int | None) -> Table:
    """Return a row for each rung; beside a picture also the baselines, or, where it is narrow, what the picture does not say."""
    from dlrun.report.ladder_rows import baseline_rungs, headings, rungs

    narrow = width is not None and width < WIDE
    kept = [k for k in range(len(headings(diagnosis))) if k != 1 or not narrow]
    table = table_of(*(headings(diagnosis)[k] for k in kept), right=(1, 2) if narrow else (1, 2, 3))
    for rung in rungs(diagnosis):
        cells = [Text(cell) for cell in rung.cells]
        cells[-1].stylize(COLOURS.get(rung.status, ""))
        table.add_row(*(cells[k] for k in kept))
    for rung in baseline_rungs(diagnosis) if width and not narrow else ():
        table.add_row(*(Text(rung.cells[k], style="dim") for k in kept))
    return table
