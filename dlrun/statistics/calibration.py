"""How far probabilities are to be believed: the expected calibration error and the Brier score.

probability (m,) is what was said of an event, happened (m,) whether it came: of two classes, that an example is of the second; of
more, that the class with the largest probability is right.
"""

from dataclasses import dataclass
from math import inf

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.seeding import Stream, rng_for
from dlrun.statistics.intervals import CONFIDENCE, REPLICATES, Estimate, root_mean_square

MOST_BINS, FEWEST_IN_BIN = 15, 20


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Expected calibration error and Brier score, both between 0 and 1, both better when smaller, over so many bins."""

    ece: Estimate
    brier: Estimate
    bins: int


def calibration(probability: Array, happened: BoolArray, seed: int) -> Calibration:
    """Return both figures with their intervals. Errors: ValueError without examples."""
    bins = max(1, min(MOST_BINS, len(probability) // FEWEST_IN_BIN))
    return Calibration(ece=expected_error(probability, happened, bins, seed), brier=brier(probability, happened, seed), bins=bins)


def brier(probability: Array, happened: BoolArray, seed: int) -> Estimate:
    """Return the Brier score (1/m) Σ (p − y)², with bootstrap limits.

    Source: Brier 1950, Monthly Weather Review 78, 1–3, in its form for one event.
    """
    root = root_mean_square(np.square(probability.astype(np.float64) - happened), seed)
    value, low, high = (limit**2 for limit in (root.value, root.low, root.high))
    return Estimate(value, low, high if high == inf else min(1.0, high), root.n, root.confidence)


def expected_error(probability: Array, happened: BoolArray, bins: int, seed: int) -> Estimate:
    """Return the expected calibration error Σ_b (m_b/m) |ȳ_b − p̄_b| over bins of equal numbers of examples, sorted by p.

    An absolute value is never below 0, so chance alone makes it larger: the mean of resampled values lies above the measured one
    by about as much as that lies above the truth. The limits are therefore the basic bootstrap's, 2 ê − q, which take this off
    again; where the upper one falls below ê it is ê. The lower one is 0 where ê is no larger than what probabilities that are
    true show in 95 of 100 cases. A resampled bin has the mean difference of a normal distribution with the bin's own
    deviation/√m_b, or with that of true probabilities, √(mean p(1 − p)/m_b) around 0.
    Errors: ValueError without examples.
    Source: Naeini, Cooper & Hauskrecht 2015 (AAAI), with bins of equal mass as in Nguyen & O'Connor 2015 (EMNLP); the bias:
    Bröcker 2012, Climate Dynamics 39, 655–667; the limits: Davison & Hinkley 1997, Bootstrap Methods, section 5.2; true
    probabilities resampled: Vaicenavicius et al. 2019 (AISTATS).
    """
    m = len(probability)
    if m == 0:
        raise ValueError("no example has no probability")
    p = probability.astype(np.float64)
    order = np.argsort(p, kind="stable")
    parts, doubts = (np.array_split(values[order], bins) for values in (happened - p, p * (1 - p)))
    weights = np.array([len(part) / m for part in parts])
    means = np.array([part.mean() for part in parts])
    value = float((weights * np.abs(means)).sum())
    if m <= bins:
        return Estimate(value, 0.0, 1.0, m)
    errors = np.array([part.std(ddof=1) / np.sqrt(len(part)) for part in parts])
    if_true = np.array([np.sqrt(doubt.mean() / len(doubt)) for doubt in doubts])
    noise = rng_for(seed, Stream.BOOTSTRAP).standard_normal((REPLICATES, bins))
    tail = (1 - CONFIDENCE) / 2
    q_low, q_high = np.quantile((weights * np.abs(means + errors * noise)).sum(axis=1), [tail, 1 - tail])
    chance = float(np.quantile((weights * np.abs(if_true * noise)).sum(axis=1), CONFIDENCE))
    low = 0.0 if value <= chance else min(value, max(0.0, 2 * value - float(q_high)))
    return Estimate(value, low, min(1.0, max(value, 2 * value - float(q_low))), m)
