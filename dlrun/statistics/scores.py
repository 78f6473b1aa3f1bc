"""What predictions are worth beyond one error: every class by itself, F1, the area under the ROC curve; MAE and R²."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.statistics.bootstrap import bootstrap
from dlrun.statistics.classification import auc, confusion, f1, macro_f1, precision
from dlrun.statistics.intervals import Estimate, standard_score, wilson
from dlrun.statistics.regression import explained, mean_absolute_error


@dataclass(frozen=True)
class ClassScore:
    """One class: how many of its n examples are wrong, None if there are none; NaN for a score without examples."""

    name: str
    n: int
    error: Estimate | None
    precision: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class ClassScores:
    """The scores of a classifier; confusion (C, C) counts the examples of each label (rows) that got each prediction (columns).

    An estimate is None where it has no value: the area, if all examples are of one class.
    """

    classes: tuple[ClassScore, ...]
    confusion: IntArray
    macro_f1: Estimate | None
    auc: Estimate | None


@dataclass(frozen=True, kw_only=True)
class RegressionScores:
    """The scores of a regression, mae in the target's units; r2 is None where the targets do not differ."""

    mae: Estimate | None
    r2: Estimate | None


Scores = ClassScores | RegressionScores


def class_scores(labels: IntArray, probabilities: Array, names: Sequence[str], seed: int) -> ClassScores:
    """Return the scores of probabilities (m, C) for class indices (m,); the seed draws the bootstrap's samples."""
    n_classes, predictions = len(names), probabilities.argmax(axis=1)
    table = confusion(labels, predictions, n_classes)
    return ClassScores(
        classes=tuple(_each(table, names)),
        confusion=table.astype(np.int64),
        macro_f1=f1_score(labels, predictions, n_classes, seed),
        auc=auc_score(labels, probabilities, seed),
    )


def f1_score(labels: IntArray, predictions: IntArray, n_classes: int, seed: int) -> Estimate | None:
    """Return the mean F1 of the classes, for class indices (m,)."""
    return bootstrap(lambda weights: macro_f1(confusion(labels, predictions, n_classes, weights)), len(labels), seed)


def auc_score(labels: IntArray, probabilities: Array, seed: int) -> Estimate | None:
    """Return the area under the ROC curve, of several classes the mean of each against the rest."""
    n_classes = probabilities.shape[1]
    return bootstrap(auc(labels, probabilities), len(labels), seed, weight=n_classes if n_classes > 2 else 1)


def named_f1(labels: Sequence[str], predictions: Sequence[str], seed: int) -> Estimate | None:
    """Return the mean F1 of the classes, for classes by their names."""
    found, indices = np.unique([*labels, *predictions], return_inverse=True)
    y, predicted = np.split(indices.astype(np.int64), [len(labels)])
    return f1_score(y, predicted, len(found), seed)


def binary_auc(positive: Sequence[bool], probability: Sequence[float], seed: int) -> Estimate | None:
    """Return the area under the ROC curve of two classes: which examples are of the second, and their probability of it."""
    p = np.asarray(probability, dtype=np.float64)
    return auc_score(np.asarray(positive, dtype=np.int64), np.column_stack([1 - p, p]), seed)


def mean_loss(losses: Sequence[float] | Array, seed: int) -> Estimate | None:
    """Return the mean of the examples' losses."""
    each = np.asarray(losses, dtype=np.float64)
    return bootstrap(lambda weights: float((weights * each).sum() / weights.sum()), len(each), seed)


def loss_estimate(losses: Sequence[float] | Array, seed: int) -> Estimate | None:
    """Return the mean of losses, which are never below 0; where nothing is known about their spread, so are its limits."""
    found = mean_loss(losses, seed)
    return found and Estimate(found.value, max(0.0, found.low), found.high, found.n, found.confidence)


def shortfall(score: Estimate | None, size: float) -> Estimate | None:
    """Return 1 − score, as an error: smaller is better. size is how many examples a perfect score counts for.

    Where nothing falls short no sample of the bootstrap does either, and its limits say nothing. As of a rate, 0 of `size` wrong
    leaves up to z²/(size + z²) open: Wilson's limit.
    """
    if score is None:
        return None
    value = max(0.0, 1 - score.value)
    if isfinite(score.low):
        return Estimate(value, max(0.0, min(value, 1 - score.high)), min(1.0, max(value, 1 - score.low)), score.n)
    z2 = standard_score(score.confidence) ** 2
    reach = z2 / (max(size, 1.0) + z2)
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach), score.n)


def harmonic_size(labels: IntArray, *, against_rest: bool = False) -> float:
    """Return the number of examples of equal classes in whose mean each class counts alike as precisely: C²/Σ (1/m_c).

    A mean of C rates, each on m_c examples, has the variance Σ p(1 − p)/m_c / C², as one rate on that many. Of each class against
    the rest it is the smallest side of all, to be sure.
    """
    counts = np.bincount(labels)
    counts = counts[counts > 0]
    if against_rest:
        counts = np.minimum(counts, len(labels) - counts)
        return float(counts.min()) if len(counts) and counts.min() else 0.0
    return float(len(counts) ** 2 / (1 / counts).sum()) if len(counts) else 0.0


def regression_scores(targets: Array, predictions: Array, seed: int) -> RegressionScores:
    """Return the scores of predictions (m,) for targets (m,), both in the target's units."""
    m, errors = len(targets), predictions.astype(np.float64) - targets
    return RegressionScores(
        mae=bootstrap(mean_absolute_error(errors), m, seed),
        r2=bootstrap(explained(targets, errors), m, seed),
    )


def number_scores(targets: Sequence[float], predictions: Sequence[float], seed: int) -> RegressionScores:
    """Return the scores of predictions for targets, both in the target's units."""
    return regression_scores(np.asarray(targets, dtype=np.float64), np.asarray(predictions, dtype=np.float64), seed)


def _each(table: Array, names: Sequence[str]) -> Iterator[ClassScore]:
    precisions, f1s = precision(table), f1(table)
    for k, name in enumerate(names):
        n, right = int(table[k].sum()), int(table[k, k])
        yield ClassScore(name, n, wilson(n - right, n) if n else None, float(precisions[k]), float(f1s[k]))
