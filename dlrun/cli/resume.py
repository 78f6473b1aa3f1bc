"""`dlrun resume RUN`: go on where a run stopped, or branch off it with other hyperparameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import (
    RUNS,
    Debug,
    Format,
    OutputFormat,
    Overrides,
    Quiet,
    RunFile,
    RunReference,
    RunsDir,
    Strict,
    Verbose,
)

if TYPE_CHECKING:
    from dlrun.experiment.setup import Experiment
    from dlrun.rundir.paths import RunPaths
    from dlrun.training.loop import StepEnd

AtEpoch = Annotated[
    int | None,
    typer.Option("--at-epoch", min=0, metavar="N", help="With -s: begin after so many of the run's epochs, not at its end."),
]
AllowChanges = Annotated[
    bool, typer.Option("--allow-changes", help="Go on although the data, a library or the machine is not as it was.")
]


def resume(
    run: RunReference,
    overrides: Overrides = None,
    at_epoch: AtEpoch = None,
    allow_changes: AllowChanges = False,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    run_file: RunFile = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    strict: Strict = False,
    debug: Debug = False,
) -> None:
    """Go on with a run that was interrupted, killed or lost: the same bytes as if nothing had happened.

    With -s a child run begins there, with other hyperparameters; the run itself stays as it is.
    """
    import sys

    from dlrun.cli.training import see_to_the_end
    from dlrun.experiment.branching import go_on
    from dlrun.rundir.references import find_run

    paths = find_run(run, runs_dir)
    replay = _Replay(at_epoch, quiet=quiet, verbose=verbose)
    opened = go_on(paths, overrides or [], at_epoch=at_epoch, allow_changes=allow_changes, argv=sys.argv, watch=replay)
    if opened is None:
        _show_complete(paths, output, strict=strict)
    else:
        see_to_the_end(opened, output=output, quiet=quiet, verbose=verbose, run_file=run_file, strict=strict)


@dataclass(frozen=True)
class _Replay:
    """Shows the parent as it is trained again to where its child begins."""

    at_epoch: int | None
    quiet: bool
    verbose: bool

    def __call__(self, experiment: "Experiment", steps: "Iterable[StepEnd]") -> None:
        from dlrun.cli.training import COMPILING, watch
        from dlrun.kernels import told_of_compiling
        from dlrun.report.terminal import console

        def tell() -> None:
            if not self.quiet:
                console(stderr=True).print(COMPILING)

        iterator = iter(steps)
        with told_of_compiling(tell):
            first = next(iterator, None)
        if first is None:
            return
        note = f"· no checkpoint lies at epoch {self.at_epoch}: the run is trained again to there, from step {first.step} on"
        watch(experiment, chain([first], iterator), [note], from_step=first.step, quiet=self.quiet, verbose=self.verbose)


def _show_complete(paths: "RunPaths", output: Format, *, strict: bool) -> None:
    """Say that there is nothing to go on with, and show what came of the run; its gates let it through as they did, or not."""
    from dlrun.cli.closing import print_closing, print_contract, raise_for_gates_of
    from dlrun.experiment.stored import stored_diagnosis
    from dlrun.report.next_step import next_step
    from dlrun.report.terminal import console
    from dlrun.rundir.record import RunRecord

    record = RunRecord.load(paths)
    if output is Format.json:
        print_contract(paths, record)
        raise_for_gates_of(record, strict=strict)
        return
    diagnosis = stored_diagnosis(paths)
    step = next_step(paths, record, diagnosis, spec=str(paths.resolved), overrides=())
    console(stderr=True).print("this run is complete; to train on with other values: -s KEY=VALUE", style="dim")
    print_closing(paths, record, diagnosis, step)
    raise_for_gates_of(record, strict=strict)
