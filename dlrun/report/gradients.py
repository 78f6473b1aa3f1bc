"""Gradient checks as a terminal shows them: a line a block when one network is checked, a summary when it is the matrix."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from dlrun.nn.gradcheck import GradientCheck, verdict
from dlrun.report.terminal import table_of

SHOWN = 5  # of many cases: the worst, and all that failed
COLOURS = {"great": "green", "look again": "yellow", "wrong": "red", "a bug": "red"}


def print_checks(checks: Mapping[str, GradientCheck], out: Console) -> None:
    """Print the relative errors, worst first where there are many, and the coordinates behind a failure."""
    if len(checks) == 1:
        for name, check in checks.items():
            out.print(name, style="dim")
            out.print(_blocks(check))
    else:
        out.print(_cases(checks))
    for name, check in checks.items():
        if not check.passed:
            _print_failure(name, check, out)
    worst = max(check.relative_error for check in checks.values())
    compared = sum(block.compared for check in checks.values() for block in check.blocks)
    aside = sum(block.set_aside for check in checks.values() for block in check.blocks)
    cases = f"{len(checks)} cases, " if len(checks) > 1 else ""
    out.print(f"{cases}{compared:,} coordinates, {aside:,} set aside on a kink")
    out.print(f"largest relative error {worst:.2e}: {verdict(worst)}", style=COLOURS[verdict(worst)])


def _blocks(check: GradientCheck) -> Table:
    table = table_of("block", "relative error", "compared", "on a kink", "is", right=(1, 2, 3))
    for block in check.blocks:
        word = verdict(block.relative_error)
        style = COLOURS[word]
        table.add_row(
            block.name, f"{block.relative_error:.2e}", f"{block.compared:,}", f"{block.set_aside:,}", f"[{style}]{word}[/]"
        )
    return table


def _cases(checks: Mapping[str, GradientCheck]) -> Table:
    table = table_of("worst cases", "relative error", "worst block", "is", right=(1,))
    order = sorted(checks, key=lambda name: -checks[name].relative_error)
    for name in order[:SHOWN]:
        check = checks[name]
        block = max(check.blocks, key=lambda b: b.relative_error)
        word = verdict(check.relative_error)
        table.add_row(name, f"{check.relative_error:.2e}", block.name, f"[{COLOURS[word]}]{word}[/]")
    return table


def _print_failure(name: str, check: GradientCheck, out: Console) -> None:
    blocks = ", ".join(block.name for block in check.blocks if verdict(block.relative_error) in {"wrong", "a bug"})
    out.print(f"{name}: {blocks or 'the total'} is wrong; the largest differences:", style="red")
    for c in check.worst:
        out.print(f"  {c.name:<12} analytic {c.analytic: .6e}  numerical {c.numeric: .6e}", markup=False)
