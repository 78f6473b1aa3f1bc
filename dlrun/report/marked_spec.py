"""A spec on a terminal: what differs from the defaults in colour, with its mark, which a pipe keeps as a comment."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from dlrun.spec.differences import Difference, MarkedLine

GIVEN, CHOSEN, REQUIRED = "yellow", "cyan", "green"


def print_marked(lines: Iterable[MarkedLine], out: Console) -> None:
    """Print the YAML; with its marks it is a spec that can be trained."""
    for line in lines:
        if line.difference is None:
            out.print(Text(line.yaml), soft_wrap=True)
        else:
            style = _style(line.difference)
            out.print(Text.assemble((line.yaml, style), (line.text.removeprefix(line.yaml), "dim")), soft_wrap=True)


def _style(difference: Difference) -> str:
    return REQUIRED if difference.required else CHOSEN if difference.chosen else GIVEN
