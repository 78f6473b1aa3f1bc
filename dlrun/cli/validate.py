"""`dlrun validate SPEC…`: everything that can be wrong before training, found without training."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dlrun.cli.completion import complete_spec
from dlrun.cli.options import Debug, Format, OutputFormat, Overrides
from dlrun.cli.printing import print_json


def validate(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC…", help="YAML files.", autocompletion=complete_spec)],
    overrides: Overrides = None,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Check specs and their data without training. Exit code 2 if any is wrong; all errors are shown."""
    from dlrun.errors import InvalidInput, Problem
    from dlrun.experiment.setup import set_up
    from dlrun.kernels import NUMPY
    from dlrun.report.terminal import console
    from dlrun.spec import read_spec

    err = console(stderr=True)
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    for spec in specs:
        try:
            experiment = set_up(read_spec(spec, overrides or ()), kernels=NUMPY)
            network, sizes = experiment.network, experiment.splits.sizes
            rows.append({"spec": str(spec), "valid": True, "parameters": network.params.count, "examples": sizes})
            for note in experiment.notes:
                err.print(f"· {spec}: {note}", style="dim")
        except InvalidInput as error:
            problems += error.problems
            rows.append({"spec": str(spec), "valid": False, "errors": [str(problem) for problem in error.problems]})
    if output is Format.json:
        print_json(rows)
    else:
        for row in rows:
            if row["valid"]:
                print(f"{row['spec']}: ok, {row['parameters']:,} parameters, {row['examples']['train']:,} training examples")
    if problems:
        raise InvalidInput(*problems)
