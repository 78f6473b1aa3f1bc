"""Quantiles and rank correlations against SciPy and plain loops, and how often their limits hold the truth."""

from math import ceil, comb, inf, isinf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from dlrun.statistics.error_sizes import quantiles, rank_correlation

SIZES = st.lists(st.floats(0, 1e150) | st.integers(0, 4).map(float), min_size=1, max_size=60)


def at_most(k: int, n: int, q: float) -> float:
    """Return P(B ≤ k), by its definition."""
    return sum(comb(n, j) * q**j * (1 - q) ** (n - j) for j in range(k + 1))


@given(SIZES, st.sampled_from([0.1, 0.25, 0.5, 0.9, 0.99]))
def test_quantiles_are_sizes_and_their_limits_too(sizes: list[float], share: float) -> None:
    (found,) = quantiles(sizes, [share])
    ranked, n = sorted(sizes), len(sizes)
    assert found.value == ranked[ceil(share * n) - 1]
    below = [r for r in range(1, n + 1) if at_most(r - 1, n, share) <= 0.025]
    above = [s for s in range(1, n + 1) if 1 - at_most(s - 1, n, share) <= 0.025]
    assert found.low == (ranked[max(below) - 1] if below else 0.0)
    assert found.high == (ranked[min(above) - 1] if above else inf)


def test_limits_of_quantiles_hold_at_least_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    for n, share in ((20, 0.5), (60, 0.9), (300, 0.95)):
        truth = -np.log(1 - share)  # of an exponential distribution
        held = [found.low <= truth <= found.high for _ in range(1_000) for found in quantiles(rng.exponential(size=n), [share])]
        assert 0.94 <= np.mean(held) <= 0.995


def test_a_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs examples"):
        quantiles([], [0.5])
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantiles([1.0], [1.0])


def test_one_example_has_no_limits() -> None:
    (found,) = quantiles([2.0], [0.5])
    assert (found.low, found.value, isinf(found.high)) == (0.0, 2.0, True)


PAIRS = st.lists(st.tuples(st.integers(-5, 5), st.floats(-1e6, 1e6)), min_size=4, max_size=50)


@given(PAIRS)
def test_rank_correlation_is_scipys(pairs: list[tuple[int, float]]) -> None:
    x, y = (list(map(float, column)) for column in zip(*pairs, strict=True))
    found = rank_correlation(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert found is None
        return
    assert found
    assert found.value == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


def test_a_perfect_order_is_not_beyond_doubt() -> None:
    for n in (4, 5, 30):
        found = rank_correlation(range(n), range(n))
        assert found
        assert found.value == found.high == 1.0
        assert found.low < 1
    assert rank_correlation([1, 2, 3], [1, 2, 3]) is None


def test_limits_of_a_rank_correlation_hold() -> None:
    rng = np.random.default_rng(1)
    for r in (0.0, 0.6):
        truth = 6 / np.pi * np.arcsin(r / 2)  # Spearman's of two normal variables correlated by r
        held = 0
        for _ in range(1_000):
            x = rng.standard_normal(60)
            found = rank_correlation(x, r * x + np.sqrt(1 - r * r) * rng.standard_normal(60))
            assert found
            held += found.low <= truth <= found.high
        assert 930 <= held <= 972
