"""Gaps: how far one error lies above another, whether that is too far, and how many examples it takes to know."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from dlrun.statistics.intervals import Estimate, Interval, difference

Status = Literal["high", "low", "inconclusive"]

MOST_EXAMPLES = 10**9  # nobody collects more: a question that needs them has no answer


@dataclass(frozen=True)
class Gap(Interval):
    """A difference of two errors and what it says: high, low, or inconclusive until needed_n examples are there.

    needed_n counts all examples of the part whose error is the larger one, not the additional ones; None when the gap is decided,
    or when no number of them would decide it.
    """

    status: Status
    needed_n: int | None


def gap(part: Estimate, reference: Interval, threshold: float) -> Gap:
    """Return how far the error of a part lies above a reference, and whether that is more than the threshold.

    High when the whole interval is above the threshold, low when all of it is below; threshold in the unit of the errors.
    """
    between = difference(part, reference)
    status = _judge(between, threshold)
    needed = _needed_n(part, reference, threshold) if status == "inconclusive" else None
    return Gap(between.value, between.low, between.high, status, needed)


def _judge(interval: Interval, threshold: float) -> Status:
    if interval.low > threshold:
        return "high"
    if interval.high < threshold:
        return "low"
    return "inconclusive"


def _needed_n(part: Estimate, reference: Interval, threshold: float) -> int | None:
    """Return the smallest n at which the gap would be decided if the part's error stayed as it is.

    None if the gap lies on the threshold, or if the reference's own interval is too wide. More examples never undo a decision:
    the limits only move towards the value. So n is doubled until it decides, then halved down to the first that does.
    """

    def decides(n: int) -> bool:
        return _judge(difference(part.at(n), reference), threshold) != "inconclusive"

    enough = part.n
    while not decides(enough):
        enough *= 2
        if enough > MOST_EXAMPLES:
            return None
    sizes = range(part.n, enough + 1)
    return sizes[bisect_left(sizes, True, key=decides)]
