"""A small classifier that tries to tell two samples apart; where it succeeds on rows that it has not seen, they differ."""

from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array
from dlrun.statistics.intervals import Estimate, wilson

LARGEST = 1e100  # beyond it squares and sums leave float64
FARTHEST = 5.0  # deviations; a value beyond counts as this far, so that one outlier does not decide a fit


@dataclass(frozen=True, kw_only=True)
class Discriminator:
    """A ridge regression of ±1 on standardized columns and their squares: it sees means that differ, and spreads.

    w = (ZᵀZ/m + λI)⁻¹ Zᵀt/m with λ = columns/m, which is the best λ where the columns explain half of t. A score above 0 means
    the second sample. With two equally large samples this is Fisher's linear discriminant.
    Source: Hoerl & Kennard 1970, Technometrics 12, 55–67; Lopez-Paz & Oquab 2017, arXiv:1610.06545 (classifier two-sample tests).
    """

    mean: Array
    deviation: Array
    center: Array
    weights: Array

    @classmethod
    def fit(cls, a: Array, b: Array) -> "Discriminator":
        """Fit to samples (m, n) of the same size and width."""
        x = _within_squares(np.concatenate([a, b]))
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        deviation[deviation <= 1e-12 * np.abs(mean)] = 1.0  # constant ones, but for rounding
        z = _squared_too(x, mean, deviation)
        center = z.mean(axis=0)
        z -= center
        t = np.repeat([-1.0, 1.0], [len(a), len(b)])
        m, n = z.shape
        gram = z.T @ z / m
        gram[np.diag_indices(n)] += n / m
        return cls(mean=mean, deviation=deviation, center=center, weights=np.linalg.solve(gram, z.T @ t / m))

    def scores(self, x: Array) -> Array:
        """Return a score (m,) for each row; above 0 it looks more like the second sample."""
        return np.asarray((_squared_too(_within_squares(x), self.mean, self.deviation) - self.center) @ self.weights)


def told_apart(a: Array, b: Array, rng: np.random.Generator) -> Estimate:
    """Return how often a classifier fitted to half of the rows is right about the other half; by chance it is in ½.

    a and b are (m, n), as many rows of each, at least two; the limits are Wilson's.
    """
    half = len(a) // 2
    a, b = a[rng.permutation(len(a))], b[rng.permutation(len(b))]
    fitted = Discriminator.fit(a[:half], b[:half])
    right = int((fitted.scores(a[half:]) <= 0).sum() + (fitted.scores(b[half:]) > 0).sum())
    return wilson(right, 2 * (len(a) - half))


def _within_squares(x: Array) -> Array:
    return np.clip(x.astype(np.float64), -LARGEST, LARGEST)


def _squared_too(x: Array, mean: Array, deviation: Array) -> Array:
    z = np.clip((x - mean) / deviation, -FARTHEST, FARTHEST)
    return np.concatenate([z, np.square(z)], axis=1)
