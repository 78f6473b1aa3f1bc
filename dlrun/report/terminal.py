"""The diagnosis and the closing lines of a run, as a terminal shows them."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.report.ladder_rows import HEADINGS, rungs

PLAIN_WIDTH = 120  # columns where there is no terminal to ask
COLOURS = {"high": "red", "low": "green", "inconclusive": "yellow"}


def console(*, stderr: bool = False) -> Console:
    """Return a console that never wraps a table only because its output goes to a file."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


def table_of(*headings: str, right: Sequence[int]) -> Table:
    """Return an empty table without lines; numbers stand in the columns `right`."""
    table = Table(*headings, box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for column in right:
        table.columns[column].justify = "right"
    return table


def print_diagnosis(diagnosis: Diagnosis, out: Console) -> None:
    """Print the ladder, the verdict in one line, and what a reader must know."""
    table = table_of(*HEADINGS, right=(1, 2, 3))
    for rung in rungs(diagnosis):
        *cells, status = rung.cells
        table.add_row(*cells, Text(status, style=COLOURS.get(status, "")))
    out.print(table)
    out.print()
    out.print(Text.assemble(("verdict  ", "dim"), (diagnosis.headline, "bold")))
    for note in diagnosis.notes:
        out.print(Text(f"· {note}", style="dim"))
