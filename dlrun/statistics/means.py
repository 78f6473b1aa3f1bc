"""The mean of a few numbers, and of the errors of a few runs: what another repetition would give."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, hypot, inf, sqrt
from typing import Self

from dlrun.statistics.intervals import CONFIDENCE, Estimate, Interval, Proportion, exact
from dlrun.statistics.student import student_score


@dataclass(frozen=True)
class Mean(Interval):
    """A mean of n numbers with Student's limits, and their spread: the standard deviation, None of a single one."""

    n: int
    spread: float | None


def mean_of(values: Sequence[float], *, least: float = -inf, most: float = inf, confidence: float = CONFIDENCE) -> Mean:
    """Return the mean x̄ of n numbers, with the limits x̄ ± t s/√n, which no value outside of least … most can pass.

    t is Student's with n − 1 degrees of freedom, s the standard deviation with the divisor n − 1. A single number says nothing
    about the spread: its limits are the least and the most.
    Errors: ValueError without numbers.
    Source: Student 1908, Biometrika 6, 1–25.
    """
    n = len(values)
    if not n:
        raise ValueError("no number has no mean")
    mean = min(max(fsum(values) / n, min(values)), max(values))  # of equal numbers, that number to the last bit
    if n == 1:
        return Mean(mean, least, most, n, None)
    spread = hypot(*(value - mean for value in values)) / sqrt(n - 1)
    half = student_score(n - 1, confidence) * spread / sqrt(n)
    return Mean(mean, max(least, mean - half), min(most, mean + half), n, spread)


@dataclass(frozen=True)
class MeanProportion(Proportion):
    """A mean of fractions wrong, whose limits know two kinds of chance: which examples there are, and how training went.

    chance holds the mean with Student's limits; more examples would not narrow them.
    """

    chance: Interval = exact(0.0)

    def at(self, n: int) -> Self:
        """Return what n examples would give: Wilson's limits at the mean, widened."""
        limits = _widened(Proportion(self.value, self.low, self.high, self.n, self.confidence).at(n), self.chance)
        return type(self)(self.value, limits.low, limits.high, n, self.confidence, self.chance)


@dataclass(frozen=True)
class MeanRoot(Estimate):
    """The same for root mean square errors; sample holds the mean with the limits that the examples leave."""

    sample: Interval = exact(0.0)
    chance: Interval = exact(0.0)

    def at(self, n: int) -> Self:
        """Return what n examples would give: limits of the sample that shrink as 1/√n, widened."""
        found = Estimate(self.value, self.sample.low, self.sample.high, self.n, self.confidence).at(n)
        limits = _widened(found, self.chance)
        return type(self)(self.value, limits.low, limits.high, n, self.confidence, found, self.chance)


def mean_error(errors: Sequence[Estimate]) -> MeanProportion | MeanRoot:
    """Return the mean of the errors of several runs on one kind of part, with limits by the square-and-add rule.

    low = x̄ − √((x̄ − sample.low)² + (x̄ − chance.low)²), high likewise: sample is what the examples leave open (Wilson's limits at
    the mean; of RMSEs the mean limits), chance what training does (Student's limits). Where every run had the same examples
    nothing is counted twice; where each had its own, the limits are too wide rather than too narrow. n is that of the smallest.
    Errors: ValueError without errors.
    """
    rates = all(isinstance(error, Proportion) for error in errors)
    chance = mean_of([error.value for error in errors], least=0.0, most=1.0 if rates else inf)
    if len(errors) == 1:
        chance = Mean(chance.value, chance.value, chance.value, 1, None)  # nothing is known of it, so nothing is added
    value, n, confidence = chance.value, min(error.n for error in errors), errors[0].confidence
    if rates:
        return MeanProportion(value, value, value, n, confidence, chance).at(n)
    below, above = (fsum(abs(limit - error.value) for error, limit in zip(errors, limits, strict=True)) / len(errors)
                    for limits in ([error.low for error in errors], [error.high for error in errors]))  # fmt: skip
    sample = Interval(value, max(0.0, value - below), value + above)
    return MeanRoot(value, value, value, n, confidence, sample, chance).at(n)


def _widened(sample: Interval, chance: Interval) -> Interval:
    value = sample.value
    most = 1.0 if isinstance(sample, Proportion) else inf
    low = max(0.0, value - hypot(value - sample.low, value - chance.low))
    return Interval(value, low, min(most, value + hypot(sample.high - value, chance.high - value)))


def mean_interval(intervals: Sequence[Interval]) -> Interval:
    """Return the mean x̄ of several runs' figures that may be below 0, with x̄ ± √(s² + c²) on either side.

    s is the mean half width, which the examples leave open, c that of Student's limits of the mean, which training does; of one
    run nothing is known of c, and nothing is added.
    Errors: ValueError without intervals.
    """
    found = mean_of([one.value for one in intervals])
    value, runs = found.value, len(intervals)
    if runs == 1:
        return intervals[0]
    chance = value - found.low, found.high - value
    below = fsum(one.value - one.low for one in intervals) / runs
    above = fsum(one.high - one.value for one in intervals) / runs
    return Interval(value, value - hypot(below, chance[0]), value + hypot(above, chance[1]))
