"""A run as an object: its numbers as DataFrames, its diagnosis, its predictions."""

import os
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.api.rows import Rows, as_raw
from dlrun.api.tables import read_predictions, read_rows
from dlrun.arrays import Array
from dlrun.data.raw import RawArray, RawData
from dlrun.data.sources.row_files import empty_words
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError
from dlrun.experiment.origins import stored_preparation
from dlrun.experiment.predictor import Predictor, load_predictor
from dlrun.experiment.recording import METRICS, STEPS
from dlrun.experiment.stored import stored_diagnosis
from dlrun.report.figures import error_text, range_text
from dlrun.rundir.paths import RUNS_DIR, RunPaths
from dlrun.rundir.record import RunRecord, Status
from dlrun.rundir.references import find_run

if TYPE_CHECKING:
    import pandas as pd


def where_runs_are(runs_dir: str | os.PathLike[str] | None) -> Path:
    """Return the directory of runs: the one given, DLRUN_RUNS, or runs."""
    return Path(runs_dir or os.environ.get("DLRUN_RUNS") or RUNS_DIR)


def load(run: str | os.PathLike[str], *, runs_dir: str | os.PathLike[str] | None = None) -> "Run":
    """Return a run of the past: by its id, the beginning or end of one, `@last`, `@last~1`, or the path of its directory.

    runs_dir is where ids are looked for: DLRUN_RUNS, or runs. Neither the data nor the spec's file need be there any more.

    >>> dlrun.load("@last").predict([[0, 0, 0, 16, 16, 0, 0, 0] * 8])
    array([1])

    Errors: InvalidInput if no run is meant, or several are.
    """
    return Run(find_run(os.fspath(run), where_runs_are(runs_dir)).root)


class Run:
    """A run on disk. What is read from it is read when it is asked for, so a run that goes on shows its last state.

    >>> run = dlrun.load("@last")
    >>> run.metrics["epoch"].tolist()
    [1, 2, 3, 4, 5]
    >>> wrong = run.predictions.query("label != prediction")

    Errors of every member: DlrunError if the run does not hold what is asked for, or is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._paths = RunPaths(Path(path).absolute())

    @property
    def id(self) -> str:
        """YYYYMMDD-HHMMSS-<name>-<4 random characters>."""
        return self._paths.id

    @property
    def path(self) -> Path:
        """The run's directory, absolute."""
        return self._paths.root

    @property
    def status(self) -> Status:
        """One of running, completed, interrupted, diverged, failed, lost."""
        return RunRecord.load(self._paths).status

    @property
    def parent(self) -> str | None:
        """The id of the run that this one left, with other values; None if it began by itself."""
        return RunRecord.load(self._paths).parent

    @property
    def spec(self) -> dict[str, Any]:
        """The spec with every default and choice written out, as a tree that `dlrun.train` takes again."""
        return RunRecord.load(self._paths).spec

    @property
    def summary(self) -> dict[str, Any]:
        """Best epoch, epochs, steps, parameters, examples, features, errors, verdict, headline; empty until the run has ended."""
        return RunRecord.load(self._paths).summary

    @property
    def metrics(self) -> "pd.DataFrame":
        """One row an evaluation: epoch, step, learning_rate, cost, train_loss, train_error, dev_loss, dev_error, weight_norm."""
        return read_rows(self._paths.metrics, METRICS)

    @property
    def steps(self) -> "pd.DataFrame":
        """One row a mini-batch: step, epoch, learning_rate, cost."""
        return read_rows(self._paths.steps, STEPS)

    @property
    def predictions(self) -> "pd.DataFrame":
        """One row a dev example: id, label, prediction, probability, loss; labels are of the type they have in the data."""
        return read_predictions(self._paths.predictions_of("dev"), stored_preparation(self._paths))

    @property
    def diagnosis(self) -> Diagnosis:
        """Errors with their intervals, bias, variance, and the verdict; `.verdict` is a tuple of words, `.headline` a line."""
        return stored_diagnosis(self._paths)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of X, in the order in which an array has them."""
        return self._predictor.preparation.columns

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the network's inputs: columns of numbers, a column for each word of the others."""
        return self._predictor.preparation.features

    @property
    def classes(self) -> RawArray | None:
        """The classes (C,) as the labels are in the data, in the order of `predict_proba`; None for regression."""
        classes = self._predictor.preparation.classes
        return classes.values() if classes else None

    def predict(self, X: Rows) -> RawArray:
        """Return the predicted label of each row of X, (m,): a class as the data names it, or a number in the target's units.

        X is an array or list of rows (m, n), with columns in the order of `columns`, or a DataFrame, whose columns are found
        by name: their order does not matter, others are ignored. Images may be (m, height, width). The best weights predict.
        A cell that is NaN or None is missing: what training measured stands in, if the run has `data.missing: impute`.

        >>> run.predict([[0, 0, 0, 16, 16, 0, 0, 0] * 8])
        array([1])

        Errors: InvalidInput if a column is missing, a value is not a finite number, or missing where nothing stands in.
        """
        return self._predictor.predict(self._raw(X))

    def predict_proba(self, X: Rows) -> Array:
        """Return the probability of each class for each row of X, (m, C), in the order of `classes`.

        >>> run.predict_proba([[0] * 64, [8] * 64]).sum(axis=1).round(6)
        array([1., 1.])

        Errors: InvalidInput as in `predict`, and for a run that predicts numbers.
        """
        return self._predictor.probabilities(self._raw(X))

    def _raw(self, X: Rows) -> RawData:
        return as_raw(X, self._predictor.preparation, empty_words(self._predictor.spec.data.source))

    @cached_property
    def _predictor(self) -> Predictor:
        return load_predictor(self._paths)

    def __repr__(self) -> str:
        try:
            return f"<dlrun.Run {self.id}: {', '.join(self._words())}>"
        except DlrunError:
            return f"<dlrun.Run {self.id}: damaged>"

    def _words(self) -> list[str]:
        if not self._paths.diagnosis.exists():
            return [self.status]
        found = self.diagnosis
        metric = found.errors.metric
        errors = [
            f"{part} error {error_text(error.value, metric)} {range_text(error.low, error.high, metric)}"
            for part, error in found.errors.parts.items()
        ]
        return [self.status, *errors, re.split("[:;]", found.headline)[0]]
