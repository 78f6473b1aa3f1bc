"""What a classifier is worth beyond its error: confusion, precision, recall, F1, area under the ROC curve.

Labels and predictions are class indices (m,). `weights` (m,) say how often each example counts, as the bootstrap draws them.
"""

from collections.abc import Callable

import numpy as np

from dlrun.arrays import Array, BoolArray, IntArray


def confusion(labels: IntArray, predictions: IntArray, n_classes: int, weights: Array | None = None) -> Array:
    """Return how many examples of each label (rows) got each prediction (columns), (C, C)."""
    cells = np.bincount(labels * n_classes + predictions, weights, minlength=n_classes**2)
    return cells.astype(np.float64).reshape(n_classes, n_classes)


def precision(table: Array) -> Array:
    """Return the fraction of each class's predictions that are right, (C,); NaN for a class that is never predicted."""
    return _ratio(np.diagonal(table), table.sum(axis=0))


def f1(table: Array) -> Array:
    """Return 2 TP / (2 TP + FP + FN) of each class, (C,): the harmonic mean of precision and recall.

    NaN for a class that is neither label nor prediction.
    Source: van Rijsbergen 1979, Information Retrieval, chapter 7.
    """
    right = np.diagonal(table)
    return _ratio(2 * right, table.sum(axis=0) + table.sum(axis=1))


def macro_f1(table: Array) -> float:
    """Return the mean F1 of the classes that are label or prediction of any example: each class counts alike."""
    each = f1(table)
    return float(each[~np.isnan(each)].mean()) if len(each) and not np.isnan(each).all() else np.nan


def auc(labels: IntArray, probabilities: Array) -> Callable[[Array], float]:
    """Return what computes the area under the ROC curve from weights (m,), for probabilities (m, C).

    With two classes: how often a random example of the second class gets a higher probability of it than one of the first; ties
    count half. With more: the mean of this over the classes, each against the rest; a class without examples, or without others,
    is left out, and if none is left the area is NaN.
    Source: Hanley & McNeil 1982, Radiology 143, 29–36; Provost & Domingos 2000 for more classes, unweighted.
    """
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    areas = [_area(labels == c, probabilities[:, c]) for c in classes if 0 < np.count_nonzero(labels == c) < len(labels)]

    def mean(weights: Array) -> float:
        found = [value for value in (area(weights) for area in areas) if not np.isnan(value)]
        return float(np.mean(found)) if found else np.nan

    return mean


def _area(positive: BoolArray, scores: Array) -> Callable[[Array], float]:
    """Return what computes one area from weights: (Σ w r − P²/2) / (P N), the sum over the positive examples.

    r is the weight of all examples with a lower score plus half of those with the same one, P and N are the weights of both
    sides. Among themselves the positive examples win P²/2. Sorting is done once.
    """
    order = np.argsort(scores, kind="stable")
    ranked, ours = scores[order], positive[order]
    first = np.searchsorted(ranked, ranked[ours], side="left")
    last = np.searchsorted(ranked, ranked[ours], side="right")
    rows, below = order[ours], np.zeros(len(order) + 1)

    def area(weights: Array) -> float:
        np.cumsum(weights[order], out=below[1:])
        w = weights[rows]
        p = w.sum()
        pairs = p * (below[-1] - p)
        won = (w * (below[first] + below[last])).sum() / 2 - p**2 / 2  # no BLAS: its bits and speed depend on its threads
        return float(won / pairs) if pairs else np.nan

    return area


def _ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, NaN where there is no whole."""
    out: Array = np.full(len(whole), np.nan)
    return np.divide(part, whole, out=out, where=whole > 0)
