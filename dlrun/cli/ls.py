"""`dlrun ls`: the runs there are, and in what they differ."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlrun.cli.completion import complete_key
from dlrun.cli.options import RUNS, Debug, RunsDir, TableFormat, Where
from dlrun.cli.printing import no_room, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dlrun.rundir.listing import ListedRun


class Status(StrEnum):
    """How a run may be."""

    running = "running"
    completed = "completed"
    interrupted = "interrupted"
    diverged = "diverged"
    failed = "failed"
    lost = "lost"
    damaged = "damaged"


def ls(
    where: Where = None,
    status: Annotated[
        list[Status] | None, typer.Option(metavar="STATUS", help=f"Only runs that are {', '.join(Status)}; may be repeated.")
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Smallest first, by a key such as dev_error or learning_rate.initial.",
            autocompletion=complete_key,
        ),
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    groups: Annotated[
        bool, typer.Option("--groups", help="A row for runs that differ by their seed alone: the mean, with its interval.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="No more than N runs.")] = None,
    runs_dir: RunsDir = RUNS,
    output: Annotated[TableFormat, typer.Option("--format", help="How the runs are printed on stdout.")] = TableFormat.text,
    debug: Debug = False,
) -> None:
    """List runs, newest first, with those keys of their specs in which they differ."""
    from dlrun.rundir.listing import garbage_ignored, list_runs

    with garbage_ignored():
        everything = list_runs(runs_dir)
        runs = _wanted(everything, where or [], status or [], sort, reverse)
        if groups:
            from dlrun.cli.groups import ls_groups

            _say(ls_groups(runs, everything, limit, output) if runs else [_nothing(everything, runs_dir)])
            return
        listed = runs[:limit]
        notes = _print(listed, everything, output)
    if not runs:
        notes.append(_nothing(everything, runs_dir))
    if len(listed) < len(runs):
        notes.append(f"and {len(runs) - len(listed):,} more")
    _say(notes + [f"{run.paths.record}: damaged: {run.problem}" for run in listed if run.problem])


def _wanted(
    everything: "list[ListedRun]", where: "Sequence[str]", status: "Sequence[Status]", sort: str | None, reverse: bool
) -> "list[ListedRun]":
    from dlrun.cli.run_selection import meant_run_key, selected
    from dlrun.rundir.keys import SpecKeys, sorted_by

    known = SpecKeys(everything)
    runs = [run for run in selected(everything, known, where) if not status or run.status in status]
    if sort:
        return sorted_by(runs, meant_run_key(sort, known, f"--sort {sort}"), descending=reverse)
    return runs[::-1] if reverse else runs


def _nothing(everything: "Sequence[ListedRun]", runs_dir: Path) -> str:
    if everything:
        return f"none of the {len(everything):,} runs is so"
    return f"there are no runs in {runs_dir} yet; make one: dlrun train SPEC"


def _print(listed: "Sequence[ListedRun]", everything: "Sequence[ListedRun]", output: TableFormat) -> list[str]:
    """Print the runs on stdout, and return what else there is to say."""
    from dlrun.rundir.keys import SpecKeys

    keys = SpecKeys(listed)
    if output is TableFormat.json:
        print_json([row | {"spec": told} for row, told in _rows(listed, keys.varying)])
    elif output is TableFormat.csv:
        _print_csv(listed, keys.varying)
    elif listed:
        return _print_table(listed, everything, keys.headings, output)
    return []


def _print_table(
    listed: "Sequence[ListedRun]", everything: "Sequence[ListedRun]", keys: "Mapping[str, str]", output: TableFormat
) -> list[str]:
    from datetime import UTC, datetime

    from dlrun.report.run_table import columns, markdown_runs, print_runs
    from dlrun.report.terminal import console
    from dlrun.rundir.listing import short_ids

    table = columns(listed, short_ids(everything), keys, now=datetime.now(UTC))
    if output is TableFormat.md:
        print(*markdown_runs(table), sep="\n")
        return []
    return no_room(print_runs(table, console()))


def _rows(listed: "Sequence[ListedRun]", keys: "Mapping[str, int]") -> "list[tuple[dict[str, Any], dict[str, Any]]]":
    """Return of each run what is known of all of them, and the keys of its spec that differ."""
    from dlrun.rundir.values import RUN_KEYS

    return [
        (
            {key: run.value(key) for key in RUN_KEYS} | {"path": str(run.paths.root), "problem": run.problem or None},
            {key: run.value(key) for key in keys},
        )
        for run in listed
    ]


def _print_csv(listed: "Sequence[ListedRun]", keys: "Mapping[str, int]") -> None:
    import csv
    import sys

    from dlrun.printable import printable
    from dlrun.rundir.values import RUN_KEYS, value_text

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*RUN_KEYS, "path", "problem", *keys])
    for row, told in _rows(listed, keys):
        values = [*row.values(), *told.values()]
        writer.writerow(
            [value if value is None or isinstance(value, int | float) else printable(value_text(value)) for value in values]
        )


def _say(notes: "Sequence[str]") -> None:
    from dlrun.printable import printable
    from dlrun.report.terminal import console

    out = console(stderr=True)
    for note in notes:
        out.print(printable(note), style="dim", soft_wrap=True)
