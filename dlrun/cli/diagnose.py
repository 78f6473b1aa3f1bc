"""`dlrun diagnose RUN`: the verdict on a finished run, from what it left on disk."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, Quiet, RunReference, RunsDir
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.rundir.groups import Group
    from dlrun.rundir.paths import RunPaths


OfSeeds = Annotated[bool, typer.Option("--seeds", help="Of the mean of the runs that differ from it by their seed alone.")]
Curve = Annotated[
    bool, typer.Option("--learning-curve", help="Train it on 10 to 70 % of its training part too: what would more data buy?")
]
AtOnce = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="With --learning-curve: runs at once, 1 by default.")
]


def diagnose(
    run: RunReference,
    seeds: OfSeeds = False,
    learning_curve: Curve = False,
    workers: AtOnce = None,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what is wrong with a run: high bias, high variance, both, neither, or not enough examples to know."""
    from dlrun.data.findings import told
    from dlrun.experiment.checking import stored_findings
    from dlrun.experiment.stored import stored_diagnosis, stored_learning_curve
    from dlrun.gates.stored import stored_rows
    from dlrun.printable import printable
    from dlrun.report.group_table import mean_text, metric_of
    from dlrun.report.terminal import console, print_diagnosis
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run

    paths = find_run(run, runs_dir)
    if learning_curve or workers:
        _learn(paths, runs_dir, output, workers=workers, quiet=quiet, seeds=seeds, asked=learning_curve)
        return
    if seeds:
        _diagnose_group(paths, output)
        return
    found = stored_diagnosis(paths)
    if output is Format.json:
        gates = [row.to_json() for row in stored_rows(RunRecord.load(paths).summary.get("gates"))]
        print_json(found.to_json() | {"gates": gates})
        return
    curve, out = stored_learning_curve(paths), console()
    out.print(printable(f"run {paths.id}"), style="dim")
    print_diagnosis(found, out)
    for sentence in told(stored_findings(paths)):
        out.print(printable(f"· {sentence}"), style="dim")
    if curve:
        out.print()
        out.print(f"learning curve  {curve.promise or curve.why_not}", soft_wrap=True)
    group = _group(paths)
    if group and (mean := group.mean("dev_error")) and mean.n > 1:
        out.print()
        out.print(f"dev error  {mean_text(mean, metric_of(group))}: dlrun diagnose {paths.id} --seeds", soft_wrap=True)


def _learn(
    paths: "RunPaths", runs_dir: Path, output: Format, *, workers: int | None, quiet: bool, seeds: bool, asked: bool
) -> None:
    """Train and print a learning curve."""
    from dlrun.cli.learning_curve import diagnose_curve
    from dlrun.cli.many import Manner, cores_for
    from dlrun.errors import InvalidInput, Problem

    if not asked:
        cure = "--learning-curve trains several runs"
        raise InvalidInput(Problem(what="nothing is trained here", where=f"-j {workers}", cure=cure))
    if seeds:
        what = "a learning curve is of one run, not of the mean of several"
        raise InvalidInput(Problem(what=what, where="--learning-curve", cure="leave --seeds out"))
    at_once = cores_for(workers or 1, quiet=quiet)
    diagnose_curve(paths, runs_dir, Manner(workers=at_once, output=output, quiet=quiet, verbose=False, strict=False))


def _group(paths: "RunPaths") -> "Group | None":
    from dlrun.rundir.groups import group_of, siblings
    from dlrun.rundir.listing import read_run

    return group_of(read_run(paths), siblings(paths))


def _diagnose_group(paths: "RunPaths", output: Format) -> None:
    """Print the runs of a group, and the diagnosis of their mean."""
    from dlrun.experiment.stored import completed_group, group_diagnosis
    from dlrun.report.gate_rows import gates_page
    from dlrun.report.group_table import group_json, metric_of, print_group
    from dlrun.report.terminal import console
    from dlrun.rundir.groups import siblings
    from dlrun.rundir.listing import short_ids
    from dlrun.seeds.gating import group_gates, has_gates

    group = completed_group(paths)
    diagnosis = group_diagnosis(group)
    gates = group_gates(group, diagnosis, paths.root.absolute().parent) if has_gates(group) else ()
    if output is Format.json:
        runs = [{"run": run.paths.id, "seed": run.value("seed"), "status": run.status} for run in reversed(group.runs)]
        told = {"runs": runs, "diagnosis": diagnosis.to_json(), "gates": [row.to_json() for row in gates]}
        print_json({**group_json(group), **told})
        return
    out = console()
    print_group(group, short_ids(siblings(paths)), diagnosis, out)
    for part in gates_page(gates, metric_of(group)) if gates else ():
        out.print(part)
