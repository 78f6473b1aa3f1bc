"""`dlrun train SPEC`: from a YAML file to a run directory and a diagnosis."""

from typing import TYPE_CHECKING

from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, Overrides, Quiet, RunsDir, SpecPath, Verbose

if TYPE_CHECKING:
    from dlrun.experiment.run import Run


def train(
    spec: SpecPath,
    overrides: Overrides = None,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Train one experiment and say what is wrong with it.

    Leaves a run directory: metrics, checkpoints, predictions, diagnosis, report.
    """
    import sys

    from dlrun.cli.closing import print_closing, print_contract
    from dlrun.experiment.run import open_run
    from dlrun.experiment.setup import set_up
    from dlrun.report.markdown import write_report
    from dlrun.report.next_step import next_step
    from dlrun.spec import read_spec

    changes = overrides or []
    experiment = set_up(read_spec(spec, changes))
    run: Run | None = None
    try:
        with open_run(experiment, runs_dir, argv=sys.argv, overrides=changes) as run:
            follow(run, quiet=quiet, verbose=verbose)
            diagnosis = run.finish()
            step = next_step(run.paths, run.record, diagnosis, spec=str(spec), overrides=changes)
            write_report(run.paths, run.record, diagnosis, step)
    finally:  # also of a run that diverged or was interrupted
        if run is not None and output is Format.json:
            print_contract(run.paths, run.record)
    if output is Format.text:
        print_closing(run.paths, run.record, diagnosis, step)


def follow(run: "Run", *, quiet: bool, verbose: bool) -> None:
    """Train to the end while whoever is at the terminal watches."""
    from contextlib import closing

    from dlrun.cli.progress import Watcher
    from dlrun.report.terminal import console

    with closing(run.train()) as steps:
        if quiet:
            for _ in steps:
                pass
            return
        watcher = Watcher(console(stderr=True), run.experiment, every_row=verbose)
        for note in run.experiment.notes:
            watcher.say(f"· {note}", style="dim")
        watcher.say(f"run {run.paths.root}", style="dim")
        watcher.watch(steps)
