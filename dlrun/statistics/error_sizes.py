"""How large the errors of a regression are: quantiles with limits, and whether large targets have larger errors."""

from collections.abc import Sequence
from math import atanh, ceil, inf, sqrt, tanh

import numpy as np

from dlrun.arrays import Array
from dlrun.statistics.intervals import CONFIDENCE, Estimate, standard_score
from dlrun.statistics.student import incomplete_beta

FEWEST = 4  # examples of a rank correlation with limits: its variance has n − 3 below


def quantiles(sizes: Sequence[float] | Array, shares: Sequence[float], confidence: float = CONFIDENCE) -> list[Estimate]:
    """Return below what each share of n sizes ≥ 0 lies, in their unit, with limits that hold for every distribution.

    value = x₍⌈qn⌉₎,   limits x₍r₎ and x₍s₎ with P(B < r) ≤ α/2 and P(B ≥ s) ≤ α/2, B ~ Binomial(n, q)

    x₍ᵢ₎ is the i-th smallest. Where so few examples have no such r or s the limit is 0, or ∞.
    Errors: ValueError without sizes, or unless every share is above 0 and below 1.
    Source: Conover 1999, Practical Nonparametric Statistics, section 3.2.
    """
    ranked = np.sort(np.asarray(sizes, dtype=np.float64))
    n = len(ranked)
    if not n or not all(0 < share < 1 for share in shares):
        raise ValueError("a quantile needs examples, and a share between 0 and 1")
    tail, found = (1 - confidence) / 2, []
    for share in shares:
        value = float(ranked[min(n, max(1, ceil(share * n))) - 1])
        r, s = _first_above(tail, n, share), _first_above(1 - tail, n, share) + 1
        low = float(ranked[r - 1]) if r >= 1 else 0.0
        high = float(ranked[s - 1]) if s <= n else inf
        found.append(Estimate(value, min(low, value), max(high, value), n, confidence))
    return found


def _first_above(level: float, n: int, share: float) -> int:
    """Return the smallest k with P(B ≤ k) > level, B ~ Binomial(n, share): P(B ≤ k − 1) is still at most the level."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _at_most(middle, n, share) > level else (middle + 1, high)
    return low


def _at_most(k: int, n: int, share: float) -> float:
    """Return P(B ≤ k), B ~ Binomial(n, share): I_{1 − share}(n − k, k + 1)."""
    return 1.0 if k >= n else incomplete_beta(n - k, k + 1, 1 - share, share)


def rank_correlation(x: Sequence[float] | Array, y: Sequence[float] | Array, confidence: float = CONFIDENCE) -> Estimate | None:
    """Return Spearman's rank correlation of x and y (n,), with limits; None below 4 examples, or where one of them is constant.

    ρ = the correlation of the ranks, equal values having their mean rank;   limits tanh(atanh ρ ± z √((1 + ρ²/2)/(n − 3)))

    At ±1 the limits are those of the next value that n ranks can have, ±(1 − 12/(n (n² − 1))), and reach ±1.
    Source: Spearman 1904, Am. J. Psychol. 15, 72–101; Bonett & Wright 2000, Psychometrika 65, 23–28 for the variance.
    """
    n = len(x)
    if n < FEWEST:
        return None
    a, b = (_centred_ranks(np.asarray(values, dtype=np.float64)) for values in (x, y))
    spread = sqrt(float((a * a).sum()) * float((b * b).sum()))  # one root: of the same ranks, exactly their squares
    if not spread:
        return None
    value = max(-1.0, min(1.0, float((a * b).sum()) / spread))
    next_to_one = 1 - 12 / (n * (n * n - 1.0))
    inside = max(-next_to_one, min(next_to_one, value))
    half = standard_score(confidence) * sqrt((1 + inside**2 / 2) / (n - 3))
    low, high = tanh(atanh(inside) - half), tanh(atanh(inside) + half)
    return Estimate(value, min(low, value), max(high, value), n, confidence)


def _centred_ranks(values: Array) -> Array:
    """Return the ranks 1 … n, equal values having their mean rank, less (n + 1)/2."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[which] - (len(values) + 1) / 2
