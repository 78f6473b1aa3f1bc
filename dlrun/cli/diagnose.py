"""`dlrun diagnose RUN`: the verdict on a finished run, from what it left on disk."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, ErrorsFormat, Format, Quiet, RunReference, RunsDir
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from rich.console import Console

    from dlrun.diagnosis.ladder import Diagnosis
    from dlrun.rundir.paths import RunPaths


OfSeeds = Annotated[bool, typer.Option("--seeds", help="Of the mean of the runs that differ from it by their seed alone.")]
OfErrors = Annotated[bool, typer.Option("--errors", help="Where its errors are: classes, confusion, the examples to look at.")]
Examples = Annotated[int, typer.Option(min=1, metavar="N", help="With --errors: how many examples to show.")]
Curve = Annotated[
    bool, typer.Option("--learning-curve", help="Train it on 10 to 70 % of its training part too: what would more data buy?")
]
AtOnce = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="With --learning-curve: runs at once, 1 by default.")
]


def diagnose(
    run: RunReference,
    seeds: OfSeeds = False,
    errors: OfErrors = False,
    examples: Examples = 10,
    learning_curve: Curve = False,
    workers: AtOnce = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 4 if a gap is inconclusive.")] = False,
    runs_dir: RunsDir = RUNS,
    output_format: Annotated[
        ErrorsFormat, typer.Option("--format", help="How the result is printed on stdout; csv with --errors.")
    ] = ErrorsFormat.text,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what is wrong with a run: high bias, high variance, data mismatch, overfitting to dev, or not enough examples to know.

    The ladder of errors is drawn to scale, with baselines and calibration beside it; test is on it once somebody has looked.
    """
    from dlrun.rundir.references import find_run

    _refuse(seeds=seeds, errors=errors, curve=learning_curve, workers=workers, output=output_format)
    paths = find_run(run, runs_dir)
    if errors:
        from dlrun.cli.errors import print_errors

        print_errors(paths, examples, output_format)
        return
    output = Format(output_format.value)
    if learning_curve:
        from dlrun.cli.learning_curve import diagnose_curve
        from dlrun.cli.many import Manner, cores_for

        at_once = cores_for(workers or 1, quiet=quiet)
        diagnose_curve(paths, runs_dir, Manner(workers=at_once, output=output, quiet=quiet, verbose=False, strict=False))
        return
    found = _diagnose_group(paths, output) if seeds else _diagnose_run(paths, output)
    raise_if_open(found, strict=strict)


def _diagnose_run(paths: "RunPaths", output: Format) -> "Diagnosis":
    """Print a run's diagnosis, what the checks found in its data, where its mean over seeds is told, what more data would buy."""
    from dlrun.cli.errors import print_where
    from dlrun.data.findings import told
    from dlrun.experiment.checking import stored_findings
    from dlrun.experiment.stored import stored_diagnosis, stored_learning_curve
    from dlrun.gates.stored import stored_rows
    from dlrun.printable import printable
    from dlrun.report.next_step import advice_if_any
    from dlrun.report.recipe_page import print_first
    from dlrun.report.terminal import console, print_diagnosis
    from dlrun.rundir.record import RunRecord

    found, record, curve, out = stored_diagnosis(paths), RunRecord.load(paths), stored_learning_curve(paths), console()
    advice = advice_if_any(record, found, curve.words if curve else "")
    if output is Format.json:
        gates = [row.to_json() for row in stored_rows(record.summary.get("gates"))]
        print_json(found.to_json() | {"gates": gates, "advice": [one.to_json() for one in advice]})
        return found
    out.print(printable(f"run {paths.id}"), style="dim")
    print_diagnosis(found, out, full=True)
    for sentence in told(stored_findings(paths)):
        out.print(printable(f"· {sentence}"), style="dim")
    print_where(paths, found, out)
    if curve:
        out.print()
        out.print(f"learning curve  {curve.words}", soft_wrap=True)
    _print_mean(paths, out)
    print_first(advice, paths.id, out)
    return found


def _refuse(*, seeds: bool, errors: bool, curve: bool, workers: int | None, output: ErrorsFormat) -> None:
    """Raise InvalidInput for options that have nothing to do with each other."""
    from dlrun.errors import InvalidInput, Problem

    if workers and not curve:
        what, cure = "nothing is trained here", "--learning-curve trains several runs"
        raise InvalidInput(Problem(what=what, where=f"-j {workers}", cure=cure))
    if curve and (seeds or errors):
        what = "a learning curve is of one run" + (", not of the mean of several" if seeds else ", and looks at no single error")
        raise InvalidInput(Problem(what=what, where="--learning-curve", cure=f"leave {'--seeds' if seeds else '--errors'} out"))
    if errors and seeds:
        what = "--errors looks at what one run said of its examples, --seeds at the mean of several runs"
        raise InvalidInput(Problem(what=what, cure="leave --seeds out"))
    if output is ErrorsFormat.csv and not errors:
        raise InvalidInput(Problem(what="--format csv prints errors as a table, a diagnosis is none", cure="add --errors"))


def _print_mean(paths: "RunPaths", out: "Console") -> None:
    """Print the mean of the runs that differ from one by their seed alone, if there are some."""
    from dlrun.report.group_table import mean_text, metric_of
    from dlrun.rundir.groups import group_of, siblings
    from dlrun.rundir.listing import read_run

    group = group_of(read_run(paths), siblings(paths))
    if group and (mean := group.mean("dev_error")) and mean.n > 1:
        out.print()
        out.print(f"dev error  {mean_text(mean, metric_of(group))}: dlrun diagnose {paths.id} --seeds", soft_wrap=True)


def raise_if_open(found: "Diagnosis", *, strict: bool) -> None:
    """Return unless strict is asked for and a gap is inconclusive.

    Errors: DiagnosisUndecided with every such gap, and how many examples would decide it.
    """
    from dlrun.errors import DiagnosisUndecided, Problem

    if strict and (questions := found.open_questions):
        raise DiagnosisUndecided(*(Problem(what=f"inconclusive: {question}") for question in questions))


def _diagnose_group(paths: "RunPaths", output: Format) -> "Diagnosis":
    """Print the runs of a group, and the diagnosis of their mean, which is returned."""
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
        return diagnosis
    out = console()
    print_group(group, short_ids(siblings(paths)), diagnosis, out, full=True)
    for part in gates_page(gates, metric_of(group)) if gates else ():
        out.print(part)
    return diagnosis
