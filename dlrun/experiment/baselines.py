"""Baselines, trained in passing: what the most frequent class, the mean, and a network without hidden layers reach on dev.

They see the inputs as the network does. Their work is bounded by a count of operations, never by a clock: the same run has the
same baselines, bit for bit, and nothing they draw is drawn by anything else.
"""

from collections.abc import Iterator
from math import sqrt

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.data.splits import Examples
from dlrun.diagnosis.beside import Baseline, Kind
from dlrun.experiment.judgement import Judgement
from dlrun.experiment.setup import Experiment
from dlrun.kernels import NUMPY
from dlrun.nn.initializers import Zeros
from dlrun.nn.layers import Dense
from dlrun.nn.losses import Loss, SoftmaxCrossEntropy, SquaredError
from dlrun.nn.metrics import logits
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Adam
from dlrun.seeding import Stream, rng_for
from dlrun.statistics.intervals import CONFIDENCE, Interval, root_mean_square, wilson
from dlrun.statistics.paired_means import ROOT, paired_means
from dlrun.statistics.paired_rates import PairedRates

SHARE = 0.05  # of the run's own operations
LEAST_WORK = 3e9  # operations, which take less than a second; a run that takes longer may have its share
STEPS = 300
FEWEST_ROWS, MOST_ROWS = 32, 4_096  # of a batch
MOST_WEIGHTS = 5_000_000
MOST_SQUARED = 512  # inputs up to which least squares are solved at once
RIDGE = 1e-6  # of the mean square of the inputs: columns that say the same share their weight
BLOCK = 4_096  # rows


def baselines(experiment: Experiment, dev: Judgement) -> tuple[Baseline, ...]:
    """Return what takes no network on dev, and how the network compares with it, example by example.

    The linear one is left out if the network has no hidden layer itself, if it would have more than five million weights, or if
    it comes to no finite numbers.
    """
    return tuple(_baselines(experiment, dev))


def _baselines(experiment: Experiment, dev: Judgement) -> Iterator[Baseline]:
    splits, loss = experiment.splits, experiment.plan.loss
    train, n_classes = splits.train, len(splits.classes or ())
    constant = _usual(train, n_classes)
    yield _compared(experiment, dev, "mean" if loss.regression else "most_frequent", np.tile(constant, (len(dev.z), 1)))
    if not experiment.spec.architecture.hidden:
        return
    with np.errstate(all="ignore"):
        z = _linear(experiment, dev.examples.x, n_classes)
    if z is not None and np.isfinite(z).all():
        yield _compared(experiment, dev, "linear_regression" if loss.regression else "softmax_regression", z)


def usual_loss(loss: Loss, examples: Examples, n_classes: int) -> float:
    """Return the mean loss of always saying what is usual: the shares of the classes, or the mean of the targets.

    A class without examples counts as one with half of one.
    """
    if loss.regression:
        z = np.zeros((len(examples), 1))
    else:
        counts = np.maximum(np.bincount(examples.y.astype(np.int64), minlength=n_classes), 0.5)
        odds = np.log(counts / counts.sum())
        z = np.tile(odds if loss.n_outputs(n_classes) == n_classes else odds[1:] - odds[:1], (len(examples), 1))
    return float(loss.each(z, examples.y).mean())


def _usual(train: Examples, n_classes: int) -> Array:
    """Return logits that always say the most frequent class; of standardized targets, their mean."""
    if not n_classes:
        return np.array([train.y.astype(np.float64).mean()])
    z = np.zeros(n_classes)
    z[np.bincount(train.y.astype(np.int64), minlength=n_classes).argmax()] = 1
    return z


def _compared(experiment: Experiment, dev: Judgement, kind: Kind, z: Array) -> Baseline:
    """Return a baseline by its logits on dev, beside the network's."""
    plan, seed, y = experiment.plan, experiment.spec.seed, dev.examples.y
    ours = plan.loss.each_error(dev.z, y)
    if plan.loss.regression:
        theirs = SquaredError().each_error(z, y) * plan.error_unit**2
        paired = paired_means(theirs, ours * plan.error_unit**2, seed, ROOT)
        low, high = paired.limits(CONFIDENCE)
        return Baseline(kind=kind, error=root_mean_square(theirs, seed), difference=_around(paired.value, low, high))
    theirs = SoftmaxCrossEntropy().each_error(z, y)
    rates = PairedRates.of(theirs > 0, ours > 0)
    difference = _around(rates.value, *rates.limits(CONFIDENCE))
    return Baseline(kind=kind, error=wilson(int(theirs.sum()), len(theirs)), difference=difference)


