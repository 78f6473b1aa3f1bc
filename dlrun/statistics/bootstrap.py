"""The bootstrap for any number that is computed from examples, each of which may count several times."""

from collections.abc import Callable
from math import inf, isfinite
from typing import TypeAlias

import numpy as np

from dlrun.arrays import Array
from dlrun.seeding import Stream, rng_for
from dlrun.statistics.intervals import BOOTSTRAP_LIMIT, CONFIDENCE, REPLICATES, Estimate, standard_score

Statistic: TypeAlias = Callable[[Array], float]  # how often each example counts, (n,) → the number; NaN where it has none

FEW_REPLICATES = 200  # enough for a deviation to within 5 %, not for the tails


def bootstrap(statistic: Statistic, n: int, seed: int, *, weight: int = 1, confidence: float = CONFIDENCE) -> Estimate | None:
    """Return a number measured on n examples, with limits from samples drawn from them with replacement; None if it has none.

    Up to 10,000 examples: the percentiles of 2,000 samples. Above: value ± z s, with s the deviation over 200 samples, since
    by the central limit theorem both agree there. `weight` is how many columns of n values the statistic looks at, which counts
    like examples. Where no sample differs (no error among few examples), nothing is known about the spread: no limits, ∓∞.
    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 6 and 13.
    """
    value = statistic(np.ones(n)) if n else np.nan
    if not isfinite(value):
        return None
    few = n * weight > BOOTSTRAP_LIMIT
    rng = rng_for(seed, Stream.BOOTSTRAP)
    samples = (rng.integers(n, size=n) for _ in range(FEW_REPLICATES if few else REPLICATES))
    drawn = np.array([statistic(np.bincount(rows, minlength=n).astype(np.float64)) for rows in samples])
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn) or np.ptp(drawn) <= 1e-12 * abs(value):
        return Estimate(value, -inf, inf, n, confidence)
    if few:
        half = standard_score(confidence) * float(drawn.std(ddof=1))
        return Estimate(value, value - half, value + half, n, confidence)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value, min(float(low), value), max(float(high), value), n, confidence)
