"""`dlrun show SPEC|RUN`: an experiment before it runs, or a run as it is on disk."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlrun.cli.completion import complete_spec_or_run
from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, Overrides, RunsDir, names_spec
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.errors import Problem
    from dlrun.experiment.preview.schedule import RatePlan
    from dlrun.experiment.preview.timing import Timing
    from dlrun.experiment.setup import Experiment

MOST_RATES = 1_000  # rows of the schedule in the contract; the page shows some of them


def show(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SPEC|RUN", help="A YAML file, or a run: its id, @last, a path.", autocompletion=complete_spec_or_run
        ),
    ],
    overrides: Overrides = None,
    schedule: Annotated[bool, typer.Option("--schedule", help="The learning rate of every epoch (SPEC only).")] = False,
    time: Annotated[bool, typer.Option("--time", help="Time some real steps (SPEC only).")] = False,
    lineage: Annotated[bool, typer.Option("--lineage", help="The run's family and their curves (RUN only).")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the schedule, or the family: a .png, .svg or .pdf.")
    ] = None,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """See an experiment before it runs, or what a run was.

    Of a SPEC: every value, with what differs from the defaults marked; layers, steps, memory, what its numbers mean, what its dev
    part can decide, and advice. The page is a spec itself: all but the values stands in comments. Nothing is written.
    """
    from dlrun.cli.lineage import show_lineage
    from dlrun.errors import InvalidInput, Problem, raise_all

    if names_spec(subject):
        if lineage:
            cure = "name one: its id, @last, or a path"
            raise InvalidInput(Problem(what="--lineage needs a RUN: a SPEC has neither parents nor children", cure=cure))
        _show_spec(subject, overrides or [], schedule=schedule or out is not None, picture=out, time=time, output=output)
        return
    raise_all(_without_effect(overrides, schedule=schedule, out=out is not None and not lineage, time=time))
    if lineage:
        show_lineage(subject, runs_dir, picture=out, output=output)
    else:
        _show_run(subject, runs_dir, output)


def _show_spec(path: str, overrides: list[str], *, schedule: bool, picture: Path | None, time: bool, output: Format) -> None:
    from dlrun.experiment.preview.overview import overview
    from dlrun.experiment.preview.schedule import rate_plan
    from dlrun.experiment.setup import set_up
    from dlrun.spec import read_spec
    from dlrun.spec.differences import differences, marked_lines

    loaded = read_spec(path, overrides)
    experiment = set_up(loaded)
    differs = differences(experiment.spec, loaded.spec)
    tree = overview(experiment, differs)
    if schedule:
        tree["schedule"] = asdict(rate_plan(experiment, MOST_RATES))
    if picture is not None:
        _draw(rate_plan(experiment, MOST_RATES), experiment.spec.name, picture)
    if time:
        tree["time"] = asdict(_timed(experiment))
    if output is Format.json:
        print_json(tree)
        return

    from dlrun.report.comments import print_comment
    from dlrun.report.marked_spec import print_marked
    from dlrun.report.preview import print_preview
    from dlrun.report.rates import print_schedule, print_time
    from dlrun.report.terminal import console

    out = console()
    print_comment(out, f"{path} with every value written; a mark says what the default is, and what was chosen, not given")
    print_marked(marked_lines(experiment.spec, differs), out)
    print_preview(tree, [_command(path, overrides, said["patch"]) for said in tree["advice"]], out)
    if schedule:
        print_schedule(tree["schedule"], out)
    if time:
        print_time(tree["time"], out)


def _show_run(reference: str, runs_dir: Path, output: Format) -> None:
    from dlrun.experiment.preview.past import diagnosis_of, facts_of, specs_of
    from dlrun.report.comments import print_section
    from dlrun.report.marked_spec import print_marked
    from dlrun.report.past import print_past
    from dlrun.report.terminal import console
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run
    from dlrun.spec.differences import differences, marked_lines

    paths = find_run(reference, runs_dir)
    record, diagnosis = RunRecord.load(paths), diagnosis_of(paths)
    spec, given = specs_of(paths, record)
    differs = differences(spec, given)
    tree = facts_of(paths, record, diagnosis)
    if output is Format.json:
        print_json(tree | {"spec": spec.model_dump(mode="json"), "differs": [found.to_json() for found in differs]})
        return
    out = console()
    print_past(tree, diagnosis, out)
    print_section(out, "The spec: a mark says what the default is, and what was chosen, not given")
    print_marked(marked_lines(spec, differs), out)


def _draw(plan: "RatePlan", name: str, picture: Path) -> None:
    import sys

    from dlrun.errors import InvalidInput, Problem
    from dlrun.report.plots.figure import save
    from dlrun.report.plots.learning_rate import draw_schedule

    if not plan.rows:
        raise InvalidInput(Problem(what="there is no rate to draw: training.epochs is 0", cure="-s training.epochs=30"))
    save(draw_schedule([(row.epoch_num, row.first) for row in plan.rows], title=f"learning rate of {name}"), picture)
    print(f"drawn in {picture}", file=sys.stderr)


def _timed(experiment: "Experiment") -> "Timing":
    """Time some steps, and show that something is going on where somebody watches."""
    from dlrun.experiment.preview.timing import time_run
    from dlrun.report.terminal import console

    err = console(stderr=True)
    with err.status("timing some steps") if err.is_terminal else nullcontext():
        return time_run(experiment)


def _command(path: str, overrides: Sequence[str], patch: Mapping[str, str]) -> str:
    """Return the command that measures a piece of advice; nothing without a patch."""
    if not patch:
        return ""
    kept = [change for change in overrides if change.partition("=")[0] not in patch]
    changes = [*kept, *(f"{key}={value}" for key, value in patch.items())]
    return shlex.join(["dlrun", "train", path, *(word for change in changes for word in ("-s", change))])


def _without_effect(overrides: list[str] | None, **options: Any) -> "Iterator[Problem]":
    """Yield the options that say nothing about a run."""
    from dlrun.errors import Problem

    if overrides:
        yield Problem(what="-s has no effect: it changes a SPEC, and this is a RUN")
    for name, wanted in options.items():
        if wanted:
            cure = "draw its family with --lineage" if name == "out" else f"show its resolved.yaml with --{name}"
            yield Problem(what=f"--{name} needs a SPEC: a RUN has been trained", cure=cure)