def _around(value: float, low: float, high: float) -> Interval:
    return Interval(value, min(low, value), max(high, value))


def _linear(experiment: Experiment, x_dev: Array, n_classes: int) -> Array | None:
    """Return what a network without hidden layers says on dev, (m, C) or (m, 1); None if it would be too large."""
    train, n = experiment.splits.train, x_dev.shape[1]
    own = experiment.network.params.weights.stop
    work = max(LEAST_WORK, SHARE * 6 * own * len(train) * experiment.plan.epochs)
    rows = _order(experiment)
    if not n_classes and n <= MOST_SQUARED:
        return _least_squares(train, rows[: int(work / (2 * (n + 1) ** 2))], x_dev)
    outputs = n_classes or 1
    batch = min(len(train), MOST_ROWS, int(work / (STEPS * 6 * n * outputs)))
    if n * outputs > MOST_WEIGHTS or batch < min(FEWEST_ROWS, len(train)):
        return None
    return _descended(experiment, outputs, rows, batch, x_dev)


def _order(experiment: Experiment) -> IntArray:
    return rng_for(experiment.spec.seed, Stream.BASELINE).permutation(len(experiment.splits.train))


def _least_squares(train: Examples, rows: IntArray, x_dev: Array) -> Array:
    """Return the predictions of ordinary least squares, (m, 1): (XᵀX + ρI) w = Xᵀy, with a column of ones in X."""
    n = x_dev.shape[1] + 1
    gram, moment = np.zeros((n, n)), np.zeros(n)
    for start in range(0, len(rows), BLOCK):
        block = np.sort(rows[start : start + BLOCK])
        x = _with_ones(train.x[block])
        gram += x.T @ x
        moment += x.T @ train.y[block].astype(np.float64)
    gram[np.diag_indices(n)] += RIDGE * np.trace(gram) / n
    try:
        w = np.linalg.solve(gram, moment)
    except np.linalg.LinAlgError:
        return np.full((len(x_dev), 1), np.nan)
    return (_with_ones(x_dev) @ w)[:, None]


def _with_ones(x: Array) -> Array:
    return np.hstack([x.astype(np.float64), np.ones((len(x), 1))])


def _descended(experiment: Experiment, outputs: int, rows: IntArray, batch: int, x_dev: Array) -> Array:
    """Return the logits of a network of one dense layer after 300 steps of Adam from zero, its rate falling to 0.

    A step of Adam moves each weight by the rate, and a logit by up to the rate times Σ|xⱼ|: the rate is therefore 1/(2 √(mean
    ‖x‖²)). Batches go through the examples in one shuffled order, again and again.
    """
    train = experiment.splits.train
    loss: Loss = SoftmaxCrossEntropy() if experiment.splits.classes else SquaredError()
    network = Network([Dense(units=outputs, init=Zeros())], x_dev.shape[1], batch, experiment.network.dtype, NUMPY)
    network.initialize(experiment.spec.seed)
    optimizer, params = Adam(), network.params
    slots = {name: np.zeros_like(params.theta) for name in optimizer.slots}
    x = np.empty((batch, x_dev.shape[1]), experiment.network.dtype)
    rate = 0.0
    for t in range(STEPS):
        chosen = rows.take(range(t * batch, (t + 1) * batch), mode="wrap")
        np.take(train.x, chosen, axis=0, out=x, mode="clip")
        if t == 0:
            rate = 0.5 / sqrt(max(float(np.einsum("ij,ij->i", x, x, dtype=np.float64).mean()), 1e-12))
        z = network.forward(x)
        loss.measure(z, train.y[chosen], network.dz, network.loss_scratch, NUMPY)
        network.backward()
        optimizer.step(
            params.theta, params.grad, slots, params.scratch, rate * (1 - t / STEPS), t + 1, weights=params.weights, kernels=NUMPY
        )
    return logits(network, x_dev)
