from math import inf

import numpy as np
import pytest

from dlrun.statistics.paired_means import MEAN, MOST_DRAWN, ROOT, paired_means

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("n", [2, 50, MOST_DRAWN + 1])
def test_the_difference_is_that_of_the_means(n: int) -> None:
    first, second = RNG.random(n), RNG.random(n)
    assert paired_means(first, second, 0).value == pytest.approx(second.mean() - first.mean())
    assert paired_means(first, second, 0, ROOT).value == pytest.approx(np.sqrt(second.mean()) - np.sqrt(first.mean()))


def test_test_and_limits_say_the_same() -> None:
    for _ in range(40):
        first = RNG.exponential(size=80)
        measured = paired_means(first, first + RNG.normal(0.1, 0.5, 80), 0)
        low, high = measured.limits(0.95)
        assert (measured.p <= 0.05) == (not low <= 0 <= high) or abs(measured.p - 0.05) < 0.002


@pytest.mark.parametrize("n", [300, MOST_DRAWN + 1])
@pytest.mark.parametrize("scale", [MEAN, ROOT])
def test_pairs_tell_more_than_two_samples(n: int, scale: object) -> None:
    common = RNG.exponential(size=n)
    measured = paired_means(common, common + 0.01 * RNG.random(n), 0, ROOT if scale is ROOT else MEAN)
    assert measured.p < 0.001
    assert measured.limits(0.95)[0] > 0
    assert measured.needed_n(0.95) == n + 1  # it is decided already


def test_samples_and_z_agree_where_one_takes_over_from_the_other() -> None:
    first, second = RNG.exponential(size=(2, MOST_DRAWN))
    drawn = paired_means(first, second, 0)
    assert len(drawn.spread)
    low, high = drawn.limits(0.95)
    assert (high - low) / 2 == pytest.approx(1.96 * drawn.deviation, rel=0.06)


def test_the_same_examples_give_the_same_numbers() -> None:
    first, second = RNG.random((2, 100))
    assert paired_means(first, second, 0).limits(0.95) == paired_means(first, second, 0).limits(0.95)


def test_equal_values_do_not_differ() -> None:
    measured = paired_means(np.ones(9), np.ones(9), 0)
    assert (measured.value, measured.p, measured.limits(0.95), measured.needed_n(0.95)) == (0, 1, (0, 0), None)


def test_of_a_constant_difference_or_one_example_no_spread_is_known() -> None:
    for n in (1, 9):
        measured = paired_means(np.arange(float(n)), np.arange(n) + 1.0, 0)
        assert (measured.p, measured.limits(0.95), measured.needed_n(0.95)) == (1, (-inf, inf), None)


def test_the_needed_number_is_where_the_limits_leave_zero_out() -> None:
    first = RNG.normal(size=400)
    measured = paired_means(first, first + RNG.normal(0.02, 1, 400), 0)
    needed = measured.needed_n(0.95)
    low, high = measured.limits(0.95)
    assert needed == pytest.approx(400 * ((high - low) / 2 / abs(measured.value)) ** 2, rel=0.01)


def test_without_examples_there_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="no example"):
        paired_means(np.empty(0), np.empty(0), 0)


def test_a_perfect_run_is_compared_too() -> None:
    measured = paired_means(np.zeros(50), RNG.exponential(size=50), 0, ROOT)
    assert measured.value > 0
    assert measured.p < 0.01
