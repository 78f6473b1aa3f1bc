from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from dlrun.statistics.two_samples import chi_square, chi_square_tail, kolmogorov_smirnov, kolmogorov_tail
from tests.strategies import quick

# two or more: of one row each scipy divides by zero
numbers = st.lists(st.integers(-5, 5) | st.floats(-5, 5, width=32), min_size=2, max_size=40).map(
    np.array
)  # of one row each scipy warns
counts = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=8).map(np.array)


@quick
@given(a=numbers, b=numbers)
def test_the_distance_of_two_samples_is_scipys_ties_included(a: np.ndarray, b: np.ndarray) -> None:
    found = kolmogorov_smirnov(a, b)
    assert found.distance == pytest.approx(stats.ks_2samp(a, b, method="asymp").statistic, abs=1e-12)
    assert found.p == pytest.approx(special.kolmogorov(found.distance * sqrt(len(a) * len(b) / (len(a) + len(b)))), abs=1e-12)


@quick
@given(a=numbers, b=numbers)
def test_equal_samples_are_no_distance_apart_and_order_is_no_matter(a: np.ndarray, b: np.ndarray) -> None:
    assert kolmogorov_smirnov(a, a[::-1]).distance == pytest.approx(0, abs=1e-12)
    assert kolmogorov_smirnov(a, b).distance == pytest.approx(kolmogorov_smirnov(b, a).distance, abs=1e-12)


@pytest.mark.parametrize("x", [0, 0.1, 0.19, 0.21, 0.3, 0.5, 1, 2, 5, 30])
def test_kolmogorovs_tail_is_scipys(x: float) -> None:
    assert kolmogorov_tail(x) == pytest.approx(special.kolmogorov(x), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 30, 99, 1000])
@pytest.mark.parametrize("x", [0, 1e-6, 0.5, 3.84, 20, 150, 900, 3000])
def test_the_tail_of_chi_square_is_scipys(x: float, degrees: int) -> None:
    assert chi_square_tail(x, degrees) == pytest.approx(stats.chi2.sf(x, degrees), rel=1e-9, abs=1e-300)


@quick
@given(table=counts.filter(lambda table: (table.sum(axis=0) > 0).all()))
def test_where_no_category_is_rare_the_test_is_pearsons(table: np.ndarray) -> None:
    table = table + 12  # at least five are expected everywhere: 12 rows of a category, at least a fifth of them in a sample
    found = chi_square(table[:, 0], table[:, 1])
    expected = stats.chi2_contingency(table, correction=False)
    if expected.expected_freq.min() >= 5:
        assert found.p == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-300)
    shares = table / table.sum(axis=0)
    assert found.distance == pytest.approx(np.maximum(shares[:, 0] - shares[:, 1], 0).sum())


def test_rare_categories_count_as_one() -> None:
    a, b = np.array([100, 50, 1, 2, 3, 0, 4]), np.array([90, 60, 2, 1, 0, 5, 3])
    together = stats.chi2_contingency([[100, 50, 10], [90, 60, 11]], correction=False)
    assert chi_square(a, b).p == pytest.approx(together.pvalue)
    few = stats.chi2_contingency([[100, 51], [90, 61]], correction=False)  # one row of each: it joins the rarest other
    assert chi_square(np.array([100, 50, 1]), np.array([90, 60, 1])).p == pytest.approx(few.pvalue)


def test_categories_too_rare_to_be_tested_and_a_single_one_are_never_news() -> None:
    assert chi_square(np.array([1, 0]), np.array([0, 1])).p == 1
    assert chi_square(np.array([50]), np.array([80])).p == 1
    assert chi_square(np.array([50, 0]), np.array([80, 0])).distance == 0


@pytest.mark.parametrize("size", [(60, 60), (500, 80)])
def test_false_alarms_stay_within_their_level(size: tuple[int, int]) -> None:
    """At 5 %, of 1,000 pairs that come from one distribution: at most 5 % and three standard errors, 2.1 points."""
    rng = np.random.default_rng(3)
    share = rng.dirichlet(np.ones(6))
    alarms = np.zeros(3)
    for _ in range(1000):
        a, b = (rng.standard_normal(m) for m in size)
        alarms[0] += kolmogorov_smirnov(a, b).p < 0.05
        alarms[1] += kolmogorov_smirnov(np.round(a), np.round(b)).p < 0.05
        alarms[2] += chi_square(*(rng.multinomial(m, share) for m in size)).p < 0.05
    assert (alarms / 1000 <= 0.071).all()
    assert alarms[0] > 10  # and a test that never speaks is none
    assert alarms[2] > 25
