"""By how much a smoothed copy of a series comes late, and how surely that is known."""

import math
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array
from dlrun.statistics.noise import noise_of

SURE = 6.0  # of the relative error of a mean square over m values with a memory of M: √(M/m)


@dataclass(frozen=True, kw_only=True)
class Lag:
    """A number of places by which a copy comes late, give or take `within`: about two standard errors."""

    places: int
    within: int


def lag_behind(values: Array, smoothed: Array, weights: Array, *, longest: int, tolerance: int) -> Lag | None:
    """Return by how many places the smoothed values come late: the shift k < longest that brings them closest to the values.

    argmin_k mean((v_{t+k} − x_t)²) + 2σ²w_k over the same t for every k. The second term takes out the noise that both share,
    since v_{t+k} holds x_t with the weight w_k: without it, the smoothed values seem to come too early. σ is that of `noise_of`.
    None if the shift is not known to within the tolerance, as where the values have no course to be late on, or if it reaches
    the longest: it may be longer still.
    """
    shifts = min(longest, len(values) // 2)
    noise = noise_of(values, np.ones(1))
    if noise is None or shifts < 1:
        return None
    center = values.mean()
    x, v = values[: len(values) - shifts] - center, smoothed - center
    squares = np.concatenate([[0.0], np.cumsum(v**2)])
    power = squares[len(x) :] - squares[: shifts + 1]
    shared = np.zeros(shifts + 1)
    shared[: len(weights)] = weights[: shifts + 1]
    distance = (power - 2 * _correlations(v, x)) / len(x) + 2 * noise**2 * shared
    best = int(np.argmin(distance))
    within = _resolution(v, weights, noise, len(x), min(tolerance, len(x)))
    return Lag(places=best, within=within) if within is not None and best < shifts else None


def _resolution(v: Array, weights: Array, noise: float, m: int, tolerance: int) -> int | None:
    """Return the smallest shift h whose effect on the distance stands out of chance, None if none up to the tolerance does.

    A course of slope s adds s²h² to the distance. Chance adds about 2σ²√(2(A₀ − A_h)/m), A the autocorrelation of the weights:
    the covariance of x with v_{t+h} − v_t, from m pairs.
    """
    padded = np.concatenate([weights, np.zeros(len(v))])
    overlap = _correlations(padded, weights)
    slope2 = _steepness(v, overlap, noise)
    h = np.arange(1, tolerance + 1)
    chance = 2 * noise**2 * np.sqrt(np.maximum(0, 2 * (overlap[0] - overlap[h])) / m)
    seen = np.flatnonzero(slope2 * h**2 >= chance)
    return int(h[seen[0]]) if slope2 > 0 and len(seen) else None


def _steepness(v: Array, overlap: Array, noise: float) -> float:
    """Return the mean squared slope of a course, over the span on which it shows best; 0 if none stands out of the noise.

    mean((v_{t+g} − v_t)²) − 2σ²(A₀ − A_g), with a margin for chance, over g², for g = 1, 2, 4, … up to a quarter of the values.
    """
    margin = 1 + SURE / math.sqrt(overlap[0] * len(v)) if overlap[0] > 0 else 1.0
    found, g = 0.0, 1
    while g <= len(v) // 4:
        by_noise = 2 * noise**2 * float(overlap[0] - overlap[g])
        found = max(found, (float(np.mean((v[g:] - v[:-g]) ** 2)) - margin * by_noise) / g**2)
        g *= 2
    return found


def _correlations(longer: Array, shorter: Array) -> Array:
    """Return Σ_t longer[t + k] · shorter[t] for every k at which the shorter lies inside, by FFT: in n log n for any number."""
    size = 1 << (len(longer) + len(shorter)).bit_length()
    spectrum = np.fft.rfft(longer, size) * np.conj(np.fft.rfft(shorter, size))
    return np.fft.irfft(spectrum, size)[: len(longer) - len(shorter) + 1]
