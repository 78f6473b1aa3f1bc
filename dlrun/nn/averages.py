"""The exponentially weighted average v_t = β v_{t−1} + (1 − β) θ_t, v_0 = 0: what all who average as they go share.

It weighs what came k steps ago by (1 − β) βᵏ: at β = 0.9 by 0.1, 0.09, 0.081, …, after `memory(β)` steps by about 1/e of
the newest. These weights sum to 1 − βᵗ only, so that early averages are too small until they are divided by that sum.
"""

import numpy as np

from dlrun.arrays import Array


def memory(beta: float) -> float:
    """Return 1/(1 − β), the number of steps averaged over: 10 at β = 0.9, 50 at 0.98, 2 at 0.5.

    β to this power is about 1/e: 0.9¹⁰ = 0.349, 0.98⁵⁰ = 0.364. On a steady slope the average lags memory − 1 steps behind;
    of independent noise it leaves √((1 − β)/(1 + β)).
    """
    return 1 / (1 - beta)


def bias_correction(beta: float, t: int) -> float:
    """Return 1 − βᵗ, the sum of the weights at step t = 1, 2, …, by which v_t is divided to be an average from the start."""
    return 1 - beta**t


def average(values: Array, beta: float, *, correct: bool = True) -> Array:
    """Return the running average of a curve, (n,) in and float64 (n,) out: v_t / (1 − βᵗ), uncorrected v_t.

    From a value that is not a number on, no average is.
    """
    averaged, v = np.empty(len(values)), 0.0
    for t, value in enumerate(values.tolist(), start=1):
        v = beta * v + (1 - beta) * value
        averaged[t - 1] = v / bias_correction(beta, t) if correct else v
    return averaged


def moving_average(values: Array, window: int) -> Array:
    """Return the mean of the last `window` values, (n,) in and float64 (n,) out; near the start, of those there are.

    It forgets at once what `average` forgets little by little, and must keep `window` numbers for that instead of one.
    """
    center = float(values.mean()) if len(values) else 0.0  # sums of small numbers lose fewer digits
    sums = np.cumsum(values - center, dtype=np.float64)
    sums[window:] = sums[window:] - sums[:-window]
    return center + sums / np.minimum(np.arange(1, len(values) + 1), window)
