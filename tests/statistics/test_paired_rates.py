import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from dlrun.statistics.paired_rates import PairedRates, mcnemar, tango

counts = st.integers(0, 400)


@given(b=counts, c=counts)
def test_mcnemar_is_the_exact_binomial_test(b: int, c: int) -> None:
    expected = binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar(b, c) == pytest.approx(float(expected), rel=1e-10)
    assert mcnemar(b, c) == mcnemar(c, b)


@pytest.mark.parametrize(("b", "c"), [(5_000, 5_300), (200_000, 201_500), (0, 1_000), (0, 100_000)])
def test_mcnemar_of_many_pairs(b: int, c: int) -> None:
    assert mcnemar(b, c) == pytest.approx(float(binomtest(b, b + c, 0.5).pvalue), rel=1e-8)


@given(b=counts, c=counts, others=counts)
def test_limits_lie_around_the_difference_and_mirror_each_other(b: int, c: int, others: int) -> None:
    n = b + c + others + 1
    low, high = tango(b, c, n)
    assert -1 <= low <= (b - c) / n <= high <= 1
    assert low < high
    mirrored = tango(c, b, n)
    assert (-mirrored[1], -mirrored[0]) == pytest.approx((low, high), abs=1e-12)
    wider = tango(b, c, n, 0.99)
    assert wider[0] <= low
    assert wider[1] >= high


def test_limits_are_those_that_a_score_test_does_not_reject() -> None:
    b, c, n, z = 9, 24, 120, 1.959963984540054
    for limit in tango(b, c, n):
        grid = np.linspace(max(0.0, -limit) + 1e-9, (1 - limit) / 2 - 1e-9, 400_001)
        likelihood = b * np.log(grid + limit) + c * np.log(grid) + (n - b - c) * np.log(1 - 2 * grid - limit)
        q = grid[likelihood.argmax()]
        assert abs(b - c - n * limit) / np.sqrt(n * (2 * q + limit * (1 - limit))) == pytest.approx(z, rel=1e-4)


def test_without_any_disagreement_limits_have_a_width() -> None:
    low, high = tango(0, 0, 100)
    z2 = 1.959963984540054**2
    assert (-low, high) == pytest.approx((z2 / (100 + z2),) * 2)
    assert tango(5, 0, 5)[1] == 1.0
    assert tango(0, 5, 5)[0] == -1.0


def test_outcomes_are_counted() -> None:
    first, second = np.array([1, 1, 0, 0, 0], dtype=bool), np.array([1, 0, 1, 1, 0], dtype=bool)
    measured = PairedRates.of(first, second)
    assert measured == PairedRates(1, 2, 5)
    assert measured.value == pytest.approx(1 / 5)


@pytest.mark.parametrize(("b", "c", "n"), [(15, 10, 400), (3, 1, 50), (100, 90, 2_000)])
def test_as_many_examples_as_are_said_would_decide(b: int, c: int, n: int) -> None:
    needed = PairedRates(b, c, n).needed_n(0.95)
    assert needed is not None
    times = needed / n
    assert mcnemar(round(1.15 * times * b), round(1.15 * times * c)) <= 0.05
    assert mcnemar(round(0.8 * times * b), round(0.8 * times * c)) > 0.05


def test_where_both_are_equal_no_number_decides() -> None:
    assert PairedRates(7, 7, 100).needed_n(0.95) is None
