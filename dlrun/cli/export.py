"""`dlrun export RUN --to npz --out FILE`: a run's network for other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from dlrun.cli.options import RUNS, Debug, RunReference, RunsDir


def export(
    run: RunReference,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write.")],
    to: Annotated[Literal["npz"], typer.Option(help="The format: npz is W1, b1, …, plain NumPy arrays.")] = "npz",
    which: Annotated[Literal["best", "last"], typer.Option(help="Which weights.")] = "best",
    runs_dir: RunsDir = RUNS,
    debug: Debug = False,
) -> None:
    """Write a run's weights and normalization as arrays that anyone with NumPy can check."""
    from dlrun.experiment.predictor import load_predictor
    from dlrun.export.npz import write_npz
    from dlrun.rundir.references import find_run

    predictor = load_predictor(find_run(run, runs_dir), which)
    for name, shape in write_npz(predictor.network, predictor.preparation, out).items():
        print(f"{name:<12} {'×'.join(map(str, shape)) or 'a number'}")
    print(f"written to {out}")
