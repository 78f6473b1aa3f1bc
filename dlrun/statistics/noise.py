"""The noise in a series, found without knowing the curve below it.

A value is taken as a curve plus noise. Second differences, x_{t+1} − 2x_t + x_{t−1}, are blind to a straight line and nearly so
to a curve that bends slowly; what they show is noise.
"""

import math

import numpy as np

from dlrun.arrays import Array

FEWEST = 10  # values; from fewer nothing is estimated
SURE = 3.0  # standard errors
INDEPENDENT = -2 / 3  # what the second differences of independent noise correlate with the next one
ROUNDING = 1e-12  # of the largest value: what is less than that is no noise but the last bits of a curve
SPREAD = 0.6  # their standard error is about 0.6/√n


def noise_of(values: Array, weights: Array) -> float | None:
    """Return the standard deviation of the noise in a running weighted sum of values whose own noise is independent.

    rms(Δ²v) · ‖w‖ / ‖Δ²w‖: independent noise of deviation σ gives the sum σ ‖w‖, and its second differences σ ‖Δ²w‖. Weights
    (k,), newest first; of the values themselves, [1.0]. None if there are fewer than ten values.
    """
    if len(values) < FEWEST:
        return None
    padded = np.concatenate([[0.0, 0.0], weights, [0.0, 0.0]])
    return _rms(np.diff(values, 2)) * _norm(weights) / _norm(np.diff(padded, 2))


def noise_is_independent(values: Array) -> bool:
    """Whether the noise of neighbours looks independent: only then is `noise_of` to be believed.

    The correlation of a second difference with the next is then −4/6; it must not lie three standard errors from that. Noise
    that remembers yesterday (correlation 0.5 or more, from a few hundred values on) and smooth curves do.
    """
    if len(values) < FEWEST:
        return False
    second = np.diff(values, 2)
    power = float(second @ second)
    if _rms(second) <= ROUNDING * float(np.abs(values).max()):
        return False
    return abs(float(second[1:] @ second[:-1]) / power - INDEPENDENT) < SURE * SPREAD / math.sqrt(len(values))


def _rms(values: Array) -> float:
    return math.sqrt(float(np.mean(values**2)))


def _norm(values: Array) -> float:
    return math.sqrt(float(values @ values))
