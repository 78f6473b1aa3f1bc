import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import Kernels
from dlrun.nn.averages import average, bias_correction, memory, moving_average
from tests.laws import each_column
from tests.strategies import quick, seeds, vectors

betas = st.floats(0, 0.999)
some_betas = pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.98])


def noise(n: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(n)


def weights(beta: float, t: int) -> Array:
    """Return how much each of t values, latest first, counts in v_t: by the answer to a lone 1 at its place."""
    return np.array([average(one, beta, correct=False)[-1] for one in np.eye(t)[::-1]])


@pytest.mark.parametrize(("beta", "steps"), [(0.9, 10), (0.98, 50), (0.5, 2)])
def test_memory_is_the_courses(beta: float, steps: float) -> None:
    assert memory(beta) == pytest.approx(steps, rel=1e-14)


def test_memory_explains_the_scale_to_search_beta_on() -> None:
    """A step of 0.0005 hardly matters at 0.9 and doubles the memory at 0.999."""
    assert [round(memory(beta), 2) for beta in (0.9, 0.9005, 0.999, 0.9995)] == [10, 10.05, 1000, 2000]


@pytest.mark.parametrize(("beta", "left"), [(0.9, 0.349), (0.98, 0.364)])
def test_after_its_memory_a_value_counts_about_1_over_e_of_the_newest(beta: float, left: float) -> None:
    steps = round(memory(beta))
    w = weights(beta, steps + 1)
    assert w[steps] / w[0] == pytest.approx(left, abs=0.0005)
    assert w[steps] / w[0] == pytest.approx(1 / math.e, abs=0.02)


def test_weights_fall_by_a_tenth_a_step() -> None:
    np.testing.assert_allclose(weights(0.9, 4), [0.1, 0.09, 0.081, 0.0729], rtol=1e-14)


@quick
@given(beta=betas, t=st.integers(1, 60))
def test_weights_sum_to_the_bias_correction(beta: float, t: int) -> None:
    assert weights(beta, t).sum() == pytest.approx(1 - beta**t, rel=1e-10)
    assert bias_correction(beta, t) == 1 - beta**t


def test_the_hundredth_average_written_out() -> None:
    """v₁₀₀ = 0.1 θ₁₀₀ + 0.1 · 0.9 θ₉₉ + 0.1 · 0.9² θ₉₈ + …"""
    theta = noise(100)
    written_out = math.fsum(0.1 * 0.9**k * theta[99 - k] for k in range(100))
    assert average(theta, 0.9, correct=False)[99] == pytest.approx(written_out, rel=1e-12)


def test_the_second_day_and_its_correction() -> None:
    """At β = 0.98: v₂ = 0.0196 θ₁ + 0.02 θ₂, divided by 1 − 0.98² = 0.0396."""
    theta = np.array([40.0, 49.0])
    v2 = 0.0196 * 40 + 0.02 * 49
    assert average(theta, 0.98, correct=False)[1] == pytest.approx(v2, rel=1e-12)
    assert average(theta, 0.98)[1] == pytest.approx(v2 / 0.0396, rel=1e-12)
    assert bias_correction(0.98, 2) == pytest.approx(0.0396, rel=1e-14)


@quick
@given(beta=betas, constant=st.floats(-1e6, 1e6))
def test_the_corrected_average_of_a_constant_is_the_constant_from_the_first_step_on(beta: float, constant: float) -> None:
    np.testing.assert_allclose(average(np.full(50, constant), beta), constant, rtol=1e-11, atol=1e-300)


def test_uncorrected_an_average_starts_far_too_low() -> None:
    ones = np.ones(400)
    np.testing.assert_allclose(average(ones, 0.98, correct=False), 1 - 0.98 ** np.arange(1, 401), rtol=1e-12)
    assert average(ones, 0.98, correct=False)[0] == pytest.approx(0.02, rel=1e-14)


@quick
@given(values=vectors(40), beta=betas)
def test_the_corrected_average_is_that_of_pandas(values: Array, beta: float) -> None:
    expected = pd.Series(values).ewm(alpha=1 - beta, adjust=True).mean().to_numpy()
    np.testing.assert_allclose(average(values, beta), expected, rtol=0, atol=1e-11)


@quick
@given(values=vectors(40), beta=betas)
def test_a_corrected_average_lies_between_the_values_it_is_of(values: Array, beta: float) -> None:
    averaged = average(values, beta)
    assert (averaged >= np.minimum.accumulate(values) - 1e-10).all()
    assert (averaged <= np.maximum.accumulate(values) + 1e-10).all()


@some_betas
def test_of_independent_noise_an_average_leaves_what_the_formula_says(beta: float) -> None:
    formula = math.sqrt((1 - beta) / (1 + beta))
    assert math.sqrt(np.sum(weights(beta, 400) ** 2)) == pytest.approx(formula, rel=1e-6)  # the weights' own variance
    noisy = noise(200_000)
    assert average(noisy, beta).std() / noisy.std() == pytest.approx(formula, rel=0.05)


@some_betas
def test_on_a_steady_slope_the_average_lags_its_memory_less_one_behind(beta: float) -> None:
    slope = np.arange(40 * memory(beta))
    assert slope[-1] - average(slope, beta)[-1] == pytest.approx(memory(beta) - 1, rel=1e-9, abs=1e-12)


def test_without_memory_the_average_is_the_value() -> None:
    values = noise(20)
    np.testing.assert_array_equal(average(values, 0.0), values)


def test_a_curve_of_no_points_has_no_average() -> None:
    assert average(np.empty(0), 0.9).shape == (0,)


def test_a_curve_is_averaged_in_float64_and_left_alone() -> None:
    values = np.linspace(0, 1, 1000, dtype=np.float32)
    before = values.copy()
    averaged = average(values, 0.98)
    assert averaged.dtype == np.float64
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(averaged, average(values.astype(np.float64), 0.98))


def test_what_is_not_a_number_is_not_averaged_away() -> None:
    averaged = average(np.array([1.0, np.nan, 1.0]), 0.9)
    np.testing.assert_array_equal(np.isnan(averaged), [False, True, True])


@quick
@given(values=vectors(40), window=st.integers(1, 60))
def test_a_moving_average_is_the_mean_of_the_last_values_there_are(values: Array, window: int) -> None:
    expected = [values[max(0, t - window) : t].mean() for t in range(1, 41)]
    np.testing.assert_allclose(moving_average(values, window), expected, rtol=0, atol=1e-12)


def test_a_moving_average_keeps_its_digits_far_from_zero() -> None:
    values = 1e9 + noise(5000)
    np.testing.assert_allclose(moving_average(values, 10)[9:], pd.Series(values).rolling(10).mean()[9:], rtol=0, atol=1e-5)
    np.testing.assert_array_equal(moving_average(np.full(100, 0.1), 7), 0.1)
    assert moving_average(np.empty(0), 3).shape == (0,)


@each_column
@quick
@given(beta=betas, seed=seeds)
def test_the_running_moments_of_batch_norm_are_the_average_of_each_place(kernels: Kernels, beta: float, seed: int) -> None:
    values = np.random.default_rng(seed).standard_normal((30, 2, 3))
    v, count, scratch = np.zeros((2, 3)), np.zeros(1), np.full(3, np.nan)
    for mean, var in values:
        kernels.running_moments(mean, var, v[0], v[1], count, scratch, beta)
    expected = [[average(curve, beta, correct=False)[-1] for curve in of_one.T] for of_one in values.swapaxes(0, 1)]
    np.testing.assert_allclose(v, expected, rtol=0, atol=1e-12)
    assert count == 30


@each_column
@quick
@given(beta=betas, seed=seeds)
def test_momentum_averages_gradients_in_this_way(kernels: Kernels, beta: float, seed: int) -> None:
    grads = np.random.default_rng(seed).standard_normal((10, 4))
    theta, by_momentum, scratch, of_var = (np.zeros(4) for _ in range(4))
    v, count = np.zeros(4), np.zeros(1)
    for grad in grads:
        kernels.momentum(theta, grad, by_momentum, scratch, 0.1, beta)
        kernels.running_moments(grad, grad, v, of_var, count, scratch, beta)
    np.testing.assert_array_equal(v, by_momentum)
