"""Each kernel against its formula, entry by entry, and what all of them promise: in place, and nothing allocated.

The losses' kernels are held by tests/nn/test_losses.py, the optimizers' by tests/nn/test_optimizers.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, LossScratch
from tests.laws import DTYPES, peak_bytes
from tests.strategies import matrices, quick, seeds

some_matrices = matrices(st.integers(1, 9), st.integers(1, 7))
M, N = 400, 250


def entrywise(function: Callable[[float], float], x: Array) -> Array:
    return np.array([[function(float(value)) for value in row] for row in x])


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


@quick
@given(x=some_matrices)
def test_relu_and_its_slope(x: Array) -> None:
    out, mask, dz = np.empty_like(x), np.empty(x.shape, dtype=np.bool_), np.full_like(x, 3.0)
    NUMPY.relu(x, out, mask)
    NUMPY.relu_backward(dz, mask)
    np.testing.assert_array_equal(out, entrywise(lambda z: max(z, 0.0), x))
    np.testing.assert_array_equal(dz, entrywise(lambda z: 3.0 if z > 0 else 0.0, x))  # 0 at the kink itself


@quick
@given(x=some_matrices)
def test_tanh_and_its_slope(x: Array) -> None:
    out, dz = np.empty_like(x), np.full_like(x, 3.0)
    NUMPY.tanh(x, out)
    np.testing.assert_allclose(out, entrywise(math.tanh, x), rtol=1e-14)
    NUMPY.tanh_backward(dz, out)
    np.testing.assert_allclose(dz, entrywise(lambda z: 3 / math.cosh(z) ** 2, x), rtol=1e-14, atol=1e-14)


@quick
@given(x=some_matrices)
def test_sigmoid_and_its_slope(x: Array) -> None:
    out, dz = np.empty_like(x), np.full_like(x, 3.0)
    NUMPY.sigmoid(x, out)
    np.testing.assert_allclose(out, entrywise(sigmoid, x), atol=1e-15)
    NUMPY.sigmoid_backward(dz, out)
    np.testing.assert_allclose(dz, entrywise(lambda z: 3 * sigmoid(z) * sigmoid(-z), x), atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_activations_bear_any_number(activation: str, dtype: Any) -> None:
    """No overflow, no warning, at the largest and smallest numbers there are."""
    info = np.finfo(dtype)
    x = np.array([[info.min, -1e4, -info.tiny, 0, info.tiny, 1e4, info.max]], dtype=dtype)
    mask = [np.empty(x.shape, dtype=np.bool_)] if activation == "relu" else []
    getattr(NUMPY, activation)(x, x, *mask)
    limits = {"relu": (0, info.max), "tanh": (-1, 1), "sigmoid": (0, 1)}[activation]
    assert (x[0, 0], x[0, -1]) == limits


@quick
@given(x=some_matrices, seed=seeds)
def test_activations_may_write_over_their_input(x: Array, seed: int) -> None:
    for name, rest in [("relu", [np.empty(x.shape, dtype=np.bool_)]), ("tanh", []), ("sigmoid", [])]:
        out, inside = np.empty_like(x), x.copy()
        getattr(NUMPY, name)(x, out, *rest)
        getattr(NUMPY, name)(inside, inside, *rest)
        np.testing.assert_array_equal(inside, out)
    out, inside, mask = np.empty_like(x), x.copy(), np.empty_like(x)
    NUMPY.dropout(x, out, mask, np.random.default_rng(seed), 0.6)
    NUMPY.dropout(inside, inside, mask, np.random.default_rng(seed), 0.6)
    np.testing.assert_array_equal(inside, out)


@quick
@given(z=some_matrices)
def test_bias_and_its_gradient(z: Array) -> None:
    m, n = z.shape
    b, db, before = np.arange(1.0, n + 1), np.empty(n), z.copy()
    NUMPY.bias_gradient(z, np.ones(m + 3), db)  # ones of the largest batch, z of a smaller one
    np.testing.assert_allclose(db, [math.fsum(column) for column in z.T], rtol=1e-13, atol=1e-13)
    NUMPY.add_bias(z, b)
    np.testing.assert_array_equal(z, [[before[i, j] + b[j] for j in range(n)] for i in range(m)])


@quick
@given(x=some_matrices, seed=seeds)
def test_dropout_keeps_or_drops(x: Array, seed: int) -> None:
    out, mask, dz = np.empty_like(x), np.empty_like(x), np.full_like(x, 3.0)
    NUMPY.dropout(x, out, mask, np.random.default_rng(seed), 0.8)
    NUMPY.dropout_backward(dz, mask)
    assert set(np.unique(mask)) <= {0.0, 1 / 0.8}
    np.testing.assert_array_equal(out, x * mask)
    np.testing.assert_array_equal(dz, 3 * mask)


def test_l2_gradient() -> None:
    w, dw = np.array([1.0, -2.0]), np.array([10.0, 20.0])
    NUMPY.add_l2_gradient(w, dw, np.empty(2), 0.5)
    np.testing.assert_array_equal(dw, [10.5, 19.0])
    np.testing.assert_array_equal(w, [1.0, -2.0])


@dataclass
class Arena:
    """Arguments for every kernel, of M examples and N units."""

    dtype: Any

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        self.x, self.out, self.mask = (rng.standard_normal((M, N)).astype(self.dtype) for _ in range(3))
        self.sides = np.empty((M, N), dtype=np.bool_)
        self.ones, self.row = np.ones(M, self.dtype), np.ones(N, self.dtype)
        self.z1, self.dz1 = self.x[:, :1].copy(), self.out[:, :1].copy()
        self.classes, self.bits = rng.integers(0, N, M), rng.integers(0, 2, M)
        self.one_hot = np.eye(N, dtype=self.dtype)[self.classes]
        self.targets = self.z1[:, 0].copy()
        self.scratch, self.scratch1 = LossScratch.for_batches(M, N, self.dtype), LossScratch.for_batches(M, 1, self.dtype)
        self.rng = rng


CALLS: dict[str, Callable[[Arena], object]] = {
    "add_bias": lambda a: NUMPY.add_bias(a.x, a.row),
    "bias_gradient": lambda a: NUMPY.bias_gradient(a.x, a.ones, a.row),
    "relu": lambda a: NUMPY.relu(a.x, a.out, a.sides),
    "relu_backward": lambda a: NUMPY.relu_backward(a.x, a.sides),
    "tanh": lambda a: NUMPY.tanh(a.x, a.out),
    "tanh_backward": lambda a: NUMPY.tanh_backward(a.x, a.out),
    "sigmoid": lambda a: NUMPY.sigmoid(a.x, a.out),
    "sigmoid_backward": lambda a: NUMPY.sigmoid_backward(a.x, a.out),
    "dropout": lambda a: NUMPY.dropout(a.x, a.out, a.mask, a.rng, 0.8),
    "dropout_backward": lambda a: NUMPY.dropout_backward(a.x, a.mask),
    "softmax_cross_entropy": lambda a: NUMPY.softmax_cross_entropy(a.x, a.classes, a.out, a.scratch),
    "softmax_cross_entropy, one-hot": lambda a: NUMPY.softmax_cross_entropy(a.x, a.one_hot, a.out, a.scratch),
    "sigmoid_cross_entropy": lambda a: NUMPY.sigmoid_cross_entropy(a.z1, a.bits, a.dz1, a.scratch1),
    "squared_error": lambda a: NUMPY.squared_error(a.z1, a.targets, a.dz1, a.scratch1),
    "add_l2_gradient": lambda a: NUMPY.add_l2_gradient(a.x, a.out, a.mask, 0.1),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_nothing_of_size_m_n_is_allocated(call: Callable[[Arena], object], dtype: Any) -> None:
    arena = Arena(dtype)
    call(arena)
    assert peak_bytes(lambda: call(arena)) < M * N * np.dtype(dtype).itemsize / 4
