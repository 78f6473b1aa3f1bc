"""The oracles are simulations and the tests themselves: what is said to be the smallest difference is just significant."""

from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.statistics.intervals import difference, wilson
from dlrun.statistics.planning import (
    expected_rate,
    expected_rmse,
    smallest_difference,
    smallest_paired_difference,
)


@given(n=st.integers(1, 5_000), data=st.data())
def test_an_expected_rate_is_wilsons_where_the_count_is_whole(n: int, data: st.DataObject) -> None:
    wrong = data.draw(st.integers(0, n))
    measured, expected = wilson(wrong, n), expected_rate(wrong / n, n)
    assert (expected.value, expected.low, expected.high, expected.n) == (measured.value, measured.low, measured.high, n)


def test_an_expected_rmse_holds_what_normal_residuals_give() -> None:
    rng, n = np.random.default_rng(0), 400
    found = np.sqrt(np.square(3 * rng.standard_normal((20_000, n))).mean(axis=1))
    expected = expected_rmse(3.0, n)
    assert np.quantile(found, [0.025, 0.975]) == pytest.approx([expected.low, expected.high], rel=5e-3)


@given(rate=st.floats(0.001, 0.6), n=st.integers(50, 100_000))
def test_the_smallest_difference_is_just_seen(rate: float, n: int) -> None:
    d = smallest_difference(rate, n, expected_rate, 1.0)
    assert d is not None
    assert difference(expected_rate(rate + d * (1 + 1e-9), n), expected_rate(rate, n)).low > 0  # but for rounding
    assert difference(expected_rate(rate + d * 0.999, n), expected_rate(rate, n)).low <= 0


def test_it_is_that_of_two_proportions_where_there_are_many() -> None:
    rate, n = 0.2, 1_000_000
    assert smallest_difference(rate, n, expected_rate, 1.0) == pytest.approx(1.96 * sqrt(2 * rate * (1 - rate) / n), rel=0.01)


def test_of_an_rmse_it_is_that_of_two_normal_estimates() -> None:
    n = 100_000
    assert smallest_difference(2.0, n, expected_rmse, 200.0) == pytest.approx(2 * 1.96 / sqrt(n), rel=0.01)


def test_what_cannot_be_seen_has_no_smallest_difference() -> None:
    assert smallest_difference(0.5, 2, expected_rate, 1.0) is None


def sign_test(b: int, d: int) -> float:
    """Two-sided: how often a fair coin falls as unevenly as b of d."""
    return min(1.0, float(2 * sum(comb(d, k) for k in range(b, d + 1)) / 2**d))


def test_six_of_six_is_the_first_that_no_coin_does() -> None:
    assert sign_test(6, 6) < 0.05 <= sign_test(5, 5)
    assert smallest_paired_difference(0.0, 100) == pytest.approx(0.06)


@pytest.mark.parametrize("disagreement", [0.05, 0.2, 0.5])
def test_the_paired_difference_is_just_significant_in_the_sign_test(disagreement: float) -> None:
    n = 2_000
    d = round(disagreement * n)
    surplus = smallest_paired_difference(disagreement, n) * n  # b − c of d
    assert sign_test(round((d + surplus) / 2) + 2, d) < 0.05 < sign_test(round((d + surplus) / 2) - 2, d)


@given(disagreement=st.floats(0.01, 0.4), n=st.integers(100, 100_000))
def test_same_examples_need_less_than_independent_ones(disagreement: float, n: int) -> None:
    """With half of the errors shared, the disagreement is the rate p itself, and p < 2 p (1 − p) below one half."""
    independent = smallest_difference(disagreement, n, expected_rate, 1.0)
    assert independent is not None
    if disagreement * n > 20:
        assert smallest_paired_difference(disagreement, n) < independent * 1.01
