"""The diagnosis and the closing lines of a run, as a terminal shows them."""

from collections.abc import Iterable, Iterator, Sequence
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


def print_diagnosis(diagnosis: "Diagnosis", out: Console) -> None:
    """Print the ladder, the verdict in one line, and what a reader must know."""
    for part in diagnosis_page(diagnosis):
        out.print(part)


def diagnosis_page(diagnosis: "Diagnosis") -> Iterator[RenderableType]:
    """Yield what a diagnosis is printed as, from the top."""
    from dlrun.report.ladder_rows import HEADINGS, rungs  # NumPy comes with it, and `dlrun ls` has no use for that

    table = table_of(*HEADINGS, right=(1, 2, 3))
    for rung in rungs(diagnosis):
        *cells, status = rung.cells
        table.add_row(*cells, Text(status, style=COLOURS.get(status, "")))
    yield table
    yield ""
    yield Text.assemble(("verdict  ", "dim"), (diagnosis.headline, "bold"))
    for note in diagnosis.notes:
        yield Text(f"· {note}", style="dim")
