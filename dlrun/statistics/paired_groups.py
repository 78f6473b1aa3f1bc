"""Two groups of runs on the same examples: how their means differ, given the chance of the examples and that of training."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, hypot, inf, sqrt
from typing import NamedTuple

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.statistics.paired import MOST_EXAMPLES
from dlrun.statistics.paired_means import MEAN, Scale
from dlrun.statistics.student import student_p, student_score

MOST_SEEDS = 1_000  # nobody trains more
NOTHING = 1e-12  # of a number: what is rounding


class Needed(NamedTuple):
    """How many dev examples, and how many seeds in each group, would decide together; one of the two may be what there is."""

    examples: int
    seeds: int


@dataclass(frozen=True)
class PairedGroups:
    """The second group's mean minus the first's, over the same n examples, and the deviations that chance gives it.

    `sampling` comes from which examples there are, `training` from the seeds of the first and the second group, of which there
    are `seeds`. Each is of the means already, and falls as one over the root of that number. The difference lies within ±bound.
    """

    value: float
    sampling: float
    training: tuple[float, float]
    n: int
    seeds: tuple[int, int]
    bound: float = inf

    @property
    def p(self) -> float:
        """The p-value of Student's t, value over deviation, with Welch's degrees of freedom."""
        return self._p(self.n, min(self.seeds)) if self._known else 1.0

    def limits(self, confidence: float) -> tuple[float, float]:
        """Return value ± t s; ∓∞ where no example differs from another, so that nothing is known of the examples' chance."""
        if not self._known:
            return (0.0, 0.0) if self.value == 0 else (-inf, inf)
        deviation, degrees = self._chance(self.n, min(self.seeds))
        half = student_score(degrees, confidence) * deviation
        return max(-self.bound, self.value - half), min(self.bound, self.value + half)

    @property
    def share_of_examples(self) -> float:
        """How much of the variance comes from which examples there are, in [0, 1]; the rest is training's."""
        total = hypot(self.sampling, *self.training)
        return (self.sampling / total) ** 2 if total > 0 else 1.0

    def needed_n(self, confidence: float) -> int | None:
        """Return on how many examples the same difference would be real, with as many seeds as `needed` says."""
        needed = self.needed(confidence)
        return needed.examples if needed else None

    def needed(self, confidence: float) -> Needed | None:
        """Return how many examples and seeds would decide if the difference and all spreads stayed as they are.

        More of what most of the variance comes from; where no number of that alone would do, more of both in proportion.
        """
        if not self._known or self.value == 0:
            return None
        fewest = min(self.seeds)

        def decides(examples: int, seeds: int) -> bool:
            return self._p(examples, seeds) <= 1 - confidence

        if self.share_of_examples >= 0.5:
            if (alone := _least(lambda n: decides(n, fewest), self.n + 1, MOST_EXAMPLES)) is not None:
                return Needed(alone, fewest)
        elif (alone := _least(lambda n: decides(self.n, n), fewest + 1, MOST_SEEDS)) is not None:
            return Needed(self.n, alone)
        both = _least(lambda n: decides(ceil(n * self.n / fewest), n), fewest + 1, MOST_SEEDS)
        return Needed(ceil(both * self.n / fewest), both) if both and both * self.n <= MOST_EXAMPLES * fewest else None

    @property
    def _known(self) -> bool:
        return self.sampling > NOTHING * abs(self.value)

    def _p(self, examples: int, seeds: int) -> float:
        deviation, degrees = self._chance(examples, seeds)
        return student_p(self.value / deviation, degrees)

    def _chance(self, examples: int, seeds: int) -> tuple[float, float]:
        """Return the deviation, and its degrees of freedom, with so many examples, and at least so many seeds in each group.

        s² = Σ s_k²,   ν = s⁴ / Σ (s_k⁴ / ν_k)      (s_k, ν_k: the examples, m − 1; each group's seeds, n_g − 1)
        Source: Welch 1947, Biometrika 34, 28–35; Satterthwaite 1946, Biometrics Bull. 2, 110–114.
        """
        grown = [max(count, seeds) for count in self.seeds]
        parts = [
            (self.sampling * sqrt(self.n / examples), max(1, examples - 1)),
            *((s * sqrt(n / more), more - 1) for s, n, more in zip(self.training, self.seeds, grown, strict=True)),
        ]
        deviation = hypot(*(s for s, _ in parts))
        if deviation == 0:
            return 0.0, 1.0
        return deviation, 1 / sum((s / deviation) ** 4 / degrees for s, degrees in parts)


