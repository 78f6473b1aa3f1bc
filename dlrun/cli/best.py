"""`dlrun best`: the id of one run, for scripts."""

from typing import Annotated

import typer

from dlrun.cli.completion import complete_key
from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, RunsDir, Where
from dlrun.cli.printing import print_json

DEV_ERROR = "dev.error"  # what gates and other JSON call it


def best(
    by: Annotated[
        str,
        typer.Option(
            metavar="KEY", help="What is compared: any key of a run or its spec, such as dev_loss.", autocompletion=complete_key
        ),
    ] = "dev_error",
    where: Where = None,
    largest: Annotated[bool, typer.Option("--max", help="The largest value, not the lowest.")] = False,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Print the id of the best completed run, and nothing else: the one with the lowest dev error."""
    from dlrun.cli.run_selection import meant_run_key, selected
    from dlrun.errors import InvalidInput, Problem
    from dlrun.printable import printable
    from dlrun.rundir.keys import SpecKeys
    from dlrun.rundir.listing import garbage_ignored, list_runs
    from dlrun.rundir.references import best_run

    with garbage_ignored():
        everything = list_runs(runs_dir)
        known = SpecKeys(everything)
        key = "dev_error" if by == DEV_ERROR else meant_run_key(by, known, f"--by {by}")
        runs = selected(everything, known, where or [])
        if everything and not runs:
            what = f"none of the {len(everything):,} runs is so"
            raise InvalidInput(Problem(what=what, where=str(runs_dir), cure="what there is: dlrun ls"))
        found = best_run(runs, runs_dir, key, largest=largest, asked="best")
    if output is Format.json:
        print_json({"run": found.paths.id, "path": str(found.paths.root), "by": key, "value": found.value(key)})
    else:
        print(printable(found.paths.id))
