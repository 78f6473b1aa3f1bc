"""Do two samples come from one distribution? For each test how far they are apart, and how probable chance alone makes that.

A distance is the largest difference of two shares, in [0, 1], whatever the sizes of the samples: with many examples a difference
that nobody would care about is sure too, so a p-value alone decides nothing.
"""

from dataclasses import dataclass
from math import erfc, exp, lgamma, log, sqrt

import numpy as np

from dlrun.arrays import Array, IntArray

FEWEST_EXPECTED = 5  # rows of a category in each sample, from which on χ² follows its distribution
TERMS = 100  # of Kolmogorov's series; far more than 64 bits can tell apart
ALIKE = 0.2  # below this λ the series has not converged, and the probability is 1 to 64 bits


@dataclass(frozen=True)
class Comparison:
    """How far two samples are apart, and the probability of at least that distance if they come from one distribution."""

    distance: float
    p: float


def kolmogorov_smirnov(a: Array, b: Array) -> Comparison:
    """Compare two samples of numbers, (m_a,) and (m_b,), neither empty: D = max |F_a(x) − F_b(x)|.

    p = Q(D √(m_a m_b / (m_a + m_b))),   Q(λ) = 2 Σ_k (−1)^(k−1) exp(−2 k² λ²)

    Q is the limit for many different numbers; with few, or with ties, the true p is smaller, so the test errs on the quiet side.
    Source: Kolmogorov 1933, Giorn. Ist. Ital. Attuari 4, 83–91; Smirnov 1939, Bull. Math. Univ. Moscou 2, 3–14.
    """
    both = np.concatenate([a, b])
    order = np.argsort(both)
    steps = np.where(order < len(a), 1 / len(a), -1 / len(b)).cumsum()
    in_order = both[order]
    last_of_equals = np.append(in_order[1:] != in_order[:-1], True)
    distance = min(1.0, float(np.abs(steps[last_of_equals]).max()))
    return Comparison(distance, kolmogorov_tail(distance * sqrt(len(a) * len(b) / (len(a) + len(b)))))


def chi_square(a: IntArray, b: IntArray) -> Comparison:
    """Compare how often categories occur in two samples: counts (k,) each, neither of them all zero.

    distance = ½ Σ |a_j/m_a − b_j/m_b|, the share of rows that would have to change their category (total variation); unlike
    Cramér's V it stays what it is when one sample is far larger than the other.
    χ² = Σ (observed − expected)² / expected, with k − 1 degrees of freedom: categories that are expected in less than five
    rows of a sample count as one.
    Source: Pearson 1900, Phil. Mag. 50, 157–175; Cochran 1954, Biometrics 10, 417–451 (the five).
    """
    counts: Array = np.stack([a, b]).astype(np.float64)
    distance = min(1.0, float(np.abs(counts[0] / counts[0].sum() - counts[1] / counts[1].sum()).sum() / 2))
    counts = _with_rare_ones_together(counts)
    if counts.shape[1] < 2:
        return Comparison(distance, 1.0)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    statistic = float((np.square(counts - expected) / expected).sum())
    return Comparison(distance, chi_square_tail(statistic, counts.shape[1] - 1))


def kolmogorov_tail(x: float) -> float:
    """Return the probability Q(λ) that Kolmogorov's statistic exceeds λ."""
    if x < ALIKE:
        return 1.0
    k = np.arange(1, TERMS + 1)
    terms = 2 * np.exp(-2 * np.square(k * x))
    return float(min(1.0, max(0.0, terms[::2].sum() - terms[1::2].sum())))


def chi_square_tail(x: float, degrees: int) -> float:
    """Return the probability that χ² with this many degrees of freedom exceeds x: a finite sum of positive terms.

    even ν: e^(−x/2) Σ_{j<ν/2} (x/2)^j / j!,    odd ν: erfc √(x/2) + e^(−x/2) Σ_{j<(ν−1)/2} (x/2)^(j+½) / Γ(j + 3/2)
    Source: Abramowitz & Stegun 1964, 26.4.4 and 26.4.5.
    """
    if x <= 0:
        return 1.0
    half = x / 2
    odd = degrees % 2
    first = erfc(sqrt(half)) if odd else 0.0
    powers = (j + odd / 2 for j in range(degrees // 2))
    return min(1.0, first + sum(exp(power * log(half) - half - lgamma(power + 1)) for power in powers))


def _with_rare_ones_together(counts: Array) -> Array:
    """Return counts (2, k) in which rare categories are one, and that one joins the rarest other if it is still too rare."""
    smaller = counts.sum(axis=1).min() / counts.sum()
    counts = counts[:, counts.any(axis=0)]
    order = np.argsort(counts.sum(axis=0), kind="stable")
    counts = counts[:, order]
    rare = int((counts.sum(axis=0) * smaller < FEWEST_EXPECTED).sum())
    if rare == 0:
        return counts
    together = counts[:, :rare].sum(axis=1, keepdims=True)
    if together.sum() * smaller < FEWEST_EXPECTED and rare < counts.shape[1]:
        together += counts[:, rare : rare + 1]
        rare += 1
    return np.concatenate([together, counts[:, rare:]], axis=1)
