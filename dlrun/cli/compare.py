"""`dlrun compare RUN RUN…`: in what runs differ, and whether it matters."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlrun.cli.completion import complete_run
from dlrun.cli.options import RUNS, Debug, RunReferences, RunsDir, TableFormat
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dlrun.rundir.listing import ListedRun


def compare(
    runs: RunReferences,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="The run that the others are held against; else the first.", autocompletion=complete_run
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the learning curves: a .png, .svg or .pdf.")] = None,
    runs_dir: RunsDir = RUNS,
    output: Annotated[TableFormat, typer.Option("--format", help="How the comparison is printed on stdout.")] = TableFormat.text,
    debug: Debug = False,
) -> None:
    """See in which keys runs differ, their metrics side by side, and whether one is better: a paired test on the dev examples."""
    from dlrun.comparison.comparing import compare as compared
    from dlrun.report.compared import csv_rows, markdown_page, print_comparison
    from dlrun.report.terminal import console

    found, first = _found(runs, against, runs_dir)
    names = _names(found, runs_dir)
    tree = compared(found, first, names).to_json()
    _add_curves(tree, found)
    if out is not None:
        _draw(tree, names, out)
    if output is TableFormat.json:
        print_json(tree)
    elif output is TableFormat.csv:
        _print_csv(csv_rows(tree))
    elif output is TableFormat.md:
        print(*markdown_page(tree, names), sep="\n")
    else:
        print_comparison(tree, names, console())


def _found(references: "Sequence[str]", against: str | None, runs_dir: Path) -> "tuple[list[ListedRun], int]":
    """Return the runs that are meant, and which of them the others are held against; all that are not there are said at once."""
    from dlrun.errors import InvalidInput, Problem, raise_all
    from dlrun.rundir.listing import read_run
    from dlrun.rundir.paths import RunPaths
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run

    places: list[RunPaths] = []
    problems: list[Problem] = []
    for reference in [*references, *([against] if against is not None else [])]:
        try:
            places.append(find_run(reference, runs_dir))
        except InvalidInput as error:
            problems += error.problems
    raise_all(problems)
    first = 0
    if against is not None:
        *places, asked = places
        same = [k for k, paths in enumerate(places) if paths.root.resolve() == asked.root.resolve()]
        if not same:
            places.insert(0, asked)
        first = same[0] if same else 0
    for paths in places:
        RunRecord.load(paths)  # a damaged one is said to be
    return [read_run(paths) for paths in places], first


def _names(runs: "Sequence[ListedRun]", runs_dir: Path) -> dict[str, str]:
    """Return what each run is called: the end of its id that no other run has, as `dlrun ls` calls it."""
    from dlrun.rundir.ids import ID
    from dlrun.rundir.listing import runs_in, short_names

    ids = dict.fromkeys([paths.id for paths in runs_in(runs_dir)] + [run.paths.id for run in runs])
    short = short_names(list(ids))
    return {run.paths.id: short[run.paths.id] if ID.fullmatch(run.paths.id) else run.paths.id for run in runs}


def _add_curves(tree: dict[str, Any], runs: "Sequence[ListedRun]") -> None:
    """Add each run's learning curve: of the first measure that all of them have, and none if there is no such."""
    from dlrun.rundir.curves import MEASURES, read_curves

    curves = [read_curves(run.paths) for run in runs]
    measure = next((name for name in MEASURES if all(read[name] for read in curves)), None)
    for told, read in zip(tree["runs"], curves, strict=True):
        told["curve_of"] = measure
        told["curve"] = [list(point) for point in read[measure]] if measure else []


def _print_csv(rows: "Sequence[Sequence[object]]") -> None:
    import csv
    import sys

    from dlrun.printable import printable
    from dlrun.rundir.values import value_text

    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in rows:
        writer.writerow([cell if cell is None or isinstance(cell, int | float) else printable(value_text(cell)) for cell in row])


def _draw(tree: dict[str, Any], names: "Mapping[str, str]", out: Path) -> None:
    import sys

    from dlrun.errors import InvalidInput, Problem
    from dlrun.report.compared import curves_picture
    from dlrun.report.plots.figure import save

    if not any(told["curve"] for told in tree["runs"]):
        raise InvalidInput(Problem(what="there is no curve to draw: these runs have no metrics in common", where="--out"))
    save(curves_picture(tree, names), out)
    print(f"drawn in {out}", file=sys.stderr)
