from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import NUMPY
from dlrun.nn.layers import Dropout, Place, RuntimeLayer
from tests.strategies import quick, seeds

UNITS, MASKS, KEEP_PROB = 50, 10_000, 0.8


def dropout(keep_prob: float, m: int, n: int, dtype: Any = np.float64) -> RuntimeLayer:
    place = Place(n_in=n, max_batch=m, dtype=np.dtype(dtype), views={}, stats={}, kernels=NUMPY, in_place=False)
    return Dropout(keep_prob=keep_prob).build(place)


@pytest.fixture(params=[np.float32, np.float64])
def dropped(request: pytest.FixtureRequest) -> tuple[Array, Array]:
    """Return activations of 50 units, and the same after 10,000 masks."""
    x = np.random.default_rng(0).uniform(0.5, 1.5, (MASKS, UNITS)).astype(request.param)
    return x, dropout(KEEP_PROB, MASKS, UNITS, request.param).forward(x, np.random.default_rng(1))


def test_of_50_units_10_are_off(dropped: tuple[Array, Array]) -> None:
    _, a = dropped
    off = (a == 0).sum(axis=1)
    assert off.mean() == pytest.approx(10, abs=0.1)  # the standard error is √8 / 100 = 0.028
    assert off.var() == pytest.approx(UNITS * KEEP_PROB * (1 - KEEP_PROB), rel=0.1)  # units fall independently


def test_the_mean_activation_is_unchanged(dropped: tuple[Array, Array]) -> None:
    x, a = dropped
    ratio = a.mean(axis=1, dtype=np.float64) / x.mean(axis=1, dtype=np.float64)
    standard_error = ratio.std() / np.sqrt(MASKS)
    assert abs(ratio.mean() - 1) < 4 * standard_error < 0.005


def test_the_variance_is_what_the_coin_gives(dropped: tuple[Array, Array]) -> None:
    """Var (a/x) = (1 − p)/p: a unit is x/p with probability p, else 0."""
    x, a = dropped
    expected = (1 - KEEP_PROB) / KEEP_PROB
    np.testing.assert_allclose((a / x).var(axis=0, dtype=np.float64), expected, rtol=0.1)


def test_without_the_division_the_mean_activation_is_080_of_it(dropped: tuple[Array, Array]) -> None:
    x, a = dropped
    undivided = np.where(a == 0, 0, x)
    np.testing.assert_allclose(a, undivided / KEEP_PROB, rtol=1e-6)
    assert undivided.mean() / x.mean() == pytest.approx(0.80, abs=0.005)


def test_every_unit_is_dropped_alike(dropped: tuple[Array, Array]) -> None:
    _, a = dropped
    share = (a == 0).mean(axis=0)
    assert np.abs(share - 0.2).max() < 5 * np.sqrt(0.2 * 0.8 / MASKS)


def test_at_test_time_x_itself_comes_out() -> None:
    x = np.ones((4, 3))
    layer = dropout(0.5, 4, 3)
    assert layer.forward(x, None) is x


def test_after_inference_the_gradient_passes_whole() -> None:
    layer = dropout(0.5, 4, 3)
    layer.forward(np.ones((4, 3)), np.random.default_rng(0))
    layer.forward(np.ones((4, 3)), None)
    np.testing.assert_array_equal(np.asarray(layer.backward(np.ones((4, 3)), need_dx=True)), np.ones((4, 3)))


@quick
@given(keep_prob=st.floats(0.05, 1), seed=seeds)
def test_the_gradient_takes_the_way_of_the_activation(keep_prob: float, seed: int) -> None:
    layer = dropout(keep_prob, 5, 7)
    a = layer.forward(np.ones((5, 7)), np.random.default_rng(seed)).copy()
    np.testing.assert_array_equal(np.asarray(layer.backward(np.ones((5, 7)), need_dx=True)), a)


@quick
@given(seed=seeds)
def test_keep_prob_1_keeps_everything(seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((5, 7))
    np.testing.assert_array_equal(dropout(1.0, 5, 7).forward(x, np.random.default_rng(seed)), x)


def test_the_generator_alone_decides() -> None:
    layer, x = dropout(0.5, 8, 20), np.ones((8, 20))
    first = layer.forward(x, np.random.default_rng(4)).copy()
    np.testing.assert_array_equal(layer.forward(x, np.random.default_rng(4)), first)
    assert not np.array_equal(layer.forward(x, np.random.default_rng(5)), first)
