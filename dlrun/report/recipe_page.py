"""The recipe as people read it: what to try, why, what it costs, and what will be seen if it works."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from dlrun.diagnosis.recipe import Advice
from dlrun.printable import printable
from dlrun.report.figures import duration

SHORT = 3  # patches that a diagnosis ends with
COLOURS = {"optimization": "magenta", "bias": "red", "variance": "yellow", "mismatch": "cyan"}


def print_recipe(advice: Sequence[Advice], commands: Sequence[str], seconds: float, out: Console) -> None:
    """Print each piece of advice with its number, and the command that tries it."""
    for number, (one, command) in enumerate(zip(advice, commands, strict=True), start=1):
        if number > 1:
            out.print()
        out.print(Text.assemble((f"{number}. ", "dim"), (one.reason, f"bold {COLOURS.get(one.side, '')}".rstrip())))
        for word, told in _rows(one, seconds):
            out.print(Text.assemble((f"   {word:<9}", "dim"), told))
        if command:
            out.print(f"   {command}", soft_wrap=True, style="dim" if not one.patch else "")


def patch_text(one: Advice) -> str:
    """Return a patch as it is typed: `-s regularization.l2=1`."""
    return shlex.join(word for key, value in one.patch.items() for word in ("-s", f"{key}={value}"))


def print_first(advice: Sequence[Advice], run: str, out: Console) -> None:
    """Print the patches to try first, and where all of the advice is."""
    tried = [one for one in advice if one.patch][:SHORT]
    if not tried:
        return
    out.print()
    for one in tried:
        out.print(Text.assemble(("try  ", "dim"), printable(patch_text(one)), (f"  ({printable(one.reason)})", "dim")))
    out.print(f"all of it: dlrun recipe {printable(run)}", style="dim", soft_wrap=True)


def recipe_lines(advice: Iterable[Advice], commands: Iterable[str], seconds: float) -> Iterator[str]:
    """Yield the same as a Markdown list."""
    for number, (one, command) in enumerate(zip(advice, commands, strict=True), start=1):
        yield f"{number}. **{one.reason}**"
        yield from (f"   - {word}: {told}" for word, told in _rows(one, seconds))
        if command:
            yield f"   - `{command}`"


def _rows(one: Advice, seconds: float) -> Iterator[tuple[str, str]]:
    if one.observed:
        yield "observed", one.observed
    if cost := _cost(one, seconds):
        yield "costs", cost
    if one.expect:
        yield "expect", one.expect


def _cost(one: Advice, seconds: float) -> str:
    """Write what a patch costs, about: parameters, and time as matrix products take it."""
    if not one.patch:
        return ""
    words = []
    if one.parameters:
        before, after = one.parameters
        words.append(f"{after:,} parameters instead of {before:,}")
    words.append(f"about {duration(seconds * one.times)} instead of {duration(seconds)}" if one.times != 1 else "no more time")
    return ", ".join(words)