def paired_groups(first: Array, second: Array, scale: Scale = MEAN) -> PairedGroups:
    """Return how two groups of runs differ: values (n₁, m) and (n₂, m), a row a seed, a column an example, in one order.

    A run's figure is f_r = scale(mean of its row), a group's the mean of its runs' figures; value is the second's minus the
    first's. So an RMSE is that of the runs one by one, as `dlrun ls --groups` shows it: what one run of the recipe may expect,
    in which a seed that went wrong counts once, while in the root of the pooled squares it would outweigh the others.

    Two chances are added as if they were independent (square-and-add): s² = s_d²/m + s₁²/n₁ + s₂²/n₂
    - which examples there are: s_d is the deviation, from one example to the next, of the mean over the second's runs of
      scale'(mean of the row) · value, minus the same of the first's (the delta method; for plain means it is just the values);
    - training: s_g is the deviation of the figures f_r from one seed of group g to the next.
    What a seed does to single examples at random is counted in both, so s is somewhat too large: √2 times at most, if neither
    the examples' difficulty nor the seeds' quality differed at all. That makes the verdict slightly conservative.
    Errors: ValueError with fewer than two runs in a group, without examples, or of another number.
    Source: Cornfield & Tukey 1956, Ann. Math. Stat. 27, 907–949 (two crossed samples); Newcombe 1998 (adding squares).
    """
    if min(len(first), len(second)) < 2:
        raise ValueError("a single seed says nothing about the spread")
    m = first.shape[1]
    if m == 0 or second.shape[1] != m:
        raise ValueError("no example, or not the same number of them, has no difference")
    peak = float(max(np.abs(first).max(), np.abs(second).max())) or 1.0  # around 1 no sum or square overflows
    figures, influences = zip(*(_measured(values / peak, scale) for values in (first, second)), strict=True)
    unit = float(scale.of(np.array(peak)))
    return PairedGroups(
        value=unit * _apart(float(figures[0].mean()), float(figures[1].mean())),
        sampling=unit * float((influences[1] - influences[0]).std(ddof=1)) / sqrt(m) if m > 1 else 0.0,
        training=(_of_mean(unit, figures[0]), _of_mean(unit, figures[1])),
        n=m,
        seeds=(len(first), len(second)),
    )


def paired_group_rates(first: BoolArray, second: BoolArray) -> PairedGroups:
    """Return the same for what is wrong, (n₁, m) and (n₂, m): the difference of two mean error rates.

    The examples' deviation is at least 1/(m + 2): that no example of these tells two groups apart does not mean that none does.
    Half an example more in each cell of the table of pairs leaves that much, and less than two examples decide nothing.
    Source: Agresti & Min 2005, Stat. Med. 24, 729–740.
    """
    found = paired_groups(first.astype(np.float64), second.astype(np.float64))
    return PairedGroups(found.value, max(found.sampling, 1 / (found.n + 2)), found.training, found.n, found.seeds, bound=1.0)


def _measured(values: Array, scale: Scale) -> tuple[Array, Array]:
    """Return the figure of each run (n,), and what each example adds to their mean (m,)."""
    means = values.mean(axis=1)
    return scale.of(means), (scale.slope(means)[:, None] * values).mean(axis=0)


def _apart(first: float, second: float) -> float:
    """Return the difference of two means; 0 where it is rounding."""
    return second - first if abs(second - first) > NOTHING * max(abs(first), abs(second)) else 0.0


def _of_mean(unit: float, figures: Array) -> float:
    return unit * float(figures.std(ddof=1)) / sqrt(len(figures))


def _least(holds: Callable[[int], bool], start: int, most: int) -> int | None:
    """Return the least whole number from start on, up to most, from which something holds; None if it never does."""
    low, high = start - 1, start
    while not holds(high):
        if high == most:
            return None
        low, high = high, min(most, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
