"""Lessons 20 and 21 of the course: what an average does to noise and to a slope, and how it begins."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.data.sources.temperatures import Temperatures, seasonal
from dlrun.nn.smoothers import ExponentialAverage, MovingAverage, Smoother, raw_noise, smooth
from tests.strategies import quick, vectors

COURSE = (0.5, 0.9, 0.98)
SMOOTHERS: list[Any] = [
    *(ExponentialAverage(beta=beta) for beta in (0.0, *COURSE)),
    *(MovingAverage(window=n) for n in (1, 10, 50)),
]
every = pytest.mark.parametrize("smoother", SMOOTHERS, ids=lambda smoother: smoother.column)


def year(seed: int, days: int = 365) -> tuple[Array, Array]:
    """Return the temperatures of a year, and what they would be without weather."""
    (part,) = Temperatures(days=days).load(seed).parts.values()
    return part.y, seasonal(part.x[:, 0])


def test_every_smoother_is_held_to_the_laws_below() -> None:
    assert {type(smoother) for smoother in SMOOTHERS} == set(get_args(Smoother))


@every
def test_lag_and_noise_are_those_of_the_weights(smoother: Any) -> None:
    w = smoother.weights(100_000)
    assert w.sum() == pytest.approx(1, abs=1e-9)
    assert (w * np.arange(len(w))).sum() == pytest.approx(smoother.lag, rel=1e-6, abs=1e-12)
    assert np.sqrt((w**2).sum()) == pytest.approx(smoother.noise, rel=1e-9)


@every
def test_the_weights_are_those_by_which_it_averages(smoother: Any) -> None:
    values = np.random.default_rng(0).standard_normal(2000)
    w = smoother.weights(2000)
    assert smoother.of(values)[-1] == pytest.approx(w @ values[::-1][: len(w)], abs=1e-9)


@every
@quick
@given(values=vectors(30))
def test_an_average_lies_between_the_values_so_far(smoother: Any, values: Array) -> None:
    averaged = smoother.of(values)
    assert (averaged >= np.minimum.accumulate(values) - 1e-10).all()
    assert (averaged <= np.maximum.accumulate(values) + 1e-10).all()


def test_memory_and_what_it_costs() -> None:
    """The course's point: fifty days in one number."""
    assert [round(ExponentialAverage(beta=beta).memory) for beta in COURSE] == [2, 10, 50]
    assert ExponentialAverage(beta=0.98).keeps == 1
    assert MovingAverage(window=50).keeps == 50


@pytest.mark.parametrize(("beta", "window"), [(0.5, 3), (0.9, 19), (0.98, 99)])
def test_the_plain_mean_that_is_as_late_and_as_quiet_keeps_more_numbers(beta: float, window: int) -> None:
    """N = (1 + β)/(1 − β)."""
    one, many = ExponentialAverage(beta=beta), MovingAverage(window=window)
    assert (one.lag, one.noise) == pytest.approx((many.lag, many.noise), rel=1e-12)
    assert many.keeps > one.keeps


@pytest.mark.parametrize("beta", COURSE)
def test_lesson_20_the_noise_left_is_what_the_formula_says(beta: float) -> None:
    """√((1 − β)/(1 + β)), over a century: against the truth within 10 %, measured without knowing it within 3 %."""
    values, truth = year(20, days=36_500)
    by = ExponentialAverage(beta=beta)
    left = (by.of(values) - by.of(truth))[1000:].std() / (values - truth)[1000:].std()
    formula = np.sqrt((1 - beta) / (1 + beta))
    assert left == pytest.approx(formula, rel=0.1)
    assert smooth(values, by).noise == pytest.approx(formula, rel=0.03)


@pytest.mark.parametrize(("smoother", "lag"), [(ExponentialAverage(beta=0.9), 9), (MovingAverage(window=50), 24.5)])
def test_lesson_20_measured_over_years(smoother: Any, lag: float) -> None:
    """Each year alone is a few days off; together they are right."""
    found = [smooth(year(seed)[0], smoother) for seed in range(40)]
    assert np.mean([of.lag.places for of in found if of.lag]) == pytest.approx(lag, abs=1)
    assert np.mean([of.noise for of in found if of.noise is not None]) == pytest.approx(smoother.noise, rel=0.03)
    assert sum(of.noise is not None for of in found) >= 38


def test_lesson_20_lag_grows_with_memory() -> None:
    """49 days behind on a steady slope; a year bends, so that an average over 50 days follows its swing 40 days late."""
    values, _ = year(5)
    lags = [smooth(values, ExponentialAverage(beta=beta)).lag for beta in COURSE]
    assert [lag and lag.places for lag in lags] == [None, 8, 40]  # one day cannot be seen in a weather of 2 °C
    lags = [smooth(year(5)[1], ExponentialAverage(beta=beta)).lag for beta in COURSE]  # without weather
    assert [lag and lag.places for lag in lags] == [1, 9, 40]


@pytest.mark.parametrize("beta", COURSE)
def test_on_a_steady_slope_the_measured_lag_is_that_of_theory(beta: float) -> None:
    by = ExponentialAverage(beta=beta)
    measured = smooth(np.arange(2000.0), by)
    assert measured.lag is not None
    assert abs(measured.lag.places - by.lag) <= measured.lag.within == 1
    assert measured.noise is None  # a line has none


def test_lesson_21_bias_correction() -> None:
    values, truth = year(5)
    corrected = ExponentialAverage(beta=0.98).of(values)[:5]
    uncorrected = ExponentialAverage(beta=0.98, correct=False).of(values)[:5]
    assert (np.abs(corrected - truth[:5]) < 2 * 2.0).all()
    assert (uncorrected < 0.15 * truth[:5]).all()


def test_noise_that_remembers_is_not_measured_by_a_formula_that_does_not_hold() -> None:
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.standard_normal(1000))
    assert raw_noise(walk) is None
    assert smooth(walk, ExponentialAverage(beta=0.9)).noise is None


@pytest.mark.parametrize("smoother", [ExponentialAverage(beta=np.nextafter(1.0, 0.0).item()), MovingAverage(window=10**12)])
def test_a_memory_longer_than_the_values_is_none_the_worse(smoother: Any) -> None:
    found = smooth(year(5)[0], smoother)
    assert np.isfinite(found.values).all()
    assert (found.lag, found.noise) == (None, None)


@quick
@given(values=st.integers(0, 60).flatmap(vectors), smoother=st.sampled_from(SMOOTHERS))
def test_anything_can_be_smoothed(values: Array, smoother: Any) -> None:
    found = smooth(values, smoother)
    assert found.values.shape == values.shape
    assert found.noise is None or np.isfinite(found.noise)
