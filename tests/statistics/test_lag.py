import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.statistics.lag import Lag, lag_behind
from tests.strategies import quick, seeds

NONE = np.zeros(1)  # weights of a copy that shares no noise with the values
TEN = 0.1 * 0.9 ** np.arange(400.0)  # β = 0.9


def noise(n: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(n)


def wave(n: int) -> Array:
    return 10 * np.sin(np.arange(n) * 2 * np.pi / 400)


def averaged(values: Array, weights: Array) -> Array:
    return np.convolve(values, weights)[: len(values)]


def found(values: Array, weights: Array, longest: int = 40) -> Lag | None:
    """Measure the lag of a weighted average, once it has settled."""
    return lag_behind(values[60:], averaged(values, weights)[60:], weights, longest=longest, tolerance=longest)


@quick
@given(lag=st.integers(0, 40), seed=seeds)
def test_a_copy_that_comes_late_is_as_late_as_it_is(lag: int, seed: int) -> None:
    curve = wave(600) + 0.1 * noise(600, seed)
    assert lag_behind(curve[50:], curve[50 - lag : 600 - lag], NONE, longest=60, tolerance=60) == Lag(places=lag, within=1)


def test_the_noise_shared_with_the_values_does_not_make_a_lag_shorter() -> None:
    true, naive = [], []
    for seed in range(60):
        values = wave(500) + 3 * noise(500, seed)
        late = averaged(values, TEN)
        if (lag := found(values, TEN)) and (short := lag_behind(values[60:], late[60:], NONE, longest=40, tolerance=40)):
            true.append(lag.places)
            naive.append(short.places)
    assert len(true) == 60
    assert np.mean(true) == pytest.approx(9, abs=0.7)
    assert np.mean(naive) < 7


@pytest.mark.parametrize("course", [wave(500), np.linspace(0, 40, 500), 20 * np.exp(-np.arange(500) / 100)])
def test_within_is_about_two_standard_errors(course: Array) -> None:
    lags = [found(course + noise(500, seed), TEN) for seed in range(60)]
    places = np.array([lag.places for lag in lags if lag])
    within = np.array([lag.within for lag in lags if lag])
    assert len(places) == 60
    assert np.mean(np.abs(places - 9) <= within) >= 0.9
    assert 1 <= np.mean(within) / np.std(places) <= 5


def test_noise_alone_has_no_lag() -> None:
    assert sum(found(noise(500, seed), TEN) is not None for seed in range(100)) <= 3
    assert lag_behind(np.ones(300), np.ones(300), NONE, longest=20, tolerance=20) is None


def test_a_slope_too_gentle_for_the_noise_has_no_lag_and_a_longer_series_does() -> None:
    gentle = 0.01 * np.arange(100_000)
    assert found(gentle[:300] + noise(300), TEN) is None
    lag = found(gentle + noise(100_000), TEN)
    assert lag is not None
    assert abs(lag.places - 9) <= lag.within <= 10


def test_no_lag_that_is_known_less_well_than_asked() -> None:
    values = wave(500) + 5 * noise(500)
    late = averaged(values, TEN)
    roughly = lag_behind(values[60:], late[60:], TEN, longest=40, tolerance=40)
    assert roughly is not None
    assert roughly.within > 3
    assert lag_behind(values[60:], late[60:], TEN, longest=40, tolerance=roughly.within) == roughly
    assert lag_behind(values[60:], late[60:], TEN, longest=40, tolerance=roughly.within - 1) is None


def test_no_lag_beyond_what_was_searched_or_can_be_seen() -> None:
    line = np.arange(100.0)
    assert lag_behind(line, line - 30, NONE, longest=40, tolerance=40) == Lag(places=30, within=1)
    assert lag_behind(line, line - 30, NONE, longest=20, tolerance=20) is None
    assert lag_behind(line, line - 80, NONE, longest=90, tolerance=90) is None


@pytest.mark.parametrize("n", range(10))
def test_from_fewer_than_ten_values_nothing_is_said(n: int) -> None:
    values = np.arange(float(n))
    assert lag_behind(values, values, NONE, longest=3, tolerance=3) is None


@quick
@given(seed=seeds, scale=st.floats(1e-90, 1e90), shift=st.floats(-10, 10))
def test_units_do_not_matter(seed: int, scale: float, shift: float) -> None:
    values = wave(300) + noise(300, seed)
    lag, moved = found(values, TEN), found(scale * values, TEN)
    assert lag is not None
    assert moved is not None
    assert abs(lag.places - moved.places) <= 1
