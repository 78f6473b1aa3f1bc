"""Another run's predictions, to be held against: whether it has any, and whether its errors are of the same kind."""

from dlrun.errors import InvalidInput, Problem
from dlrun.rundir.listing import ListedRun, read_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import Predictions, read_predictions

KINDS = {"error_rate": "a classification", "rmse": "a regression"}


def predictions_to_compare(paths: RunPaths, metric: str) -> Predictions:
    """Read what a run predicted on dev, to be compared with one whose errors are of this metric.

    Errors: InvalidInput if it has no predictions, or its errors are of the other kind; DlrunError if they are damaged.
    """
    run = read_run(paths)
    if problem := without_predictions(run, paths.id):
        raise InvalidInput(problem)
    if (theirs := run.value("metric")) != metric:
        what = f"{paths.id} is {KINDS[theirs]}, this is {KINDS[metric]}: their errors cannot be compared"
        raise InvalidInput(Problem(what=what, cure="which is which: dlrun ls --where metric=rmse"))
    return read_predictions(paths)


def without_predictions(run: ListedRun, name: str) -> Problem | None:
    """Return why a run cannot be compared by itself, or None."""
    where = str(run.paths.root)
    if run.paths.predictions_of("dev").exists() and run.value("metric") is not None:
        return None
    if run.status != "completed":
        cure = f"go on with it: dlrun resume {name}" if run.status in ("interrupted", "lost") else "take one that is completed"
        return Problem(what=f"{name} has no dev predictions: it is {run.status}", where=where, cure=cure)
    if run.value("dev_error") is None:
        cure = "train it with a dev part: data.split.dev"
        return Problem(what=f"{name} has no dev predictions: it has no dev part", where=where, cure=cure)
    return Problem(what=f"{name} has no dev predictions: the file is missing", where=str(run.paths.predictions_of("dev")))
