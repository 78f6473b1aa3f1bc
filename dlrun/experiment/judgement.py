"""What a trained network is worth on each part: errors with intervals, and predictions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.arrays import Array
from dlrun.data.splits import Examples
from dlrun.diagnosis.errors import metric_of
from dlrun.diagnosis.headline import Metric
from dlrun.errors import Diverged
from dlrun.experiment.setup import Experiment
from dlrun.nn.losses import Loss
from dlrun.nn.metrics import chunks, logits
from dlrun.nn.network import Network
from dlrun.rundir.files import write_atomically
from dlrun.rundir.growing import csv_bytes
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import COLUMNS, Predictions
from dlrun.statistics.intervals import Estimate, root_mean_square, wilson

ROWS = 4_096  # whose losses are taken at once: float64 copies of a whole part's outputs would stand beside its inputs


@dataclass(frozen=True)
class Judgement:
    """A network's outputs on one part: the error with its interval, and one loss (nats, or squared units) an example."""

    examples: Examples
    z: Array
    losses: Array
    error: Estimate

    @property
    def metric(self) -> Metric:
        """What the error is: a fraction wrong, or a root mean square error."""
        return metric_of(self.error)

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(self.losses.mean())


def judge(experiment: Experiment, examples: Examples) -> Judgement:
    """Run an experiment's network in inference mode over a part; errors as in `judge_network`."""
    plan = experiment.plan
    return judge_network(experiment.network, plan.loss, examples, error_unit=plan.error_unit, seed=experiment.spec.seed)


def judge_network(network: Network, loss: Loss, examples: Examples, *, error_unit: float, seed: int) -> Judgement:
    """Run a network in inference mode over examples: Wilson's interval for a fraction wrong, the bootstrap for an RMSE.

    error_unit turns an error into the target's units.
    Errors: Diverged if the mean loss is not a finite number.
    """
    z, y = logits(network, examples.x), examples.y
    losses = np.concatenate([loss.each(z[rows], y[rows]) for rows in chunks(len(z), ROWS)])
    if not np.isfinite(losses.mean()):
        raise Diverged("the loss of these weights is not a finite number: the predictions are too large")
    if loss.regression:
        error = root_mean_square(loss.each_error(z, y) * error_unit**2, seed)
    else:
        error = wilson(int(loss.each_error(z, y).sum()), len(examples))
    return Judgement(examples, z, losses, error)


def write_predictions(experiment: Experiment, judgement: Judgement, paths: RunPaths, part: str) -> None:
    """Write a row for each example: label, prediction, probability, loss.

    The probability is that of the prediction; with two classes, of the second one.
    For regression label and prediction are in the target's units and the probability is empty.
    """
    write_atomically(paths.predictions_of(part), csv_bytes([COLUMNS, *zip(*_columns(experiment, judgement), strict=True)]))


def answers_of(experiment: Experiment, judgement: Judgement, path: Path) -> Predictions:
    """Return what `write_predictions` writes to a path, as `read_predictions` reads it."""
    ids, labels, predictions, probabilities, losses = _columns(experiment, judgement)
    words = [list(map(str, column)) for column in (ids, labels, predictions)]
    return Predictions(path, words[0], words[1], words[2], probabilities, losses)


def _columns(experiment: Experiment, judgement: Judgement) -> list[list[Any]]:
    examples, predicted = judgement.examples, experiment.plan.loss.predict(judgement.z)
    ids, losses = examples.ids.tolist(), judgement.losses.tolist()
    classes, scale = experiment.splits.classes, experiment.splits.target_scale
    if classes is None:
        assert scale is not None, "real targets are scaled"
        labels, values = (scale.original(y).tolist() for y in (examples.y, predicted))
        return [ids, labels, values, [None] * len(ids), losses]
    winners = predicted.argmax(axis=1)
    probability = predicted[:, 1] if len(classes) == 2 else predicted.max(axis=1)
    return [
        ids,
        [classes[int(label)] for label in examples.y],
        [classes[winner] for winner in winners],
        probability.tolist(),
        losses,
    ]
