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
M, N = 256, 512


def entrywise(function: Callable[[float], float], x: Array) -> Array:
    return np.array([[function(float(value)) for value in row] for row in x])


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def gelu_tanh(z: float) -> float:
    return math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))


def activate(name: str, x: Array, out: Array) -> Array:
    """Run an activation's kernel and return the slopes it kept; an empty array if it keeps none."""
    mask, slopes = np.empty(x.shape, dtype=np.bool_), np.full_like(x, np.nan)
    match name:
        case "relu":
            NUMPY.relu(x, out, mask)
        case "leaky_relu":
            NUMPY.leaky_relu(x, out, mask, slopes, 0.2)
        case "elu":
            NUMPY.elu(x, out, mask, slopes, 0.7)
        case "gelu":
            NUMPY.gelu(x, out, slopes)
        case _:
            getattr(NUMPY, name)(x, out)
    return slopes if name in {"leaky_relu", "elu", "gelu"} else slopes[:0]


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


@quick
@given(x=some_matrices, slope=st.floats(0, 0.99))
def test_leaky_relu_and_its_slope(x: Array, slope: float) -> None:
    out, mask, slopes, dz = np.empty_like(x), np.empty(x.shape, dtype=np.bool_), np.empty_like(x), np.full_like(x, 3.0)
    NUMPY.leaky_relu(x, out, mask, slopes, slope)
    NUMPY.slopes_backward(dz, slopes)
    np.testing.assert_array_equal(out, entrywise(lambda z: z if z > 0 else slope * z, x))
    np.testing.assert_array_equal(dz, entrywise(lambda z: 3.0 if z > 0 else 3 * slope, x))
    np.testing.assert_array_equal(mask, x > 0)


@quick
@given(x=some_matrices, alpha=st.floats(0.01, 5) | st.just(1.0))
def test_elu_and_its_slope(x: Array, alpha: float) -> None:
    out, mask, slopes, dz = np.empty_like(x), np.empty(x.shape, dtype=np.bool_), np.empty_like(x), np.full_like(x, 3.0)
    NUMPY.elu(x, out, mask, slopes, alpha)
    NUMPY.slopes_backward(dz, slopes)
    np.testing.assert_allclose(out, entrywise(lambda z: z if z > 0 else alpha * math.expm1(z), x), rtol=1e-14)
    np.testing.assert_allclose(dz, entrywise(lambda z: 3.0 if z > 0 else 3 * alpha * math.exp(z), x), rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(mask, x > 0)
    assert (slopes[x > 0] == 1).all()


@quick
@given(x=some_matrices)
def test_gelu_and_its_slope(x: Array) -> None:
    def slope(z: float) -> float:
        t, du = gelu_tanh(z), math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
        return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * du

    out, slopes, dz, before = np.empty_like(x), np.empty_like(x), np.full_like(x, 3.0), x.copy()
    NUMPY.gelu(x, out, slopes)
    NUMPY.slopes_backward(dz, slopes)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_allclose(out, entrywise(lambda z: 0.5 * z * (1 + gelu_tanh(z)), x), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(dz, 3 * entrywise(slope, x), rtol=1e-13, atol=1e-13)


LIMITS = {"relu": (0, 1), "leaky_relu": (-0.2, 1), "elu": (-0.7, 1), "gelu": (0, 1), "tanh": (-1, 1), "sigmoid": (0, 1)}
UNBOUNDED_BELOW, BOUNDED_ABOVE = {"leaky_relu"}, {"tanh", "sigmoid"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", LIMITS)
def test_activations_bear_any_number(activation: str, dtype: Any) -> None:
    """No overflow, no warning, at the largest and smallest numbers there are."""
    info = np.finfo(dtype)
    x = np.array([[info.min, -1e4, -info.tiny, 0, info.tiny, 1e4, info.max]], dtype=dtype)
    out = np.empty_like(x)
    slopes = activate(activation, x, out)
    low, high = (np.array(limit, dtype) for limit in LIMITS[activation])
    assert out[0, 0] == (-low * info.min if activation in UNBOUNDED_BELOW else low)
    assert out[0, -1] == (high if activation in BOUNDED_ABOVE else high * info.max)
    assert np.isfinite(slopes).all()


@quick
@given(x=some_matrices, seed=seeds)
def test_activations_may_write_over_their_input(x: Array, seed: int) -> None:
    for name in LIMITS.keys() - {"gelu"}:
        out, inside = np.empty_like(x), x.copy()
        slopes, slopes_inside = activate(name, x, out), activate(name, inside, inside)
        np.testing.assert_array_equal(inside, out)
        np.testing.assert_array_equal(slopes_inside, slopes)
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
    "leaky_relu": lambda a: NUMPY.leaky_relu(a.x, a.out, a.sides, a.mask, 0.1),
    "elu": lambda a: NUMPY.elu(a.x, a.out, a.sides, a.mask, 1.0),
    "elu, alpha 2": lambda a: NUMPY.elu(a.x, a.out, a.sides, a.mask, 2.0),
    "gelu": lambda a: NUMPY.gelu(a.x, a.out, a.mask),
    "slopes_backward": lambda a: NUMPY.slopes_backward(a.x, a.mask),
    "tanh": lambda a: NUMPY.tanh(a.x, a.out),
    "tanh_backward": lambda a: NUMPY.tanh_backward(a.x, a.out),
    "sigmoid": lambda a: NUMPY.sigmoid(a.x, a.out),
    "sigmoid_backward": lambda a: NUMPY.sigmoid_backward(a.x, a.out),
    "dropout": lambda a: NUMPY.dropout(a.x, a.out, a.mask, a.rng, 0.8),
    "dropout_backward": lambda a: NUMPY.dropout_backward(a.x, a.mask),
    "softmax_cross_entropy": lambda a: NUMPY.softmax_cross_entropy(a.x, a.classes, a.out, a.scratch, 0.0, None),
    "softmax_cross_entropy, one-hot": lambda a: NUMPY.softmax_cross_entropy(a.x, a.one_hot, a.out, a.scratch, 0.0, None),
    "softmax_cross_entropy, smoothed": lambda a: NUMPY.softmax_cross_entropy(a.x, a.classes, a.out, a.scratch, 0.1, a.ones),
    "softmax_cross_entropy, both": lambda a: NUMPY.softmax_cross_entropy(a.x, a.one_hot, a.out, a.scratch, 0.1, a.ones),
    "sigmoid_cross_entropy": lambda a: NUMPY.sigmoid_cross_entropy(a.z1, a.bits, a.dz1, a.scratch1, 0.0, None),
    "sigmoid_cross_entropy, smoothed": lambda a: NUMPY.sigmoid_cross_entropy(a.z1, a.bits, a.dz1, a.scratch1, 0.1, a.ones),
    "squared_error": lambda a: NUMPY.squared_error(a.z1, a.targets, a.dz1, a.scratch1),
    "absolute": lambda a: NUMPY.absolute(a.z1, a.targets, a.dz1, a.scratch1),
    "huber": lambda a: NUMPY.huber(a.z1, a.targets, a.dz1, a.scratch1, 1.0),
    "add_l2_gradient": lambda a: NUMPY.add_l2_gradient(a.x, a.out, a.mask, 0.1),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_nothing_of_size_m_n_is_allocated(call: Callable[[Arena], object], dtype: Any) -> None:
    arena = Arena(dtype)
    call(arena)
    assert peak_bytes(lambda: call(arena)) < M * N * np.dtype(dtype).itemsize / 4
