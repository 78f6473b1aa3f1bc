"""`dlrun ls --groups`: a row for all runs that differ by their seed alone."""

import csv
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dlrun.cli.options import TableFormat
from dlrun.cli.printing import no_room, print_json
from dlrun.printable import printable
from dlrun.report.group_table import group_columns, group_json
from dlrun.report.run_table import markdown_runs, print_runs
from dlrun.report.terminal import console
from dlrun.rundir.groups import OF_NO_ACCOUNT, Group, groups_of
from dlrun.rundir.keys import SpecKeys
from dlrun.rundir.listing import ListedRun, short_ids
from dlrun.rundir.values import value_text


def ls_groups(runs: Sequence[ListedRun], everything: Sequence[ListedRun], limit: int | None, output: TableFormat) -> list[str]:
    """Print the groups of some runs, and return what else there is to say; a run that is alone is a group of one."""
    groups = groups_of(runs)
    listed = groups[:limit]
    known = SpecKeys([group.runs[0] for group in listed])
    headings = {key: heading for key, heading in known.headings.items() if key not in OF_NO_ACCOUNT}
    if not groups:
        return ["none of these runs has a group: they are folds, or children that left a parent on the way"]
    notes = [] if len(listed) == len(groups) else [f"and {len(groups) - len(listed):,} more"]
    if output is TableFormat.json:
        print_json([_row(group) | {"spec": {key: group.runs[0].value(key) for key in headings}} for group in listed])
    elif output is TableFormat.csv:
        _print_csv(listed, list(headings))
    elif listed:
        table = group_columns(listed, short_ids(everything), headings, now=datetime.now(UTC))
        if output is TableFormat.md:
            print(*markdown_runs(table), sep="\n")
        else:
            notes = no_room(print_runs(table, console())) + notes
    return notes


def _row(group: Group) -> dict[str, Any]:
    runs = [{"run": run.paths.id, "seed": run.value("seed"), "status": run.status} for run in reversed(group.runs)]
    return {**group_json(group), "runs": runs}


def _print_csv(groups: Sequence[Group], keys: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    mean_keys = ("error", "low", "high", "n", "spread")
    writer.writerow(["group", "name", "runs", "completed", "metric", *(f"dev_{key}" for key in mean_keys), *keys])
    for group in groups:
        told: dict[str, Any] = group_json(group)
        dev = told["errors"].get("dev", {})
        values = [group.key, told["name"], len(group.runs), told["completed"], told["metric"], *map(dev.get, mean_keys)]
        cells = [*values, *(group.runs[0].value(key) for key in keys)]
        writer.writerow(
            [cell if cell is None or isinstance(cell, int | float) else printable(value_text(cell)) for cell in cells]
        )
