"""Many tests at once: p-values that hold for all of them together."""

from collections.abc import Sequence

import numpy as np

from dlrun.arrays import Array


def holm(p: Sequence[float] | Array) -> Array:
    """Return p-values (k,) corrected for k tests: below α in even one true case only with a probability of α at most.

    p'₍ᵢ₎ = max_{j ≤ i} min(1, (k − j + 1) p₍ⱼ₎), the i-th smallest counted from 1; nothing is assumed about their dependence.
    Source: Holm 1979, Scand. J. Stat. 6, 65–70.
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    factors = np.arange(len(given), 0, -1)
    corrected = np.empty_like(given)
    corrected[order] = np.maximum.accumulate(np.minimum(1.0, factors * given[order]))
    return corrected


def holm_levels(p: Sequence[float] | Array, alpha: float) -> Array:
    """Return the levels (k,) at which Holm's steps test: α/k the smallest p-value, α/(k − 1) the next, until one is above.

    From that one on all are tested at its level. So p ≤ its level exactly where the corrected p is at most α, and an interval at
    confidence 1 − level that inverts the same test tells the same.
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    steps = alpha / np.arange(len(given), 0, -1)
    above = np.flatnonzero(given[order] > steps)
    if len(above):
        steps[above[0] :] = steps[above[0]]
    levels = np.empty_like(given)
    levels[order] = steps
    return levels
