"""`dlrun gradcheck [SPEC|RUN]`: whether the gradient that training follows is the slope of the cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dlrun.cli.completion import complete_spec_or_run
from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, Overrides, RunsDir, names_spec
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlrun.errors import Problem
    from dlrun.experiment.gradient import Settings
    from dlrun.nn.gradcheck import GradientCheck


def gradcheck(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[SPEC|RUN]", help="Check this network on its own data.", autocompletion=complete_spec_or_run),
    ] = None,
    overrides: Overrides = None,
    epsilon: Annotated[float | None, typer.Option(min=1e-12, max=1e-1, help="The step ε of the differences: 1e-5.")] = None,
    difference: Annotated[Literal["centred", "forward"] | None, typer.Option(help="Two-sided (centred) or one-sided.")] = None,
    orders: Annotated[
        bool, typer.Option("--orders", help="Show the errors O(ε) and O(ε²) of both differences (SPEC only).")
    ] = False,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Compare analytic gradients with numerical ones.

    Without SPEC: every pair of layers × loss × penalty. With a SPEC: its network on its data, at initial weights and after some
    training. With a RUN: at its best weights. A relative error of 1e-7 is great, up to 1e-5 calls for another look, more fails
    with exit code 6.
    """
    from dlrun.errors import GradientCheckFailed, raise_all
    from dlrun.experiment.gradient import Settings
    from dlrun.nn.gradcheck import EPSILON
    from dlrun.report.gradients import print_checks
    from dlrun.report.terminal import console

    is_spec = subject is not None and names_spec(subject)
    raise_all(_without_effect(is_spec, overrides, orders, epsilon is not None or difference is not None))
    if orders and subject is not None:
        _print_orders(subject, overrides or [], output)
        return
    settings = Settings(epsilon or EPSILON, difference or "centred")
    checks = _checks(subject, overrides or [], settings, runs_dir)
    if output is Format.json:
        print_json(_contract(checks))
    else:
        print_checks(checks, console())
    failed = [name for name, check in checks.items() if not check.passed]
    if failed:
        raise GradientCheckFailed(f"gradient check failed in {len(failed)} of {len(checks)} cases")


def _checks(subject: str | None, overrides: list[str], settings: "Settings", runs_dir: Path) -> "dict[str, GradientCheck]":
    from dlrun.experiment.gradient import check_matrix, check_run, check_spec
    from dlrun.rundir.references import find_run
    from dlrun.spec import read_spec

    if subject is None:
        return check_matrix(settings)
    if names_spec(subject):
        return check_spec(read_spec(subject, overrides), settings)
    return check_run(find_run(subject, runs_dir), settings)


def _without_effect(is_spec: bool, overrides: list[str] | None, orders: bool, steps_given: bool) -> "Iterator[Problem]":
    """Yield the options that would be ignored."""
    from dlrun.errors import Problem

    if overrides and not is_spec:
        yield Problem(what="-s has no effect: it changes a SPEC, and none is given")
    if orders and not is_spec:
        yield Problem(what="--orders needs a SPEC whose network is to be checked")
    if orders and steps_given:
        yield Problem(
            what="--epsilon and --difference have no effect with --orders, which takes both differences at steps of its own"
        )


def _print_orders(spec: str, overrides: list[str], output: Format) -> None:
    from dlrun.experiment.gradient import error_orders
    from dlrun.report.gradients import print_orders
    from dlrun.report.terminal import console
    from dlrun.spec import read_spec

    rows = list(error_orders(read_spec(spec, overrides)))
    if output is Format.json:
        print_json([{"epsilon": row[0], "forward": row[1], "centred": row[2]} for row in rows])
    else:
        print_orders(rows, console())


def _contract(checks: "dict[str, GradientCheck]") -> dict[str, object]:
    return {
        "passed": all(check.passed for check in checks.values()),
        "relative_error": max(check.relative_error for check in checks.values()),
        "cases": [
            {
                "case": name,
                "relative_error": check.relative_error,
                "blocks": [
                    {"name": b.name, "relative_error": b.relative_error, "compared": b.compared, "set_aside": b.set_aside}
                    for b in check.blocks
                ],
            }
            for name, check in checks.items()
        ],
    }
