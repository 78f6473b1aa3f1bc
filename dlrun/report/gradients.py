"""Gradient checks as a terminal shows them: a line a block when few networks are checked, a summary when it is the matrix."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlrun.nn.gradcheck import GREAT, GradientCheck
from dlrun.report.terminal import table_of

FEW = 3  # networks shown block by block
SHOWN = 5  # of many cases: the worst
COLOURS = {"great": "green", "look again": "yellow", "wrong": "red", "a bug": "red"}


def print_checks(checks: Mapping[str, GradientCheck], out: Console) -> None:
    """Print the relative errors, worst first where there are many, and the slopes behind a failure."""
    if len(checks) <= FEW:
        for name, check in checks.items():
            out.print(name, style="bold")
            out.print(_blocks(check))
    else:
        out.print(_cases(checks))
    for name, check in checks.items():
        if not check.passed:
            _print_failure(name, check, out)
    worst = max(checks.values(), key=lambda check: check.relative_error / check.coarse)
    compared = sum(block.compared for check in checks.values() for block in check.blocks)
    aside = sum(block.set_aside for check in checks.values() for block in check.blocks)
    cases = f"{len(checks)} cases, " if len(checks) > FEW else ""
    out.print(f"{cases}{compared:,} slopes compared, {aside:,} set aside on a kink")
    word = worst.verdict(worst.relative_error)
    out.print(f"largest relative error {worst.relative_error:.2e}: {word}", style=COLOURS[word])
    if worst.coarse > 1:
        out.print(f"(one-sided differences are judged {worst.coarse:g} times more gently: their error is O(ε))", style="dim")
    if any(block.flat and block.relative_error > GREAT for check in checks.values() for block in check.blocks):
        out.print(
            "(a flat block has a true gradient of nearly zero, as a bias before batch norm: rounding is compared)", style="dim"
        )


def print_orders(rows: Sequence[tuple[float, float, float]], out: Console) -> None:
    """Print how both errors fall as ε is halved: forward by 2, centred by 4."""
    table = table_of("ε", "forward", "fell by", "centred", "fell by", right=range(5))
    before: tuple[float, float, float] | None = None
    for epsilon, forward, centred in rows:
        fell = (f"{before[1] / forward:.2f}", f"{before[2] / centred:.2f}") if before else ("", "")
        table.add_row(f"{epsilon:g}", f"{forward:.2e}", fell[0], f"{centred:.2e}", fell[1])
        before = (epsilon, forward, centred)
    out.print(table)
    out.print("halving ε halves an error of order O(ε) and quarters one of order O(ε²)", style="dim")


def _blocks(check: GradientCheck) -> Table:
    table = table_of("block", "relative error", "compared", "on a kink", "is", right=(1, 2, 3))
    for block in check.blocks:
        counts = f"{block.compared:,}", f"{block.set_aside:,}"
        word = _coloured(check.verdict(block.relative_error)) if block.compared else Text("not compared", style="yellow")
        table.add_row(block.name, f"{block.relative_error:.2e}", *counts, word)
    return table


def _cases(checks: Mapping[str, GradientCheck]) -> Table:
    table = table_of("worst cases", "relative error", "worst block", "is", "", right=(1,))
    for name in sorted(checks, key=lambda name: -checks[name].relative_error)[:SHOWN]:
        check = checks[name]
        block = max(check.blocks, key=lambda b: b.relative_error)
        word = _coloured(check.verdict(check.relative_error))
        table.add_row(name, f"{check.relative_error:.2e}", block.name, word, "flat: rounding only" if block.flat else "")
    return table


def _coloured(word: str) -> Text:
    return Text(word, style=COLOURS[word])


def _print_failure(name: str, check: GradientCheck, out: Console) -> None:
    blocks = ", ".join(block.name for block in check.blocks if check.verdict(block.relative_error) in {"wrong", "a bug"})
    out.print(f"{name}: {blocks or 'the total'} is wrong; the largest differences:", style="red")
    for c in check.worst:
        out.print(f"  {c.name:<12} analytic {c.analytic: .6e}  numerical {c.numeric: .6e}")
