"""`dlrun train SPEC`: from a YAML file to a run directory and a diagnosis; with `--seeds`, to several and their mean."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import (
    MOST_FOLDS,
    MOST_SEEDS,
    RUNS,
    Debug,
    Format,
    OutputFormat,
    Overrides,
    Quiet,
    RunFile,
    RunsDir,
    SpecPath,
    Strict,
    Verbose,
)

if TYPE_CHECKING:
    from dlrun.cli.many import Manner
    from dlrun.spec import LoadedSpec

AtOnce = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="With --seeds or --folds: runs at once, 1 by default.")
]
Seeds = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=MOST_SEEDS, help="N runs with seeds of their own on the same data, and their mean."),
]
Folds = Annotated[
    int | None,
    typer.Option(
        metavar="K", min=2, max=MOST_FOLDS, help="K runs, each with another fold of the data as dev; predictions are pooled."
    ),
]


def train(
    spec: SpecPath,
    overrides: Overrides = None,
    seeds: Seeds = None,
    folds: Folds = None,
    workers: AtOnce = None,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    run_file: RunFile = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    strict: Strict = False,
    debug: Debug = False,
) -> None:
    """Train one experiment and say what is wrong with it.

    Leaves a run directory: metrics, checkpoints, predictions, diagnosis, report. Exit code 3 says that a gate of the spec failed.
    """
    import sys

    from dlrun.cli.many import Manner, cores_for
    from dlrun.cli.training import see_to_the_end
    from dlrun.errors import InvalidInput, Problem
    from dlrun.experiment.opening import open_run
    from dlrun.experiment.setup import set_up
    from dlrun.spec import read_spec

    changes = overrides or []
    loaded = read_spec(spec, changes)
    count = seeds or loaded.spec.seeds
    if folds or count > 1:
        at_once = cores_for(workers or 1, quiet=quiet)
        manner = Manner(workers=at_once, output=output, quiet=quiet, verbose=verbose, strict=strict)
        _several(loaded, changes, count, folds, runs_dir, manner)
        return
    if workers:
        raise InvalidInput(
            Problem(what="one run is one process", where=f"-j {workers}", cure="with --seeds N or --folds K there are many")
        )
    opened = open_run(set_up(loaded.with_values({"seeds": 1})), runs_dir, argv=sys.argv, overrides=changes)
    see_to_the_end(
        opened, spec=str(spec), overrides=changes, output=output, quiet=quiet, verbose=verbose, run_file=run_file, strict=strict
    )


def _several(
    loaded: "LoadedSpec",
    changes: list[str],
    seeds: int,
    folds: int | None,
    runs_dir: Path,
    manner: "Manner",
) -> None:
    """Train a run for each seed, or for each fold."""
    from dlrun.cli.folds import train_folds
    from dlrun.cli.repeated import train_seeds
    from dlrun.errors import InvalidInput, Problem

    if folds and seeds > 1:
        what = "folds and seeds are not trained together"
        raise InvalidInput(Problem(what=what, where="--folds", cure="--seeds 1, or without --folds"))
    if folds:
        train_folds(loaded, changes, folds, runs_dir, manner)
    else:
        train_seeds(loaded, changes, seeds, runs_dir, manner)
