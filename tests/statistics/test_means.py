from math import inf, isfinite, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dlrun.statistics.intervals import Estimate, Interval, wilson
from dlrun.statistics.means import MeanProportion, mean_error, mean_interval, mean_of
from dlrun.statistics.student import student_score
from tests.strategies import quick

numbers = st.floats(-1e6, 1e6)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 30])
def test_student_s_limits_hold_the_true_mean_as_often_as_they_say(n: int) -> None:
    """Of 4,000 samples 95 % within 4 standard errors; ± 1.96 s/√n would hold it in 70 % of samples of two."""
    draws = np.random.default_rng(7).normal(3.0, 2.0, (4000, n))
    held = np.mean([found.low <= 3 <= found.high for found in map(mean_of, draws.tolist())])
    assert abs(held - 0.95) < 4 * sqrt(0.95 * 0.05 / 4000)


@quick
@given(st.lists(numbers, min_size=2, max_size=20))
def test_mean_and_spread_are_numpys(values: list[float]) -> None:
    found = mean_of(values)
    assert found.value == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    assert found.spread == pytest.approx(np.std(values, ddof=1), rel=1e-6, abs=1e-6)
    assert found.low <= found.value <= found.high


def test_of_one_number_nothing_is_known_about_the_spread() -> None:
    found = mean_of([0.2], least=0.0)
    assert (found.low, found.high, found.spread, found.n) == (0.0, inf, None, 1)
    with pytest.raises(ValueError, match="no mean"):
        mean_of([])


def test_a_strangers_numbers_have_a_mean_too() -> None:
    found = mean_of([0.0, 1e290, 1e305])
    assert found.value == pytest.approx((1e290 + 1e305) / 3)
    assert found.spread == pytest.approx(1e305 / sqrt(3))


def test_limits_of_an_error_stay_in_their_range() -> None:
    found = mean_of([0.0, 0.01, 0.0], least=0.0, most=1.0)
    assert found.low == 0.0
    assert mean_of([0.1, 0.1, 0.1]).value == 0.1


@quick
@given(st.lists(st.integers(0, 200), min_size=1, max_size=6), st.integers(200, 100_000))
def test_a_mean_error_is_less_certain_than_its_examples_and_than_its_runs(wrong: list[int], n: int) -> None:
    found = mean_error([wilson(k, 200) for k in wrong])
    assert isinstance(found, MeanProportion)
    chance = mean_of([k / 200 for k in wrong], least=0.0, most=1.0)
    sample = found.value, *_wilson(found.value, 200)
    assert found.low <= sample[1] + 1e-12
    assert found.high >= sample[2] - 1e-12
    if len(wrong) > 1:
        assert found.low <= chance.low + 1e-12
        assert found.high >= chance.high - 1e-12
    more = found.at(n)  # more examples narrow the limits as far as those of the runs
    assert found.low - 1e-12 <= more.low <= more.value <= more.high <= found.high + 1e-12


def _wilson(rate: float, n: int) -> tuple[float, float]:
    z2 = stats.norm.ppf(0.975) ** 2
    centre, half = (rate + z2 / (2 * n)) / (1 + z2 / n), sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return min(max(0.0, centre - half), rate), max(min(1.0, centre + half), rate)


def test_one_run_has_the_limits_of_its_examples() -> None:
    one = wilson(3, 100)
    found = mean_error([one])
    assert (found.value, found.low, found.high, found.n) == pytest.approx((one.value, one.low, one.high, one.n))


def test_the_mean_of_root_mean_squares_adds_both_kinds_of_chance() -> None:
    found = mean_error([Estimate(2.0, 1.5, 2.5, 50), Estimate(3.0, 2.5, 3.5, 50)])
    student = student_score(1) * sqrt(0.5) / sqrt(2)
    assert found.value == 2.5
    assert found.high == pytest.approx(2.5 + sqrt(0.5**2 + student**2))
    assert found.low == max(0.0, 2.5 - sqrt(0.5**2 + student**2))
    assert found.at(200).high == pytest.approx(2.5 + sqrt(0.25**2 + student**2))
    assert not isfinite(mean_error([Estimate(2.0, 0.0, inf, 1)]).high)


@pytest.mark.parametrize("value", [1e155, 1e200, 1e308])
def test_the_spread_of_numbers_whose_squares_are_none_is_still_a_number(value: float) -> None:
    assert mean_of([0.0, value]).spread == pytest.approx(value / sqrt(2))


def test_figures_below_0_have_a_mean_with_both_kinds_of_chance() -> None:
    one = Interval(-0.1, -0.2, 0.1)
    single = mean_interval([one])
    assert (single.value, single.low, single.high) == pytest.approx((-0.1, -0.2, 0.1))
    alike = mean_interval([one, one])
    assert (alike.value, alike.low, alike.high) == pytest.approx((-0.1, -0.2, 0.1))
    apart = mean_interval([one, Interval(0.1, 0.0, 0.3)])
    assert apart.value == pytest.approx(0.0)
    assert apart.low < -0.1
    assert apart.high > 0.2
