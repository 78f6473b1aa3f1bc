"""Confidence intervals for an error rate, for a root mean square error, and for the difference of two errors."""

from dataclasses import dataclass
from math import hypot, inf, isfinite, sqrt
from statistics import NormalDist
from typing import Self

import numpy as np

from dlrun.arrays import Array
from dlrun.errors import Diverged
from dlrun.seeding import Stream, rng_for

CONFIDENCE = 0.95
REPLICATES = 2_000  # bootstrap samples: 50 in each 2.5 % tail
BOOTSTRAP_LIMIT = 10_000  # examples; above it the normal approximation of the mean agrees and costs nothing
DRAWS_AT_ONCE = 2**15  # a quarter of a mebibyte of row numbers


@dataclass(frozen=True)
class Interval:
    """A number and the limits between which its true value lies, at the confidence the limits were made for."""

    value: float
    low: float
    high: float


def exact(value: float) -> Interval:
    """Return a number that is known, not measured: its limits are the number itself."""
    return Interval(value, value, value)


@dataclass(frozen=True)
class Estimate(Interval):
    """A number measured on n examples.

    Errors: ValueError unless n ≥ 1 and low ≤ value ≤ high.
    """

    n: int
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        if self.n < 1 or not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} [{self.low}, {self.high}] on {self.n} examples is not an estimate")

    def at(self, n: int) -> Self:
        """Return what n examples would give if they showed the same value: limits shrink as 1/√n, and stay above 0.

        Where nothing is known about the spread (no upper limit), nothing is known about it at another n.
        """
        shrink = sqrt(self.n / n) if isfinite(self.high) else 1.0
        low = max(0.0, self.value - shrink * (self.value - self.low))
        high = self.value + shrink * (self.high - self.value)
        return type(self)(self.value, low, high, n, self.confidence)


class Proportion(Estimate):
    """A fraction of n examples, with Wilson's limits."""

    def at(self, n: int) -> Self:
        """Return what n examples would give at the same rate: Wilson's limits again."""
        low, high = _wilson_limits(self.value, n, self.confidence)
        return type(self)(self.value, low, high, n, self.confidence)


def wilson(wrong: int, n: int, confidence: float = CONFIDENCE) -> Proportion:
    """Return the fraction wrong/n with Wilson's score interval: the rates p that a test of p̂ = wrong/n would not reject.

    |p̂ − p| ≤ z √(p (1 − p) / n), solved for p. Unlike p̂ ± z √(p̂ (1 − p̂) / n) it has a width at 0/n and n/n.
    Errors: ValueError unless 0 ≤ wrong ≤ n and n ≥ 1.
    Source: Wilson 1927, J. Am. Stat. Assoc. 22, 209–212.
    """
    if not 0 <= wrong <= n or n < 1:
        raise ValueError(f"{wrong} wrong of {n} examples is not a proportion")
    low, high = _wilson_limits(wrong / n, n, confidence)
    return Proportion(wrong / n, low, high, n, confidence)


def _wilson_limits(rate: float, n: int, confidence: float) -> tuple[float, float]:
    z2 = standard_score(confidence) ** 2
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    # limits lie in [0, 1] around the rate, at 0/n and n/n one of them on it; rounding must not say otherwise
    return max(0.0, min(centre - half, rate)), min(1.0, max(centre + half, rate))


def root_mean_square(errors_squared: Array, seed: int, confidence: float = CONFIDENCE) -> Estimate:
    """Return √mean of squared errors (m,) with an interval, in the target's units.

    Up to 10,000 examples: the percentile bootstrap of the mean, which follows the skew that squares have. Above: mean ± z s/√m,
    since by the central limit theorem both agree there while a bootstrap would draw 2,000 m row numbers. The root is taken last:
    it is monotone, so the limits keep their confidence. One example says nothing about the spread: its limits are 0 and ∞.
    Errors: ValueError without examples; Diverged if the mean of the squares is not a finite number.
    Source: Efron 1981, Can. J. Stat. 9, 139–158 (percentile method).
    """
    squares = np.asarray(errors_squared, dtype=np.float64)
    n = squares.size
    if n == 0:
        raise ValueError("no example has no error")
    with np.errstate(over="ignore", invalid="ignore"):  # said below, in words
        mean = float(squares.mean())
    if not isfinite(mean):
        raise Diverged("the mean squared error is not a finite number: the predictions are too large")
    if n == 1:
        return Estimate(sqrt(mean), 0.0, inf, n, confidence)

    relative = squares / mean if mean > 0 else np.ones(n)  # around 1: no sum or square of these overflows
    if n <= BOOTSTRAP_LIMIT:
        low, high = _bootstrap_limits(relative, rng_for(seed, Stream.BOOTSTRAP), confidence)
    else:
        low, high = _normal_limits(relative, confidence)
    # min and max: means of resamples differ from the mean in the last bit even when all squares are equal
    root = sqrt(mean)
    return Estimate(root, root * sqrt(max(0.0, min(low, 1.0))), root * sqrt(max(high, 1.0)), n, confidence)


def _bootstrap_limits(values: Array, rng: np.random.Generator, confidence: float) -> tuple[float, float]:
    n = values.size
    means = np.empty(REPLICATES)
    at_once = max(1, DRAWS_AT_ONCE // n)
    for start in range(0, REPLICATES, at_once):
        chunk = means[start : start + at_once]
        rows = rng.integers(n, size=(chunk.size, n))
        chunk[:] = values[rows].mean(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _normal_limits(values: Array, confidence: float) -> tuple[float, float]:
    mean = float(values.mean())
    half = standard_score(confidence) * float(values.std(ddof=1)) / sqrt(values.size)
    return mean - half, mean + half


def difference(a: Interval, b: Interval) -> Interval:
    """Return a − b for independent a and b, with limits by the square-and-add rule.

    low  = (a − b) − √((a − a.low)² + (b.high − b)²)
    high = (a − b) + √((a.high − a)² + (b − b.low)²)

    It keeps the asymmetry of both intervals, has a width where both are 0/n, and needs the same confidence in both.
    Source: Newcombe 1998, Stat. Med. 17, 873–890, method 10 (Wilson limits); Zou & Donner 2008, Stat. Med. 27, 1693–1702 (any).
    """
    value = a.value - b.value
    low = value - hypot(a.value - a.low, b.high - b.value)
    high = value + hypot(a.high - a.value, b.value - b.low)
    return Interval(value, low, high)


def standard_score(confidence: float) -> float:
    """Return how many standard deviations around its mean hold this fraction of a normal distribution: 0.95 → 1.96."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
