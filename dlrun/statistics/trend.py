"""Where a noisy series is heading: means of blocks, and the slope through them with limits that respect what neighbours share."""

from math import sqrt

import numpy as np

from dlrun.arrays import Array
from dlrun.statistics.intervals import Interval
from dlrun.statistics.student import student_score

FEWEST = 5  # block means; through fewer a line has limits too wide to say anything
MOST_SHARED = 0.9  # correlation of neighbours that is believed: more would leave less than half a residual of ten


def block_means(values: Array, count: int, period: int = 1) -> Array:
    """Return the means of at most `count` blocks of equal length, in order; of fewer values, the values themselves.

    Where values vary with a period, blocks hold whole periods if there are enough of them, so that they do not differ by it; what
    is left over is left out at the beginning.
    """
    if len(values) <= count:
        return values.astype(np.float64)
    periods = len(values) // period
    if periods < count / 2:
        return np.array([block.mean() for block in np.array_split(values.astype(np.float64), count)])
    length = -(-periods // count)
    size, blocks = length * period, periods // length
    return np.asarray(values[len(values) - size * blocks :].astype(np.float64).reshape(blocks, size).mean(axis=1))


def slope(means: Array) -> Interval | None:
    """Return the slope per place of a straight line through these values, with Student's limits.

    b = Σ (t − t̄)(x − x̄) / Σ (t − t̄)², b ± t_{ν} s_b √((1 + r)/(1 − r)), r ≥ 0 the correlation of a residual with the next one:
    residuals that resemble their neighbours are worth n(1 − r)/(1 + r) independent ones. None for fewer than five values.
    Source: Bayley & Hammersley 1946, J. R. Stat. Soc. Suppl. 8, 184–197, for the number of independent values.
    """
    n = len(means)
    if n < FEWEST:
        return None
    t = np.arange(n) - (n - 1) / 2
    x = means - means.mean()
    power = float((t * t).sum())
    b = float((t * x).sum()) / power
    residuals = x - b * t
    squares = float((residuals**2).sum())
    if squares == 0:
        return Interval(b, b, b)
    shared = min(max(0.0, float((residuals[1:] * residuals[:-1]).sum()) / squares), MOST_SHARED)
    half = student_score(n - 2) * sqrt(squares / (n - 2) / power * (1 + shared) / (1 - shared))
    return Interval(b, b - half, b + half)


def scatter(means: Array) -> float:
    """Return the standard deviation of the steps between neighbours, over √2: the noise of values around a slow course."""
    if len(means) < FEWEST:
        return 0.0
    steps = np.diff(means)
    return float(np.sqrt(np.mean((steps - steps.mean()) ** 2) / 2))
