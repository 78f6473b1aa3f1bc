"""`dlrun compare RUN RUN…`: in what runs differ, and whether it matters."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from dlrun.cli.completion import complete_run_or_group
from dlrun.cli.options import RUNS, Debug, RunsDir, TableFormat
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dlrun.report.side_by_side import Page
    from dlrun.rundir.groups import Group
    from dlrun.rundir.paths import RunPaths

Found = TypeVar("Found")


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Ids, their beginnings or ends, @last, @last~1, @best, or paths; with --seeds keys of groups, too.",
            autocompletion=complete_run_or_group,
        ),
    ],
    seeds: Annotated[
        bool,
        typer.Option(
            "--seeds", help="Compare recipes: each RUN stands for its group, all runs that differ from it by their seed alone."
        ),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="The run, or group, that the others are held against; else the first.",
            autocompletion=complete_run_or_group,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the learning curves: a .png, .svg or .pdf.")] = None,
    runs_dir: RunsDir = RUNS,
    output: Annotated[TableFormat, typer.Option("--format", help="How the comparison is printed on stdout.")] = TableFormat.text,
    debug: Debug = False,
) -> None:
    """See in which keys runs differ, their metrics side by side, and whether one is better: a paired test on the dev examples."""
    from dlrun.report import compared, compared_groups
    from dlrun.report.side_by_side import markdown_page, print_page
    from dlrun.report.terminal import console

    tree, names = (_groups if seeds else _runs)(runs, against, runs_dir)
    page = (compared_groups if seeds else compared).page(tree, names)
    if out is not None:
        _draw(page, "groups" if seeds else "runs", out)
    if output is TableFormat.json:
        print_json(tree)
    elif output is TableFormat.csv:
        _print_csv((compared_groups if seeds else compared).csv_rows(tree))
    elif output is TableFormat.md:
        print(*markdown_page(page), sep="\n")
    else:
        print_page(page, console())


def _runs(references: "Sequence[str]", against: str | None, runs_dir: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what came of comparing runs, with their curves, and what each run is called."""
    from dlrun.comparison.comparing import compare as compared
    from dlrun.rundir.listing import read_run
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run

    places, first = _found(
        references, against, lambda reference: find_run(reference, runs_dir), lambda paths: paths.root.resolve()
    )
    for paths in places:
        RunRecord.load(paths)  # a damaged one is said to be
    found = [read_run(paths) for paths in places]
    names = _names([run.paths.id for run in found], runs_dir)
    tree = compared(found, first, names).to_json()
    _add_curves(tree["runs"], [[run.paths] for run in found])
    return tree, names


def _groups(references: "Sequence[str]", against: str | None, runs_dir: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what came of comparing groups, with their mean curves, and what each group and each of its runs is called."""
    from dlrun.comparison.groups import compare_groups
    from dlrun.rundir.groups import KEY, find_group
    from dlrun.rundir.references import find_run

    def find(reference: str) -> "tuple[str, Group]":
        named = reference if KEY.fullmatch(reference) else find_run(reference, runs_dir).id
        return named, find_group(reference, runs_dir)

    found, first = _found(references, against, find, lambda pair: pair[1].key)
    names = _names([named for named, _ in found] + [run.paths.id for _, group in found for run in group.runs], runs_dir)
    called = [names[named] for named, _ in found]
    compared = compare_groups([group for _, group in found], first, called, names)
    tree = compared.to_json()
    _add_curves(tree["groups"], [[run.paths for run in group.runs] for group in compared.groups])
    return tree, names | {group.key: name for (_, group), name in zip(found, called, strict=True)}


def _found(
    references: "Sequence[str]", against: str | None, find: "Callable[[str], Found]", identity: "Callable[[Found], object]"
) -> "tuple[list[Found], int]":
    """Return what is meant, and which of it the others are held against; all that is not there is said at once."""
    from dlrun.errors import InvalidInput, Problem, raise_all

    found: list[Found] = []
    problems: list[Problem] = []
    for reference in [*references, *([against] if against is not None else [])]:
        try:
            found.append(find(reference))
        except InvalidInput as error:
            problems += error.problems
    raise_all(problems)
    if against is None:
        return found, 0
    *others, asked = found
    same = [k for k, one in enumerate(others) if identity(one) == identity(asked)]
    return (others, same[0]) if same else ([asked, *others], 0)


def _names(named: "Iterable[str]", runs_dir: Path) -> dict[str, str]:
    """Return what each run is called, by its id: the end of its id that no other run has, as `dlrun ls` calls it."""
    from dlrun.rundir.ids import ID
    from dlrun.rundir.listing import runs_in, short_names

    ids = list(named)
    short = short_names(list(dict.fromkeys([*(paths.id for paths in runs_in(runs_dir)), *ids])))
    return {name: short[name] if ID.fullmatch(name) else name for name in ids}


def _add_curves(told: list[dict[str, Any]], runs: "Sequence[Sequence[RunPaths]]") -> None:
    """Add each learning curve, the mean of its runs: of the first measure that all have, and none if there is no such."""
    from dlrun.rundir.curves import MEASURES, mean_curve, read_curves

    curves = [[read_curves(paths) for paths in several] for several in runs]
    means = {name: [mean_curve([read[name] for read in several]) for several in curves] for name in MEASURES}
    measure = next((name for name in MEASURES if all(means[name])), None)
    for place, one in enumerate(told):
        one["curve_of"] = measure
        one["curve"] = [list(point) for point in means[measure][place]] if measure else []


def _print_csv(rows: "Sequence[Sequence[object]]") -> None:
    import csv
    import sys

    from dlrun.printable import printable
    from dlrun.rundir.values import value_text

    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in rows:
        writer.writerow([cell if cell is None or isinstance(cell, int | float) else printable(value_text(cell)) for cell in row])


def _draw(page: "Page", of: str, out: Path) -> None:
    import sys

    from dlrun.errors import InvalidInput, Problem
    from dlrun.report.plots.figure import save
    from dlrun.report.side_by_side import curves_picture

    if not any(curve.points for curve in page.curves):
        raise InvalidInput(Problem(what=f"there is no curve to draw: these {of} have no metrics in common", where="--out"))
    save(curves_picture(page, of), out)
    print(f"drawn in {out}", file=sys.stderr)
