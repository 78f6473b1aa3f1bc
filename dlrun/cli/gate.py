"""`dlrun gate RUN [GATE…]`: whether a stored run is what it must be."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, RunReference, RunsDir, Strict
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.diagnosis.gating import Judged
    from dlrun.rundir.paths import RunPaths


class GateFormat(StrEnum):
    """How judged gates are printed."""

    text = "text"
    json = "json"
    md = "md"


Expressions = Annotated[
    list[str] | None,
    typer.Argument(metavar="[GATE…]", help="'dev.error < 5%', 'dev.error vs RUN not worse'; the run's own if none is given."),
]


def gate(
    run: RunReference,
    gates: Expressions = None,
    strict: Strict = False,
    runs_dir: RunsDir = RUNS,
    output: Annotated[GateFormat, typer.Option("--format", help="How the result is printed on stdout.")] = GateFormat.text,
    debug: Debug = False,
) -> None:
    """Judge a stored run by gates, or by its own again: exit code 3 if one fails, 4 under --strict if one is inconclusive.

    Nothing is trained or computed anew; test.error is that of the last look at the test part.
    """
    from dlrun.cli.closing import raise_for_gates
    from dlrun.experiment.stored import stored_diagnosis
    from dlrun.gates.stored import judge_again, judge_stored
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run
    from dlrun.spec.gate_expressions import parse_gates

    asked = parse_gates(gates or [])
    paths = find_run(run, runs_dir)
    diagnosis = stored_diagnosis(paths)
    record = RunRecord.load(paths)
    if asked:
        rows = judge_stored(paths, record, diagnosis, asked, runs_dir, lambda: _classes(paths))
    else:
        rows = judge_again(paths, record, diagnosis, lambda: _classes(paths))
    _print(paths, rows, diagnosis.errors.metric, output)
    raise_for_gates(rows, diagnosis.errors.metric, strict=strict)


def _classes(paths: "RunPaths") -> Sequence[str] | None:
    from dlrun.experiment.origins import stored_preparation

    classes = stored_preparation(paths).classes
    return classes.names if classes else None


def _print(paths: "RunPaths", rows: "Sequence[Judged]", metric: str, output: GateFormat) -> None:
    from dlrun.diagnosis.headline import Metric
    from dlrun.printable import printable
    from dlrun.report.gate_rows import HEADINGS, gate_cells, gate_notes, gates_page
    from dlrun.report.markdown_table import table
    from dlrun.report.terminal import console

    of: Metric = "rmse" if metric == "rmse" else "error_rate"
    if output is GateFormat.json:
        print_json({"run": paths.id, "gates": [row.to_json() for row in rows]})
    elif output is GateFormat.md:
        lines = [*table(HEADINGS, [gate_cells(row, of) for row in rows]), "", *(f"- {note}" for note in gate_notes(rows))]
        print(*map(printable, lines), sep="\n")
    else:
        out = console()
        out.print(printable(f"run {paths.id}"), style="dim")
        for part in gates_page(rows, of):
            out.print(part)
