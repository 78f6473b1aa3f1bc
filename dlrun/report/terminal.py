"""The diagnosis and the closing lines of a run, as a terminal shows them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from dlrun.printable import printable_lines

if TYPE_CHECKING:
    from dlrun.diagnosis.ladder import Diagnosis

PLAIN_WIDTH = 120  # columns where there is no terminal to ask
COLOURS = {"high": "red", "low": "green", "inconclusive": "yellow"}


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


def print_diagnosis(diagnosis: "Diagnosis", out: Console, *, health: bool = False) -> None:
    """Print the ladder, the verdict in one line, what is wrong with the training, and what a reader must know.

    health asks for all that was measured of it: a table of the layers, and every finding with its cure.
    """
    pages = [diagnosis_page(diagnosis, findings=not health), *([training_page(diagnosis)] if health else [])]
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


def diagnosis_page(diagnosis: "Diagnosis", *, findings: bool = True) -> Iterator[RenderableType]:
    """Yield what a diagnosis is printed as, from the top; findings of the training, if asked for, in three lines at most."""
    from dlrun.report.ladder_rows import HEADINGS, rungs  # NumPy comes with it, and `dlrun ls` has no use for that
    from dlrun.report.training_rows import closing_lines

    table = table_of(*HEADINGS, right=(1, 2, 3))
    for rung in rungs(diagnosis):
        *cells, status = rung.cells
        table.add_row(*cells, Text(status, style=COLOURS.get(status, "")))
    yield table
    yield ""
    yield Text.assemble(("verdict  ", "dim"), (diagnosis.headline, "bold"))
    yield from (Text(f"! {line}", style="red") for line in closing_lines(diagnosis) if findings)
    for note in diagnosis.notes:
        yield Text(f"· {note}", style="dim")
