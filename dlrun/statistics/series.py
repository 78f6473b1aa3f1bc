"""What values in a row tell about themselves: how much of them is noise, and by how much a smoothed copy comes late.

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


def has_a_course(values: Array) -> bool:
    """Whether the values go somewhere: neighbours differ less than values at large do, by three standard errors.

    Of n independent values without a course, mean((x_{t+1} − x_t)²) / (2 variance) is 1 ± 1/√n.
    Source: von Neumann 1941, Annals of Mathematical Statistics 12, 367.
    """
    if len(values) < FEWEST:
        return False
    variance = float(np.var(values))
    if not variance > 0:
        return False
    ratio = float(np.mean(np.diff(values) ** 2)) / (2 * variance)
    return ratio < 1 - SURE / math.sqrt(len(values))


def lag_behind(values: Array, smoothed: Array, weights: Array, *, longest: int) -> int | None:
    """Return by how many places the smoothed values come late: the shift k ≤ longest that brings them closest to the values.

    argmin_k mean((v_{t+k} − x_t)²) + 2σ²w_k over the same t for every k. The second term takes out the noise that both share,
    since v_{t+k} holds x_t with the weight w_k: without it, the smoothed values seem to come too early. σ is that of `noise_of`.
    None if the values have no course to be late on, or if the best shift is the longest: it may be longer still.
    """
    shifts = min(longest, len(values) // 2)
    noise = noise_of(values, np.ones(1))
    if noise is None or not has_a_course(values):
        return None
    center = values.mean()
    x, v = values[: len(values) - shifts] - center, smoothed - center
    squares = np.concatenate([[0.0], np.cumsum(v**2)])
    power = squares[len(x) :] - squares[: shifts + 1]
    shared = np.zeros(shifts + 1)
    shared[: len(weights)] = weights[: shifts + 1]
    distance = (power - 2 * _correlations(v, x)) / len(x) + 2 * noise**2 * shared
    best = int(np.argmin(distance))
    return best if best < shifts else None


def _correlations(longer: Array, shorter: Array) -> Array:
    """Return Σ_t longer[t + k] · shorter[t] for every k at which the shorter lies inside, by FFT: in n log n for any number."""
    size = 1 << (len(longer) + len(shorter)).bit_length()
    spectrum = np.fft.rfft(longer, size) * np.conj(np.fft.rfft(shorter, size))
    return np.fft.irfft(spectrum, size)[: len(longer) - len(shorter) + 1]


def _rms(values: Array) -> float:
    return math.sqrt(float(np.mean(values**2)))


def _norm(values: Array) -> float:
    return math.sqrt(float(values @ values))
