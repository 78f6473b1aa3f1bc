"""`dlrun gate RUN [GATE…]`: whether a stored run is what it must be."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, PageFormat, RunReference, RunsDir, Strict
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.diagnosis.gates import Gate
    from dlrun.diagnosis.gating import Judged
    from dlrun.rundir.paths import RunPaths


Expressions = Annotated[
    list[str] | None,
    typer.Argument(metavar="[GATE…]", help="'dev.error < 5%', 'dev.error vs RUN not worse'; the run's own if none is given."),
]


def gate(
    run: RunReference,
    gates: Expressions = None,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="Of the mean of the runs that differ from it by their seed alone.")
    ] = False,
    strict: Strict = False,
    runs_dir: RunsDir = RUNS,
    output: Annotated[PageFormat, typer.Option("--format", help="How the result is printed on stdout.")] = PageFormat.text,
    debug: Debug = False,
) -> None:
    """Judge a stored run by gates, or by its own again: exit code 3 if one fails, 4 under --strict if one is inconclusive.

    Nothing is trained or computed anew; test.error is that of the last look at the test part.
    """
    from dlrun.cli.closing import raise_for_gates
    from dlrun.experiment.stored import stored_diagnosis
    from dlrun.gates.stored import judge_again, judge_stored, stored_gates
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run
    from dlrun.seeds.gating import classes_of
    from dlrun.spec.gate_expressions import parse_gates

    asked = parse_gates(gates or [])
    paths = find_run(run, runs_dir)
    if seeds:
        _judge_group(paths, asked, runs_dir, output, strict=strict)
        return
    diagnosis = stored_diagnosis(paths)
    record = RunRecord.load(paths)
    if asked:
        rows = judge_stored(paths, record, diagnosis, asked, runs_dir, lambda: classes_of(paths))
    else:
        rows = judge_again(paths, record, diagnosis, stored_gates(paths, record).values(), lambda: classes_of(paths))
    _print({"run": paths.id}, rows, diagnosis.errors.metric, output)
    raise_for_gates(rows, diagnosis.errors.metric, strict=strict)


def _judge_group(paths: "RunPaths", asked: "Sequence[Gate]", runs_dir: Path, output: PageFormat, *, strict: bool) -> None:
    """Judge the mean of the runs that differ from one by their seed alone."""
    from dlrun.cli.closing import raise_for_gates
    from dlrun.experiment.stored import completed_group, group_diagnosis
    from dlrun.seeds.gating import group_gates

    group = completed_group(paths)
    mean = group_diagnosis(group)
    rows = group_gates(group, mean, runs_dir, asked)
    _print({"group": group.key, "runs": [run.paths.id for run in group.judged]}, rows, mean.errors.metric, output)
    raise_for_gates(rows, mean.errors.metric, strict=strict)


def _print(whose: Mapping[str, object], rows: "Sequence[Judged]", metric: str, output: PageFormat) -> None:
    from dlrun.diagnosis.headline import Metric
    from dlrun.printable import printable
    from dlrun.report.gate_rows import HEADINGS, gate_cells, gate_notes, gates_page
    from dlrun.report.markdown_table import table
    from dlrun.report.terminal import console

    of: Metric = "rmse" if metric == "rmse" else "error_rate"
    if output is PageFormat.json:
        print_json({**whose, "gates": [row.to_json() for row in rows]})
    elif output is PageFormat.md:
        lines = [*table(HEADINGS, [gate_cells(row, of) for row in rows]), "", *(f"- {note}" for note in gate_notes(rows))]
        print(*map(printable, lines), sep="\n")
    else:
        out = console()
        out.print(printable(" ".join(f"{what} {told}" for what, told in whose.items() if isinstance(told, str))), style="dim")
        for part in gates_page(rows, of):
            out.print(part)
