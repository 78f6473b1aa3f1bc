"""Families of runs on disk that nobody trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Branch
from tests.stored_runs import store_run


def store_curve(paths: RunPaths, errors: Sequence[float], column: str = "dev_error") -> None:
    """Write a metrics.csv with one row an epoch."""
    rows = "".join(f"{epoch},{error}\n" for epoch, error in enumerate(errors, start=1))
    paths.metrics.write_text(f"epoch,{column}\n{rows}")


def store_child(
    runs_dir: Path,
    parent: str,
    minute: int,
    tail: str,
    *changes: str,
    epoch: float = 2.0,
    errors: Sequence[float] = (),
    **more: Any,
) -> RunPaths:
    """Write a run that left its parent at some epoch."""
    branch = Branch(parent=parent, epoch=epoch, step=20, changes=changes)
    paths = store_run(runs_dir, minute, tail, parent=parent, branch=branch, **more)
    store_curve(paths, errors)
    return paths
