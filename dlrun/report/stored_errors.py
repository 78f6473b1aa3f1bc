"""The errors of a run, from the dev predictions that it stored."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlrun.diagnosis.error_analysis import ClassErrors, class_errors
from dlrun.diagnosis.number_errors import NumberErrors, number_errors
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.rundir.comparable import without_predictions
from dlrun.rundir.listing import read_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import read_predictions
from dlrun.rundir.record import RunRecord
from dlrun.rundir.values import dig

if TYPE_CHECKING:
    from dlrun.diagnosis.headline import Metric

TABLES = ("csv", "parquet")  # sources whose ids are rows of a file
ARRAYS = ("npz", "npy", "hdf5")


def errors_of_run(paths: RunPaths) -> ClassErrors | NumberErrors:
    """Return the errors of a run on dev.

    Errors: InvalidInput if it has no dev predictions; DlrunError if they, or its record, are damaged.
    """
    record, run = RunRecord.load(paths), read_run(paths)
    if problem := without_predictions(run, paths.id):
        raise InvalidInput(problem)
    return stored_errors(paths, run.value("metric"), record.spec)


def stored_errors(paths: RunPaths, metric: "Metric", spec: Mapping[str, Any]) -> ClassErrors | NumberErrors:
    """Return the errors in a run's dev predictions; the seed in its spec draws the bootstrap's samples.

    Errors: DlrunError if the predictions are not there, or damaged.
    """
    read = read_predictions(paths)
    try:
        if metric == "error_rate":
            return class_errors(read)
        targets, predictions = read.numbers()
        seed = dig(spec, "seed")
        usable = isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**64
        return number_errors(read.ids, targets, predictions, read.losses, seed if usable else 0)
    except ValueError as error:
        raise DlrunError(Problem(what=f"this file is damaged: {error}", where=str(read.path))) from error


def source_of_dev(spec: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the kind of the source that dev came from and its file, as the spec names it; None if it was no file of rows.

    The file is not opened: who made the run may have named any.
    """
    kind = dig(spec, "data", "source", "kind")
    file = dig(spec, "data", "source", "dev") or dig(spec, "data", "source", "path")
    return (kind, file) if kind in (*TABLES, *ARRAYS) and isinstance(file, str) else None
