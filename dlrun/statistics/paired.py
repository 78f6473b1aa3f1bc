"""The difference of two errors on the same examples: what both get wrong, or far off, cancels out."""

from collections.abc import Callable, Sequence
from math import inf, sqrt

import numpy as np

from dlrun.arrays import Array
from dlrun.statistics.bootstrap import bootstrap
from dlrun.statistics.intervals import CONFIDENCE, Estimate, standard_score

HALVINGS = 60  # of [-1, 1]: beyond the digits of a float


def paired_rates(only_ours: int, only_theirs: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """Return the difference of two fractions wrong on the same n examples, with the limits of Tango's score test.

    only_ours are those that we alone get wrong, b, only_theirs those that they alone do, c. The limits are the differences δ that
    the test does not reject: |b − c − nδ| ≤ z √(n (2 q + δ (1 − δ))), q the most likely rate of c if the difference is δ. They
    have a width where the two never disagree, too.
    Errors: ValueError unless b, c ≥ 0 and b + c ≤ n, n ≥ 1.
    Source: Tango 1998, Stat. Med. 17, 891–908.
    """
    b, c = only_ours, only_theirs
    if min(b, c) < 0 or b + c > n or n < 1:
        raise ValueError(f"{b} and {c} of {n} examples are no disagreement")
    z, value = standard_score(confidence), (b - c) / n
    low = _crossing(lambda delta: _score(b, c, n, delta) <= z, -1.0, value)
    high = _crossing(lambda delta: _score(b, c, n, delta) < -z, value, 1.0)
    return Estimate(value, min(low, value), max(high, value), n, confidence)


def _score(b: int, c: int, n: int, delta: float) -> float:
    """Return how many deviations b − c lies above what it would be at this difference."""
    linear = -b - c + (2 * n - b + c) * delta
    q = (sqrt(max(0.0, linear**2 + 8 * n * c * delta * (1 - delta))) - linear) / (4 * n)
    variance = n * (2 * q + delta * (1 - delta))
    distance = b - c - n * delta
    if variance <= 0:
        return 0.0 if distance == 0 else inf if distance > 0 else -inf
    return distance / sqrt(variance)


def _crossing(reached: Callable[[float], bool], low: float, high: float) -> float:
    """Return the smallest number in [low, high] at which a monotone condition holds; high if it never does."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def paired_rmse(ours: Sequence[float] | Array, theirs: Sequence[float] | Array, seed: int) -> Estimate | None:
    """Return the difference of two root mean square errors, from the errors (n,) on the same examples.

    The bootstrap draws examples, so that both are judged on the same ones in every sample.
    """
    a, b = (np.square(np.asarray(errors, dtype=np.float64)) for errors in (ours, theirs))
    if a.shape != b.shape:
        raise ValueError(f"{a.size} and {b.size} errors are no pairs")

    def difference(weights: Array) -> float:
        whole = weights.sum()
        return sqrt((weights * a).sum() / whole) - sqrt((weights * b).sum() / whole)

    return bootstrap(difference, a.size, seed)
