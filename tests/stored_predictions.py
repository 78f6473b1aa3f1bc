"""Predictions on disk that no network made: what a comparison of runs reads."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.rundir.growing import csv_bytes
from dlrun.rundir.listing import ListedRun, read_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import COLUMNS
from tests.stored_runs import spec_with, store_run, summary


def write_rows(paths: RunPaths, rows: Iterable[Sequence[object]]) -> None:
    paths.predictions.mkdir(exist_ok=True)
    paths.predictions_of("dev").write_bytes(csv_bytes([COLUMNS, *rows]))


def write_classified(paths: RunPaths, wrong: BoolArray, losses: Array | None = None, ids: Sequence[int] | None = None) -> None:
    """Write predictions of two classes: label k mod 2, and what is wrong is the other one."""
    losses = np.where(wrong, 1.0, 0.1) if losses is None else losses
    names = range(len(wrong)) if ids is None else ids
    rows = zip(names, wrong.tolist(), losses.tolist(), strict=True)
    write_rows(paths, [(name, name % 2, (name + bad) % 2, 0.5, loss) for name, bad, loss in rows])


def write_estimated(paths: RunPaths, targets: Array, errors: Array) -> None:
    """Write predictions of a regression."""
    write_rows(
        paths,
        [(k, y, y + e, None, e**2) for k, (y, e) in enumerate(zip(targets.tolist(), errors.tolist(), strict=True))],
    )  # fmt: skip


def marked(n: int, *places: int) -> BoolArray:
    """Return n examples of which those at some places are wrong."""
    wrong = np.zeros(n, dtype=np.bool_)
    wrong[list(places)] = True
    return wrong


def store_pair(runs: Path, first: BoolArray, second: BoolArray, **spec: object) -> tuple[RunPaths, RunPaths]:
    """Store two runs, aaaa and bbbb, with these dev examples wrong; the spec's keys are of the second."""
    a = store_run(runs, 0, "aaaa", dev_error=float(first.mean()))
    b = store_run(runs, 1, "bbbb", dev_error=float(second.mean()), spec=spec_with(**(spec or {"learning_rate__initial": 0.1})))
    write_classified(a, first)
    write_classified(b, second)
    return a, b


def listed(*runs: RunPaths) -> list[ListedRun]:
    return [read_run(paths) for paths in runs]


def store_estimates(runs: Path, tail: str, minute: int = 0) -> RunPaths:
    return store_run(runs, minute, tail, summary=summary(0.5, metric="rmse"))
