"""Training under the eyes of whoever is at the terminal: what `train` and `resume` share."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.cli.options import Format

if TYPE_CHECKING:
    from dlrun.diagnosis.ladder import Diagnosis
    from dlrun.experiment.run import Run
    from dlrun.experiment.setup import Experiment
    from dlrun.report.next_step import Next
    from dlrun.rundir.record import RunRecord
    from dlrun.training.loop import StepEnd


COMPILING = "compiling kernels, once after an installation: about 20 s"


def see_to_the_end(
    opened: "AbstractContextManager[Run]",
    *,
    spec: str | None = None,
    overrides: Sequence[str] = (),
    output: Format,
    quiet: bool,
    verbose: bool,
    run_file: Path | None = None,
    strict: bool = False,
) -> None:
    """Train an opened run to its end, write its report, and print what came of it.

    spec and overrides are what the user can type again; None stands for the run's own resolved.yaml.
    Errors: GateFailed, or under strict GateUndecided, when all is written and printed.
    """
    from dlrun.cli.closing import print_closing, print_contract, raise_for_gates_of
    from dlrun.report.markdown import write_report
    from dlrun.report.next_step import next_step
    from dlrun.rundir.files import write_atomically

    run: Run | None = None
    step: Next | None = None

    def report(record: "RunRecord", diagnosis: "Diagnosis") -> None:
        nonlocal step
        assert run
        step = next_step(run.paths, record, diagnosis, spec=spec or str(run.paths.resolved), overrides=overrides)
        write_report(run.paths, record, diagnosis, step)

    try:
        with opened as run:
            if run_file:
                write_atomically(run_file, f"{run.paths.root.absolute()}\n")
            follow(run, quiet=quiet, verbose=verbose)
            diagnosis = run.finish(report)
    finally:  # also of a run that diverged or was interrupted
        if run is not None and output is Format.json:
            print_contract(run.paths, run.record)
    if output is Format.text and step:
        print_closing(run.paths, run.record, diagnosis, step)
    raise_for_gates_of(run.record, strict=strict)


def follow(run: "Run", *, quiet: bool, verbose: bool) -> None:
    """Train to the end while whoever is at the terminal watches."""
    from contextlib import closing

    with closing(run.train()) as steps:
        lines = [*(f"· {note}" for note in (*run.experiment.notes, *run.beginning)), f"run {run.paths.root}"]
        watch(run.experiment, steps, lines, from_step=run.state.step, quiet=quiet, verbose=verbose)


def watch(
    experiment: "Experiment", steps: "Iterable[StepEnd]", lines: Sequence[str], *, from_step: int, quiet: bool, verbose: bool
) -> None:
    """Go through the steps, and show them under these lines unless nobody wants to see."""
    from dlrun.cli.progress import Watcher
    from dlrun.kernels import told_of_compiling
    from dlrun.report.terminal import console

    if quiet:
        for _ in steps:
            pass
        return
    watcher = Watcher(console(stderr=True), experiment, from_step=from_step, every_row=verbose)
    for line in lines:
        watcher.say(line, style="dim")
    with told_of_compiling(lambda: watcher.say(COMPILING)):
        watcher.watch(steps)
