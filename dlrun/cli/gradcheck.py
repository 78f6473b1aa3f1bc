"""`dlrun gradcheck [SPEC]`: whether the gradient that training follows is the slope of the cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dlrun.cli.options import Debug, Format, OutputFormat, Overrides

if TYPE_CHECKING:
    from dlrun.nn.gradcheck import GradientCheck


def gradcheck(
    spec: Annotated[Path | None, typer.Argument(metavar="[SPEC]", help="Check this network on its own data.")] = None,
    overrides: Overrides = None,
    epsilon: Annotated[float, typer.Option(min=1e-12, max=1e-1, help="The step ε of the differences.")] = 1e-5,
    difference: Annotated[Literal["centred", "forward"], typer.Option(help="Two-sided or one-sided differences.")] = "centred",
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Compare analytic gradients with numerical ones: without SPEC, over every pair of layers, loss and penalty.

    A relative error of 1e-7 is great, up to 1e-5 calls for another look, more fails with exit code 6.
    """
    import json

    from dlrun.errors import GradientCheckFailed
    from dlrun.experiment.gradient import check_matrix, check_spec
    from dlrun.report.gradients import print_checks
    from dlrun.report.terminal import console

    if spec is None:
        checks = check_matrix(epsilon=epsilon, difference=difference)
    else:
        from dlrun.spec import read_spec

        checks = check_spec(read_spec(spec, overrides or ()), epsilon=epsilon, difference=difference)
    if output is Format.json:
        print(json.dumps(_contract(checks), indent=2))
    else:
        print_checks(checks, console())
    failed = [name for name, check in checks.items() if not check.passed]
    if failed:
        raise GradientCheckFailed(f"gradient check failed in {len(failed)} of {len(checks)} cases")


def _contract(checks: "dict[str, GradientCheck]") -> dict[str, object]:
    return {
        "passed": all(check.passed for check in checks.values()),
        "relative_error": max(check.relative_error for check in checks.values()),
        "cases": [
            {
                "case": name,
                "relative_error": check.relative_error,
                "blocks": [{"name": block.name, "relative_error": block.relative_error} for block in check.blocks],
            }
            for name, check in checks.items()
        ],
    }
