"""`dlrun train SPEC`: from a YAML file to a run directory and a diagnosis."""

from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, Overrides, Quiet, RunFile, RunsDir, SpecPath, Verbose


def train(
    spec: SpecPath,
    overrides: Overrides = None,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    run_file: RunFile = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Train one experiment and say what is wrong with it.

    Leaves a run directory: metrics, checkpoints, predictions, diagnosis, report.
    """
    import sys

    from dlrun.cli.training import see_to_the_end
    from dlrun.experiment.opening import open_run
    from dlrun.experiment.setup import set_up
    from dlrun.spec import read_spec

    changes = overrides or []
    opened = open_run(set_up(read_spec(spec, changes)), runs_dir, argv=sys.argv, overrides=changes)
    see_to_the_end(opened, spec=str(spec), overrides=changes, output=output, quiet=quiet, verbose=verbose, run_file=run_file)
