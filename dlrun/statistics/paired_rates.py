"""Two error rates on the same examples: McNemar's exact test, and Tango's limits of their difference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt

import numpy as np

from dlrun.arrays import BoolArray
from dlrun.statistics.intervals import CONFIDENCE, standard_score
from dlrun.statistics.paired import whole_examples

HALVINGS = 60  # of [-1, 1]: beyond the digits of a float
NEGLIGIBLE = 1e-17


@dataclass(frozen=True)
class PairedRates:
    """Two error rates on the same n examples: how many only the first gets wrong, and how many only the second.

    Examples that both get right, or both wrong, say nothing about the difference.
    """

    only_first: int
    only_second: int
    n: int

    @classmethod
    def of(cls, first: BoolArray, second: BoolArray) -> "PairedRates":
        """Count what is wrong (m,) in one of the two only."""
        return cls(int(np.count_nonzero(first & ~second)), int(np.count_nonzero(second & ~first)), len(first))

    @classmethod
    def of_words(cls, labels: Sequence[str], first: Sequence[str], second: Sequence[str]) -> "PairedRates":
        """Count which of two answers is wrong alone."""
        wrong = [(a != label, b != label) for label, a, b in zip(labels, first, second, strict=True)]
        return cls(wrong.count((True, False)), wrong.count((False, True)), len(wrong))

    @property
    def value(self) -> float:
        """The second rate minus the first: (only_second − only_first) / n."""
        return (self.only_second - self.only_first) / self.n

    @property
    def p(self) -> float:
        """The p-value of McNemar's exact test."""
        return mcnemar(self.only_first, self.only_second)

    def limits(self, confidence: float) -> tuple[float, float]:
        """Return Tango's score limits."""
        return tango(self.only_second, self.only_first, self.n, confidence)

    def needed_n(self, confidence: float) -> int | None:
        """Return at which n McNemar's test would reject if the shares of both kinds of disagreement stayed as they are.

        |b − c| − 1 ≥ z √(b + c), the exact test to within one example, with b + c = ψ n and |b − c| = δ n solved for n:
        √n = (z √ψ + √(z² ψ + 4 δ)) / (2 δ).
        """
        z, share, delta = standard_score(confidence), (self.only_first + self.only_second) / self.n, abs(self.value)
        if delta == 0:
            return None
        root = (z * sqrt(share) + sqrt(z**2 * share + 4 * delta)) / (2 * delta)
        return whole_examples(max(root**2, self.n + 1))


def mcnemar(b: int, c: int) -> float:
    """Return the p-value of McNemar's exact test: whether b and c pairs, which differ either way, fall as a fair coin does.

    p = min(1, 2 P(X ≤ min(b, c))), X ~ Binomial(b + c, ½); 1 if no pair differs. No mid-p correction: never too often below α.
    Source: McNemar 1947, Psychometrika 12, 153–157, with the binomial in place of its normal approximation.
    """
    n, k = b + c, min(b, c)
    if 2 * k >= n - 1:  # both tails together are everything
        return 1.0
    tail = relative = 1.0  # in units of P(X = k); below k the terms fall faster and faster
    for i in range(k, 0, -1):
        relative *= i / (n - i + 1)
        tail += relative
        if relative < NEGLIGIBLE * tail:
            break
    last = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2)
    return min(1.0, 2 * tail * exp(last))


def tango(b: int, c: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Tango's score limits of (b − c)/n, the difference of two rates measured on the same n examples.

    They are the Δ with |b − c − nΔ| = z √(n (2q + Δ(1 − Δ))). q is the most likely share of what makes c if the difference is Δ:
    2n q² + (2nΔ − b − c − Δ(b − c)) q − c Δ(1 − Δ) = 0. They have a width at b = c = 0, and stay within [−1, 1].
    Source: Tango 1998, Stat. Med. 17, 891–908.
    """
    z, value = standard_score(confidence), (b - c) / n

    def score(delta: float) -> float:
        linear = 2 * n * delta - b - c - delta * (b - c)
        q = (sqrt(max(0.0, linear**2 + 8 * n * c * delta * (1 - delta))) - linear) / (4 * n)
        variance, distance = n * (2 * q + delta * (1 - delta)), b - c - n * delta
        if distance == 0:
            return 0.0
        return distance / sqrt(variance) if variance > 0 else inf * distance

    low = _crossing(lambda delta: score(delta) > z, -1.0, value)
    high = _crossing(lambda delta: score(delta) >= -z, value, 1.0)
    return min(low, value), max(high, value)


def _crossing(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return where something ceases to hold on its way from low to high."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2
