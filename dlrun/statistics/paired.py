"""Is one of two runs better? Differences measured on the same examples, judged together.

Measured on the same examples, two errors go up and down together; what counts is where they differ. Every difference here is the
second minus the first: below 0 the second is better. A test says how surely the two differ, limits say by how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Protocol

from dlrun.statistics.holm import holm, holm_levels
from dlrun.statistics.intervals import CONFIDENCE, Interval

MOST_EXAMPLES = 10**9  # nobody collects more


class Paired(Protocol):
    """A difference that was measured on pairs."""

    @property
    def value(self) -> float:
        """The difference."""

    @property
    def p(self) -> float:
        """How often chance alone would show as much, in either direction."""

    def limits(self, confidence: float) -> tuple[float, float]:
        """Return between what the true difference lies."""

    def needed_n(self, confidence: float) -> int | None:
        """Return on how many pairs the same difference would be real; None if on no number of them."""


@dataclass(frozen=True)
class Judged(Interval):
    """A difference with its limits at `confidence`; p and the confidence are what they are among all that were tested with it.

    It is real when p says so and the limits leave 0 out. needed_n examples would decide if the difference stayed as it is; None
    when it is decided, or when no number of them would do.
    """

    p: float
    confidence: float
    real: bool
    needed_n: int | None


def judge_all(measured: Sequence[Paired], confidence: float = CONFIDENCE) -> list[Judged]:
    """Judge differences together: p-values by Holm, each interval at the level that Holm's step asks of it.

    One difference alone is judged at the confidence itself. What is not real has 0 within its limits: test and interval come from
    the same data and must not contradict each other, and wider limits only hold more often.
    """
    alpha = 1 - confidence
    raw = [one.p for one in measured]
    levels = holm_levels(raw, alpha)
    return [_judged(one, float(p), 1 - float(level), alpha) for one, p, level in zip(measured, holm(raw), levels, strict=True)]


def _judged(one: Paired, p: float, confidence: float, alpha: float) -> Judged:
    low, high = one.limits(confidence)
    real = p <= alpha and not low <= 0 <= high
    if not real:
        low, high = min(low, 0.0), max(high, 0.0)
    return Judged(one.value, low, high, p, confidence, real, None if real else one.needed_n(confidence))


def whole_examples(n: float) -> int | None:
    """Return n rounded up; None of more than anybody collects."""
    return ceil(n) if isfinite(n) and n <= MOST_EXAMPLES else None
