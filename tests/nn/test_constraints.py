"""Clipping and max-norm against naive formulas."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import Kernels
from dlrun.nn.constraints import Clip, MaxNorm
from dlrun.nn.layers import Dense, Layer, Relu
from tests.laws import build, each_column, each_dtype
from tests.strategies import quick, vectors

LAYERS: list[Layer] = [Dense(units=5), Relu(), Dense(units=3)]
P = build(LAYERS, 4).params.theta.size


def clipped(grad: Array, clip: Clip) -> Array:
    params = build(LAYERS, 4).params
    params.grad[...] = grad
    clip.apply(params, params.squared_gradient_norm())
    return params.grad


@quick
@given(grad=vectors(P), limit=st.floats(0.01, 100))
def test_clipping_by_norm_keeps_the_direction_and_holds_the_length(grad: Array, limit: float) -> None:
    norm = float(np.linalg.norm(grad))
    np.testing.assert_allclose(clipped(grad, Clip(norm=limit)), grad * min(1, limit / max(norm, 1e-300)), rtol=1e-12)


@quick
@given(grad=vectors(P), limit=st.floats(0.01, 100))
def test_clipping_by_value_holds_every_entry(grad: Array, limit: float) -> None:
    np.testing.assert_array_equal(clipped(grad, Clip(value=limit)), np.clip(grad, -limit, limit))


@quick
@given(grad=vectors(P))
def test_both_clip_the_entries_first(grad: Array) -> None:
    held = np.clip(grad, -2, 2)
    norm = float(np.linalg.norm(held))
    np.testing.assert_allclose(clipped(grad, Clip(norm=3, value=2)), held * min(1, 3 / max(norm, 1e-300)), rtol=1e-12)


@each_column
@each_dtype
@pytest.mark.parametrize("limit", [0.1, 0.8, 100.0])
def test_max_norm_shrinks_columns_that_are_too_long_and_only_where_it_is_asked(
    kernels: Kernels, dtype: Any, limit: float
) -> None:
    params = build(LAYERS, 4, dtype=dtype).params
    before = {name: view.value.copy() for name, view in params.views.items()}
    MaxNorm(limit=limit, blocks=["W1"]).apply(params, kernels)
    W = before["W1"].astype(np.float64)
    norms = np.linalg.norm(W, axis=0)
    tolerance = 1e-6 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(params.views["W1"].value, W * np.minimum(1, limit / norms), rtol=tolerance)
    short = norms <= limit * (1 - 1e-6)
    np.testing.assert_array_equal(params.views["W1"].value[:, short], before["W1"][:, short])  # to the last bit
    for name in ("b1", "W2", "b2"):
        np.testing.assert_array_equal(params.views[name].value, before[name])
