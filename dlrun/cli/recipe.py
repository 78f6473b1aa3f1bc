"""`dlrun recipe RUN`: what to try next, as patches of the spec."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, PageFormat, RunReference, RunsDir
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.diagnosis.recipe import Advice
    from dlrun.rundir.paths import RunPaths


Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the run's spec with that one change.")]


def recipe(
    run: RunReference,
    pick: Annotated[
        int | None, typer.Option("--pick", metavar="K", min=1, help="Which advice --out writes; the first that has a patch.")
    ] = None,
    out: Out = None,
    runs_dir: RunsDir = RUNS,
    output: Annotated[PageFormat, typer.Option("--format", help="How the result is printed on stdout.")] = PageFormat.text,
    debug: Debug = False,
) -> None:
    """Say what to try next, the first thing first: each a patch of the spec, with its reason, its number, its cost.

    The order is the course's: what keeps the cost from falling, bias until it is low, variance, and back to bias.
    """
    from dlrun.experiment.stored import stored_diagnosis, stored_learning_curve
    from dlrun.printable import printable
    from dlrun.report.next_step import recipe_of, train_command
    from dlrun.report.recipe_page import print_recipe, recipe_lines
    from dlrun.report.terminal import console
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run

    paths = find_run(run, runs_dir)
    diagnosis, record = stored_diagnosis(paths), RunRecord.load(paths)
    curve = stored_learning_curve(paths)
    advice = recipe_of(record, diagnosis, curve.words if curve else "")
    commands = [train_command(paths, str(paths.resolved), (), one.patch) if one.patch else "" for one in advice]
    if out:
        _write(out, paths, advice, pick)
    seconds = record.seconds or 0.0
    if output is PageFormat.json:
        told = [
            {**one.to_json(), "seconds": seconds * one.times if one.patch else None, "command": command or None}
            for one, command in zip(advice, commands, strict=True)
        ]
        print_json({"run": paths.id, "headline": diagnosis.headline, "advice": told})
    elif output is PageFormat.md:
        print(*map(printable, recipe_lines(advice, commands, seconds)), sep="\n")
    else:
        terminal = console()
        terminal.print(printable(f"run {paths.id}"), style="dim")
        terminal.print(diagnosis.headline, style="bold", highlight=False)
        terminal.print()
        print_recipe(advice, list(map(printable, commands)), seconds, terminal)


def _write(out: Path, paths: "RunPaths", advice: "tuple[Advice, ...]", pick: int | None) -> None:
    """Write the run's resolved spec with one patch.

    Errors: InvalidInput if there is no such advice, it has no patch, or the file is there already.
    """
    from dlrun.errors import InvalidInput, Problem
    from dlrun.rundir.files import write_atomically
    from dlrun.spec import read_spec, to_yaml

    there = {number: one for number, one in enumerate(advice, start=1) if one.patch}
    chosen = there.get(pick) if pick else next(iter(there.values()), None)
    if chosen is None:
        cure = f"pick {', '.join(map(str, there))}" if there else "nothing is to be changed in the spec"
        where = f"--pick {pick}" if pick else f"--out {out}"
        raise InvalidInput(Problem(what="there is no patch to write", where=where, cure=cure))
    if out.exists():
        raise InvalidInput(Problem(what="this file is there already", where=str(out), cure="name another one"))
    spec = read_spec(paths.resolved, [f"{key}={value}" for key, value in chosen.patch.items()]).spec
    what = "".join(f"#   {key}: {value}\n" for key, value in chosen.patch.items())
    write_atomically(out, f"# {chosen.reason}\n# the spec of run {paths.id} with\n{what}{to_yaml(spec)}")
