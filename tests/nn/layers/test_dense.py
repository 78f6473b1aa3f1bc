import math
from typing import Any

import numpy as np
import pytest

from dlrun.kernels import NUMPY
from dlrun.nn.initializers import Xavier, Zeros
from dlrun.nn.layers import Dense, Place
from dlrun.nn.params import Block, Params, Role
from tests.laws import DTYPES


def test_blocks_are_a_weight_matrix_and_a_bias() -> None:
    assert Dense(units=3).blocks(5) == (Block("W", (5, 3), Role.WEIGHT), Block("b", (3,), Role.BIAS))
    assert Dense(units=3, bias=False).blocks(5) == (Block("W", (5, 3), Role.WEIGHT),)


def test_draws_weights_as_init_says_and_zero_biases() -> None:
    drawn = Dense(units=3, init=Xavier()).draw(np.random.default_rng(0), 5)
    np.testing.assert_array_equal(drawn["W"], Xavier().draw(np.random.default_rng(0), 5, 3))
    np.testing.assert_array_equal(drawn["b"], np.zeros(3))
    assert not Dense(units=3, init=Zeros()).draw(np.random.default_rng(0), 5)["W"].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("m", [1, 2, 6])
def test_gradients_are_the_sums_over_examples(dtype: Any, m: int) -> None:
    """dW = Σ xᵢ dzᵢᵀ, db = Σ dzᵢ, dxᵢ = W dzᵢ, written as sums."""
    views = Params.allocate(Dense(units=3).blocks(4), [], dtype).views
    place = Place(n_in=4, max_batch=6, dtype=np.dtype(dtype), views=views, stats={}, kernels=NUMPY, in_place=False)
    layer = Dense(units=3).build(place)
    rng = np.random.default_rng(0)
    x, dz = rng.standard_normal((m, 4)).astype(dtype), rng.standard_normal((m, 3)).astype(dtype)
    W = views["W"].value
    W[...] = rng.standard_normal((4, 3))
    layer.forward(x, None)
    dx = layer.backward(dz, need_dx=True)

    bound: Any = {"rtol": 1e-5, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-13, "atol": 1e-14}
    dW = [[math.fsum(float(x[i, k]) * float(dz[i, j]) for i in range(m)) for j in range(3)] for k in range(4)]
    np.testing.assert_allclose(views["W"].grad, dW, **bound)
    np.testing.assert_allclose(views["b"].grad, [math.fsum(map(float, dz[:, j])) for j in range(3)], **bound)
    expected = [[math.fsum(float(W[k, j]) * float(dz[i, j]) for j in range(3)) for k in range(4)] for i in range(m)]
    np.testing.assert_allclose(np.asarray(dx), expected, **bound)


def test_gradients_replace_what_the_step_before_left() -> None:
    views = Params.allocate(Dense(units=3).blocks(4), [], np.float64).views
    place = Place(n_in=4, max_batch=2, dtype=np.dtype(np.float64), views=views, stats={}, kernels=NUMPY, in_place=False)
    layer = Dense(units=3).build(place)
    for _ in range(2):
        layer.forward(np.ones((2, 4)), None)
        layer.backward(np.ones((2, 3)), need_dx=False)
    np.testing.assert_array_equal(views["W"].grad, np.full((4, 3), 2.0))
    np.testing.assert_array_equal(views["b"].grad, np.full(3, 2.0))
