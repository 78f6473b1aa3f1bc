"""Smoothers: ways to average a curve as it goes, what each should do to lag and noise, and what it did."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt

from dlrun.arrays import Array
from dlrun.nn.averages import average, memory, moving_average
from dlrun.statistics.lag import Lag, lag_behind
from dlrun.statistics.noise import noise_is_independent, noise_of

RAW = np.ones(1)  # the weights of a value that is not averaged
FORGOTTEN = 1e-12  # weights below this are left out


@dataclass(frozen=True, kw_only=True)
class ExponentialAverage:
    """The exponentially weighted average v = β v + (1 − β) θ: it keeps one number, whatever its memory."""

    beta: Annotated[float, Ge(0), Lt(1)]
    correct: bool = True
    keeps: int = 1

    @property
    def label(self) -> str:
        """What people read."""
        return f"β {self.beta}" if self.correct else f"β {self.beta}, uncorrected"

    @property
    def column(self) -> str:
        """Its name in a table."""
        return f"beta_{self.beta}"

    @property
    def memory(self) -> float:
        """1/(1 − β), how many values it averages over."""
        return memory(self.beta)

    @property
    def lag(self) -> float:
        """β/(1 − β), how many values it comes late on a steady slope: the mean age of what it weighs."""
        return self.memory - 1

    @property
    def noise(self) -> float:
        """√((1 − β)/(1 + β)), what it leaves of independent noise."""
        return math.sqrt((1 - self.beta) / (1 + self.beta))

    def weights(self, n: int) -> Array:
        """Return what the newest n values count, newest first, as far as they count at all: (1 − β) βᵏ."""
        enough = n if self.beta == 0 else min(n, 1 + math.ceil(math.log(FORGOTTEN) / math.log(self.beta)))
        return (1 - self.beta) * self.beta ** np.arange(max(1, enough), dtype=np.float64)

    def of(self, values: Array) -> Array:
        """Return the running average (n,) of values (n,)."""
        return average(values, self.beta, correct=self.correct)


@dataclass(frozen=True, kw_only=True)
class MovingAverage:
    """The plain mean of the last N values: it keeps all N of them."""

    window: Annotated[int, Ge(1)]

    @property
    def label(self) -> str:
        """What people read."""
        return f"window {self.window}"

    @property
    def column(self) -> str:
        """Its name in a table."""
        return f"window_{self.window}"

    @property
    def keeps(self) -> int:
        """How many numbers it must remember."""
        return self.window

    @property
    def memory(self) -> float:
        """N, how many values it averages over."""
        return float(self.window)

    @property
    def lag(self) -> float:
        """(N − 1)/2, how many values it comes late on a steady slope."""
        return (self.window - 1) / 2

    @property
    def noise(self) -> float:
        """1/√N, what it leaves of independent noise."""
        return 1 / math.sqrt(self.window)

    def weights(self, n: int) -> Array:
        """Return what the newest n values count, newest first: 1/N each."""
        return np.full(min(n, self.window), 1 / self.window)

    def of(self, values: Array) -> Array:
        """Return the running mean (n,) of values (n,)."""
        return moving_average(values, self.window)


Smoother = ExponentialAverage | MovingAverage


@dataclass(frozen=True, kw_only=True)
class Smoothed:
    """A smoothed curve (n,), and its lag and the fraction of noise left as measured on this curve; None where none can be."""

    by: Smoother
    values: Array
    lag: Lag | None
    noise: float | None


def raw_noise(values: Array) -> float | None:
    """Return the standard deviation of a curve's noise; None where it does not look independent, and nothing can be said."""
    return noise_of(values, RAW) if noise_is_independent(values) else None


def smooth(values: Array, smoother: Smoother) -> Smoothed:
    """Smooth a curve and measure what that did, once the average has settled.

    Lag: `lag_behind`, from one memory on (at most a quarter of the curve), if it is known to within one memory. Noise left:
    `noise_of` the smoothed values over that of the raw ones, from three memories on (at most half the curve); only if the raw
    noise is independent, as the formula assumes. Neither where there are fewer values than three memories.
    """
    smoothed, memory = smoother.of(values), round(smoother.memory)
    if len(values) < 3 * memory:
        return Smoothed(by=smoother, values=smoothed, lag=None, noise=None)
    weights = smoother.weights(len(values))
    late, settled = min(memory, len(values) // 4), min(3 * memory, len(values) // 2)
    lag = lag_behind(values[late:], smoothed[late:], weights, longest=3 * memory + 3, tolerance=memory)
    raw, left = noise_of(values[settled:], RAW), noise_of(smoothed[settled:], weights)
    measured = left / raw if raw and left is not None and noise_is_independent(values) else None
    return Smoothed(by=smoother, values=smoothed, lag=lag, noise=measured)
