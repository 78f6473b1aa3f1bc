"""What a number of examples can show, before anything is measured on them."""

from collections.abc import Callable
from math import ceil, log2, sqrt

from dlrun.statistics.intervals import CONFIDENCE, Estimate, Proportion, difference, standard_score

Expected = Callable[[float, int], Estimate]  # a value and a number of examples → what they would measure

HALVINGS = 60  # of a range: beyond the digits of a float


def expected_rate(rate: float, n: int) -> Proportion:
    """Return what n examples measure when this fraction of them is wrong: Wilson's limits, also where rate · n is no integer."""
    return Proportion(rate, 0.0, 1.0, n).at(n)


def expected_rmse(size: float, n: int) -> Estimate:
    """Return what n examples measure of a root mean square error if the residuals are normal: size (1 ± z/√(2n)).

    The variance of r² is then 2σ⁴, hence that of √mean r² nearly σ²/(2n). Heavier tails give wider limits.
    """
    half = standard_score(CONFIDENCE) / sqrt(2 * n)
    return Estimate(size, max(0.0, size * (1 - half)), size * (1 + half), n)


def smallest_difference(value: float, n: int, expected: Expected, most: float) -> float | None:
    """Return how much larger than `value` a second error must be for the interval of the difference to lie above 0.

    Both are measured on n examples each, as if on different ones: the square-and-add limits of `difference`. On the same
    examples errors go together and less is enough, so this is the conservative figure. None if not even `most` is enough.
    """

    def seen(larger: float) -> bool:
        return difference(expected(larger, n), expected(value, n)).low > 0

    if not seen(most):
        return None
    low, high = value, most
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if seen(middle) else (middle, high)
    return high - value


def smallest_paired_difference(disagreement: float, n: int) -> float:
    """Return the smallest difference of two error rates on the same n examples that is more than chance.

    Only the D = disagreement · n examples that one run gets right and the other wrong count: b against c of them, and the
    difference (b − c)/n is more than chance when |b − c| > z √D (McNemar's test). It takes 6 of them, all in one direction,
    before a fair coin would do the like less than once in twenty times (2 · ½⁶ = 0.031): no D gives less than 6/n.
    Source: McNemar 1947, Psychometrika 12, 153–157.
    """
    fewest = ceil(log2(2 / (1 - CONFIDENCE)))
    return max(float(fewest), standard_score(CONFIDENCE) * sqrt(disagreement * n)) / n
