"""How an error falls with the number of examples: a fitted power law, and between which limits it may lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, sqrt
from typing import Literal

import numpy as np

from dlrun.arrays import Array
from dlrun.seeding import Stream, rng_for
from dlrun.statistics.intervals import Estimate, Interval, Proportion, standard_score

EXPONENTS = np.geomspace(0.05, 2.0, 200)  # neighbours differ by 2 %; what is learned falls with c from 0.07 to 1 (sources below)
FEWEST = 4  # sizes: one more than the law has parameters
DRAWS = 1_000  # of the bootstrap, from each law
DECISIVE_OF_TWO, DECISIVE_OF_ONE = 5.99, 3.84  # 95 % points of χ² with two degrees of freedom, and with one
SMALLEST_SPREAD = 1e-6  # of the largest error: a point that claims to be exact does not silence the others

NoFit = Literal["few", "flat"]
Laws = tuple[Array, Array, Array]  # a, s, c of many laws


@dataclass(frozen=True)
class PowerLaw:
    """e(m) = a + s · (m/M)^(−c): what no number of examples takes away, what they can still take at M, and how fast.

    In the usual form e(m) = a + b · m^(−c), b = s · M^c; written so, b would be far outside of what was measured.
    """

    floor: float
    reducible: float
    exponent: float
    size: int

    def at(self, m: float) -> float:
        """Return the error with m examples."""
        return self.floor + self.reducible * float((m / self.size) ** -self.exponent)


@dataclass(frozen=True)
class PowerLawFit:
    """The law that fits best, and others that could have been seen in its place; intervals are at 95 %.

    stretch is by how much the points scatter more than their own intervals explain, 1 at least; all limits are widened by it.
    """

    law: PowerLaw
    stretch: float
    drawn: tuple[Laws, ...] = field(repr=False, compare=False)

    @property
    def a(self) -> Interval:
        """The error that no number of examples takes away."""
        return self._limits(lambda a, s, c: a)

    @property
    def b(self) -> Interval:
        """The factor of m^(−c)."""
        return self._limits(lambda a, s, c: s * np.power(float(self.law.size), c))

    @property
    def c(self) -> Interval:
        """The exponent."""
        return self._limits(lambda a, s, c: c)

    def error(self, factor: float) -> Interval:
        """Return the error with so many times the examples of the largest size."""
        return self._limits(lambda a, s, c: a + s * factor**-c)

    def fall(self, factor: float) -> Interval:
        """Return by how much the error is then smaller than at the largest size: the two are from one law, and vary together."""
        return self._limits(lambda a, s, c: s * (1 - factor**-c))

    def examples_to_fall(self, by: float) -> Interval:
        """Return with how many examples the error is lower by so much, infinity where no number of them is enough.

        s (1 − (m/M)^(−c)) = by,   m = M (1 − by/s)^(−1/c)
        """

        def needed(a: Array, s: Array, c: Array) -> Array:
            left = 1 - by / np.maximum(s, np.finfo(float).tiny)
            return np.where(left > 0, self.law.size * np.maximum(left, np.finfo(float).tiny) ** (-1 / c), inf)

        return self._limits(needed)

    def _limits(self, of: Callable[[Array, Array, Array], Array]) -> Interval:
        """Return what is said of the law, between the 2.5 % and 97.5 % points of the same said of those drawn."""
        law = self.law
        with np.errstate(over="ignore", divide="ignore"):
            value = float(of(*(np.array([number]) for number in (law.floor, law.reducible, law.exponent)))[0])
            found = [of(*laws) for laws in self.drawn]
        low = min(float(np.quantile(one, 0.025, method="lower")) for one in found)
        high = max(float(np.quantile(one, 0.975, method="higher")) for one in found)
        return Interval(value, min(low, value), max(high, value))


def fit_power_law(sizes: Sequence[int], errors: Sequence[Estimate], seed: int) -> PowerLawFit | NoFit:
    """Fit e(m) = a + b m^(−c), a and b ≥ 0, 0.05 ≤ c ≤ 2, to errors at several sizes, or say why that is hopeless.

    For each c of a grid a and b are the weighted least squares; the c with the smallest χ² = Σ((e − e(m))/σ)² is taken. σ is the
    half width of the interval that the fitted error would have, divided by 1.96. Where the points scatter more than that, with χ²
    above its k − 3 degrees of freedom, σ is stretched by √(χ²/(k − 3)). "flat" is said where a constant fits about as well.

    Limits are those of a parametric bootstrap: errors are drawn around the fitted law (binomial for rates, normal otherwise) and
    fitted again. As a cannot be negative, draws around a fit with a > 0 hardly ever show what a = 0 would; where the data allow
    a = 0, they are drawn around that law too, and the outer limits count. So they do for the law without the smallest size: where
    a power law begins is not known, and a handful of examples a class lies before.
    Source: Cortes et al. 1994, NIPS 6, 327–334 (the law); Hestness et al. 2017, arXiv:1712.00409 (exponents 0.07 to 0.35);
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, 6.5; Birge 1932, Phys. Rev. 40, 207–227 (the stretch).
    """
    unit = max(error.value for error in errors) if errors else 0.0
    if len(set(sizes)) < FEWEST or not all(isfinite(error.high) for error in errors):
        return "few"
    if not unit > 0:
        return "flat"
    largest = max(sizes)
    x, y = np.array(sizes) / largest, np.array([error.value / unit for error in errors])
    spread = _spreads(errors, y, unit)
    spread = _spreads(errors, _value(x, _fit(x, y, spread)[0]), unit)  # else what is low by chance would weigh more
    laws, chi2 = _fit(x, y, spread)
    stretch = sqrt(max(1.0, float(chi2[0]) / (len(x) - 3)))
    constant = float(np.sum(y / spread**2) / np.sum(1 / spread**2))
    if float(np.sum(((y - constant) / spread) ** 2) - chi2[0]) < DECISIVE_OF_TWO * stretch**2:
        return "flat"
    rng = rng_for(seed, Stream.LEARNING_CURVE)
    told = np.ones(len(x), dtype=np.bool_), x > x.min()
    drawn: list[Laws] = []
    for used in told if len(set(sizes)) > FEWEST else told[:1]:
        some = [error for error, is_used in zip(errors, used, strict=True) if is_used]
        drawn += _alternatives(some, x[used], y[used], spread[used], stretch, unit, rng)
    a, s, c = (float(numbers[0]) for numbers in laws)
    return PowerLawFit(PowerLaw(unit * a, unit * s, c, largest), stretch, tuple((unit * a, unit * s, c) for a, s, c in drawn))


def _alternatives(
    errors: Sequence[Estimate], x: Array, y: Array, spread: Array, stretch: float, unit: float, rng: np.random.Generator
) -> list[Laws]:
    """Return the laws fitted to draws around the best one, and around the best with a = 0 where the data allow it."""
    laws, chi2 = _fit(x, y, spread)
    around = [laws]
    no_floor, chi2_without = _fit(x, y, spread, floor=False)
    if laws[0][0] > 0 and float(chi2_without[0] - chi2[0]) < DECISIVE_OF_ONE * stretch**2:
        around.append(no_floor)
    return [_fit(x, _drawn(errors, _value(x, one), spread, stretch, unit, rng), spread)[0] for one in around]


def _value(x: Array, laws: Laws) -> Array:
    """Return the errors (k,) of the first of some laws."""
    a, s, c = (numbers[0] for numbers in laws)
    return np.asarray(a + s * x**-c)


def _spreads(errors: Sequence[Estimate], values: Array, unit: float) -> Array:
    """Return the standard deviations (k,) that the errors would have at these values, all in units of the largest error."""
    found = []
    for error, value in zip(errors, values.tolist(), strict=True):
        if isinstance(error, Proportion):
            rate = min(1.0, max(0.0, value * unit))
            at = Proportion(rate, rate, rate, error.n, error.confidence).at(error.n)
            width = (at.high - at.low) / unit
        else:
            relative = value / max(error.value / unit, SMALLEST_SPREAD)
            width = relative * (error.high / unit - error.low / unit)
        found.append(width / (2 * standard_score(error.confidence)))
    return np.maximum(found, SMALLEST_SPREAD)


def _drawn(
    errors: Sequence[Estimate], values: Array, spread: Array, stretch: float, unit: float, rng: np.random.Generator
) -> Array:
    """Return errors (DRAWS, k) as other examples, and other training, would have shown them."""
    columns = []
    for error, value, deviation in zip(errors, values.tolist(), spread.tolist(), strict=True):
        if isinstance(error, Proportion):
            rate = min(1.0, max(0.0, value * unit))
            column = rng.binomial(error.n, rate, DRAWS) / (error.n * unit)
        else:
            column = rng.normal(value, deviation, DRAWS)
        columns.append(np.maximum(0.0, value + stretch * (column - value)))
    return np.stack(columns, axis=1)


def _fit(x: Array, y: Array, spread: Array, *, floor: bool = True) -> tuple[Laws, Array]:
    """Return the laws that fit rows of y (n, k) best, and χ² of each (n,); without floor a is 0."""
    rows = np.atleast_2d(y)
    w = 1 / spread**2
    powers = x[None, :] ** -EXPONENTS[:, None]  # (C, k)
    total, first, second = w.sum(), powers @ w, powers**2 @ w
    of_y, of_both = (rows @ w)[:, None], (rows * w) @ powers.T  # (n, 1), (n, C)
    slope = np.maximum(of_both / second, 0.0)  # with a = 0
    level = np.zeros_like(slope)
    if floor:
        determinant = total * second - first**2
        known = determinant > 1e-12 * total * second
        safe = np.where(known, determinant, 1.0)
        a, s = (second * of_y - first * of_both) / safe, (total * of_both - first * of_y) / safe
        level, slope = (np.where(known & (a >= 0), free, bound) for free, bound in ((a, level), (s, slope)))
        rising = slope < 0
        level, slope = np.where(rising, of_y / total, level), np.where(rising, 0.0, slope)
    squares = (rows**2 @ w)[:, None]
    chi2 = squares - 2 * (level * of_y + slope * of_both) + total * level**2 + 2 * level * slope * first + slope**2 * second
    best, each = chi2.argmin(axis=1), np.arange(len(rows))
    return (level[each, best], slope[each, best], EXPONENTS[best]), np.maximum(chi2[each, best], 0.0)
