"""What scripts read, on a terminal too; and what a terminal has no room for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlrun.report.run_table import Column

NAMED = 4  # columns that are named where there is no room for them


def print_json(tree: object) -> None:
    """Print a tree as JSON; what no terminal should get to see is escaped, which JSON's readers undo."""
    from dlrun.printable import printable_json
    from dlrun.rundir.files import as_json

    print(printable_json(as_json(tree)))


def no_room(left_out: "Sequence[Column]") -> list[str]:
    """Name the columns that a terminal has no room for."""
    if not left_out:
        return []
    more = f" and {len(left_out) - NAMED} more" if len(left_out) > NAMED else ""
    named = ", ".join(column.heading for column in left_out[:NAMED])
    return [f"no room for {named}{more}: widen the terminal, or --format csv"]
