import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.statistics.noise import noise_is_independent, noise_of
from tests.strategies import quick, seeds

ONE = np.ones(1)


def noise(n: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(n)


def remembering(n: int, rho: float, seed: int = 0) -> Array:
    values = noise(n, seed)
    for t in range(1, n):
        values[t] += rho * values[t - 1]
    return values


def wave(n: int) -> Array:
    return 10 * np.sin(np.arange(n) * 2 * np.pi / 400)


def test_noise_is_found_below_any_line_and_below_a_slow_curve() -> None:
    for curve in (np.zeros(5000), np.arange(5000.0) * 3 - 7, wave(5000)):
        assert noise_of(curve + 2 * noise(5000), ONE) == pytest.approx(2, rel=0.04)
    assert noise_of(np.arange(50.0), ONE) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("weights", [[0.5, 0.5], [1 / 3] * 3, [0.1 * 0.9**k for k in range(200)]], ids=["2", "3", "β 0.9"])
def test_noise_of_a_weighted_sum_is_that_of_the_sum(weights: list[float]) -> None:
    summed = np.convolve(noise(20_000), weights, mode="valid")
    assert noise_of(summed, np.array(weights)) == pytest.approx(summed.std(), rel=0.06)


@pytest.mark.parametrize("n", [20, 100, 1000])
def test_independent_noise_is_rarely_taken_for_another(n: int) -> None:
    assert sum(noise_is_independent(noise(n, seed)) for seed in range(200)) >= 190


def test_noise_that_remembers_is_told_apart_and_so_is_a_smooth_curve() -> None:
    assert sum(noise_is_independent(remembering(1000, 0.5, seed)) for seed in range(50)) <= 1
    for smooth in (wave(1000), np.arange(1000.0), np.zeros(1000), 0.1 * np.arange(1000.0), np.cumsum(np.cumsum(noise(1000)))):
        assert not noise_is_independent(smooth)


@pytest.mark.parametrize("n", range(10))
def test_from_fewer_than_ten_values_nothing_is_said(n: int) -> None:
    assert noise_of(np.arange(float(n)), ONE) is None
    assert not noise_is_independent(np.arange(float(n)))


@quick
@given(seed=seeds, scale=st.floats(1e-90, 1e90), shift=st.floats(-10, 10))
def test_units_do_not_matter(seed: int, scale: float, shift: float) -> None:
    values = wave(100) + noise(100, seed)
    moved = scale * (values + shift)
    assert noise_of(moved, ONE) == pytest.approx(scale * (noise_of(values, ONE) or math.nan), rel=1e-6)
    assert noise_is_independent(moved) == noise_is_independent(values)
