"""The table: each kernel of both columns is its formula in float64, entry by entry; what it is to leave alone stays as it was.

The losses' kernels are held by tests/nn/test_losses.py, the optimizers' by tests/nn/test_optimizers.py.
"""

import math
from collections.abc import Callable
from dataclasses import fields
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import PLAYED, Kernels, LossScratch, column
from dlrun.nn.losses import Loss
from dlrun.nn.optimizers import Optimizer
from tests.kernels.calls import ACTIVATIONS, CALLS, FORWARD, SHAPES, Call, Room, assert_close, each_call, largest
from tests.laws import COLUMNS, each_column, each_dtype, kind, members
from tests.strategies import quick

RETURNED = -1  # stands for what a kernel returns
Formula: TypeAlias = Callable[..., dict[int, Any]]  # of all arguments, in float64: what stands in which of them afterwards


def in_double(value: Any) -> Any:
    """Return a copy that a kernel cannot touch, in float64 if it is of floating-point numbers."""
    return value.astype(np.float64 if value.dtype.kind == "f" else value.dtype) if isinstance(value, np.ndarray) else value


def each(function: Callable[..., float], z: Array, *parameter: float) -> Array:
    return np.array([[function(float(value), *parameter) for value in row] for row in z])


def sums(z: Array) -> Array:
    return np.array([math.fsum(column) for column in z.T])


def activation(name: str) -> Formula:
    """Return the formula of an activation; it may keep the side of its kink, its slopes, or both."""
    value, slope = ACTIVATION[name]

    def formula(x: Array, b: Array | None, out: Array, *kept: Any) -> dict[int, Any]:
        z, parameter = x if b is None else x + b, [word for word in kept if isinstance(word, float)]
        keeps = [word for word in ACTIVATIONS[name] if isinstance(word, str)]
        filled = [z > 0 if word == "sides" else each(slope, z, *parameter) for word in keeps]
        return {2: each(value, z, *parameter)} | dict(enumerate(filled, start=3))

    return formula


def backward(slope: Callable[[Any], Any]) -> Formula:
    """Return the formula of the way back, of the slope as a function of what was kept."""

    def formula(dz: Array, kept: Array, db: Array | None) -> dict[int, Any]:
        dx = dz * slope(kept)
        return {0: dx} if db is None else {0: dx, 2: sums(dx)}

    return formula


def gelu_tanh(z: float) -> float:
    return math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))


def gelu_slope(z: float) -> float:
    t, du = gelu_tanh(z), math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
    return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * du


def batch_moments(x: Array, *_: Any) -> dict[int, Any]:
    mean = sums(x) / len(x)
    return {2: mean, 3: sums((x - mean) ** 2) / len(x)}


def batch_norm(x: Array, out: Array, z_norm: Array, mean: Array, inverse: Array, gamma: Array, beta: Array) -> dict[int, Any]:
    z = (x - mean) * inverse
    return {1: gamma * z + beta, 2: z}


def batch_norm_backward(dz: Array, z_norm: Array, gain: Array, dgamma: Array, dbeta: Array) -> dict[int, Any]:
    m = len(dz)
    return {0: gain / m * (m * dz - dbeta - z_norm * dgamma)}


def max_norm(w: Array, limit: float, norms: Array) -> dict[int, Any]:
    return {0: w * [min(1, limit / max(math.hypot(*column), 1e-300)) for column in w.T]}


ACTIVATION: dict[str, tuple[Callable[..., float], Callable[..., float]]] = {  # of z, and its parameter if it has one; its slope
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "leaky_relu": (lambda z, slope: z if z > 0 else slope * z, lambda z, slope: 1 if z > 0 else slope),
    "elu": (lambda z, a: z if z > 0 else a * math.expm1(z), lambda z, a: 1 if z > 0 else a * math.exp(z)),
    "gelu": (lambda z: 0.5 * z * (1 + gelu_tanh(z)), gelu_slope),
    "tanh": (math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + math.exp(-z)), lambda z: 0.25 / math.cosh(z / 2) ** 2),
}
FORMULAS: dict[str, Formula] = {
    **{name: activation(name) for name in ACTIVATION},
    "relu_backward": backward(lambda mask: mask),
    "slopes_backward": backward(lambda slopes: slopes),
    "tanh_backward": backward(lambda a: 1 - a**2),
    "sigmoid_backward": backward(lambda a: a * (1 - a)),
    "gather": lambda x, rows, out: {2: x[rows]},
    "product": lambda a, b, out: {2: a @ b},
    "squared_norm": lambda x: {RETURNED: np.array(math.fsum(x * x))},
    "all_finite": lambda x: {RETURNED: np.array(1.0)},
    "add_bias": lambda z, b: {0: z + b},
    "bias_gradient": lambda dz, db: {1: sums(dz)},
    "dropout_backward": lambda dz, mask: {0: dz * mask},
    "batch_moments": batch_moments,
    "running_moments": lambda mean, var, a, b, n, *_: {2: 0.9 * a + 0.1 * mean, 3: 0.9 * b + 0.1 * var, 4: n + 1},
    "inverse_deviation": lambda var, out, eps: {1: 1 / np.sqrt(var + eps)},
    "batch_norm_gain": lambda gamma, inverse, out: {2: gamma * inverse},
    "batch_norm": batch_norm,
    "batch_norm_gradients": lambda dz, z_norm, dgamma, dbeta: {2: sums(dz * z_norm), 3: sums(dz)},
    "batch_norm_backward": batch_norm_backward,
    "max_norm": max_norm,
    "add_l2_gradient": lambda w, dw, scratch, decay: {1: dw + decay * w},
    "add_l1_gradient": lambda w, dw, scratch, decay: {1: dw + decay * np.sign(w)},
}


def test_every_kernel_has_a_formula() -> None:
    """Dropout, which is drawn, has two tests of its own."""
    elsewhere = {kind(component) for component in members(Loss) + members(Optimizer)}
    assert FORMULAS.keys() | elsewhere | {"dropout"} >= {cell.name for cell in fields(Kernels)} - {"name", "plays", "team"}


@each_column
@each_dtype
@each_call({name: call for name, call in CALLS.items() if call.kernel in FORMULAS})
def test_every_entry_is_that_of_the_formula(kernels: Kernels, dtype: Any, call: Call) -> None:
    for shape, seed in product(SHAPES, range(3)):
        arguments = call.arguments(Room(*shape, dtype, seed))
        before = [in_double(value) for value in arguments]
        returned = call.run(kernels, arguments)
        expected = FORMULAS[call.kernel](*before)
        size = largest([*before, *expected.values()])
        if RETURNED in expected:
            assert_close(np.asarray(returned, np.float64), expected.pop(RETURNED), size, dtype)
        for k, value in enumerate(arguments):
            if k in expected:
                assert_close(value, expected[k], size, dtype)
            elif isinstance(value, np.ndarray) and k not in call.spoilt and all(value is not arguments[e] for e in expected):
                np.testing.assert_array_equal(value, before[k])


@each_column
@each_dtype
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_not_finite_is_found(kernels: Kernels, dtype: Any, bad: float) -> None:
    x = Room(13, 5, dtype).matrix()
    x[4, 2] = bad
    assert not kernels.all_finite(x)
    assert not math.isfinite(kernels.squared_norm(x[4]))


@each_column
@each_dtype
@pytest.mark.parametrize("name", ACTIVATION)
def test_what_an_activation_keeps_is_its_slope_on_the_way_back(kernels: Kernels, dtype: Any, name: str) -> None:
    call, back = FORWARD[f"{name}, b, beside"], f"{name}_backward"
    for shape in SHAPES:
        arguments = call.arguments(Room(*shape, dtype))
        z, parameter = in_double(arguments[0]) + arguments[1], [word for word in call.words if isinstance(word, float)]
        call.run(kernels, arguments)
        kept = [value for value in arguments if isinstance(value, np.ndarray)][-1]
        dz, db = np.full(shape, 3, dtype), np.empty(shape[1], dtype)
        getattr(kernels, back if hasattr(kernels, back) else "slopes_backward")(dz, kept, db)
        expected = 3 * each(ACTIVATION[name][1], z, *parameter)
        assert_close(dz, expected, largest([z, expected]), dtype)
        assert_close(db, sums(expected), largest([z, np.abs(expected).sum(axis=0)]), dtype)


@each_column
@each_dtype
@each_call({name: call for name, call in CALLS.items() if call.kernel == "dropout"})
def test_dropout_keeps_what_is_drawn_below_keep_prob(kernels: Kernels, dtype: Any, call: Call) -> None:
    for shape in SHAPES:
        x, out, mask, *rest = call.arguments(Room(*shape, dtype))
        before, drawn = x.copy(), np.random.default_rng(1).random(shape, dtype)
        kernels.dropout(x, out, mask, *rest)
        np.testing.assert_array_equal(mask, np.where(drawn < dtype(0.8), dtype(1 / 0.8), 0))
        np.testing.assert_array_equal(out, before * mask)


@pytest.mark.parametrize("kernels", [*COLUMNS, PLAYED])
def test_every_cell_of_a_column_is_filled_with_the_function_of_that_name(kernels: Kernels) -> None:
    assert column(kernels.name).name == kernels.name
    assert kernels.team is None
    for kernel in {cell.name for cell in fields(Kernels)} - {"name", "plays", "team"}:
        assert getattr(kernels, kernel).__name__ == kernel


@quick
@given(max_batch=st.integers(1, 20), n_outputs=st.integers(1, 9))
def test_scratch_knows_where_each_row_starts(max_batch: int, n_outputs: int) -> None:
    scratch = LossScratch.for_batches(max_batch, n_outputs, np.float64)
    flat = np.arange(max_batch * n_outputs)
    np.testing.assert_array_equal(flat[scratch.first], flat.reshape(max_batch, n_outputs)[:, 0])


@each_dtype
def test_scratch_has_one_number_an_example(dtype: Any) -> None:
    scratch = LossScratch.for_batches(5, 3, dtype)
    vectors = [scratch.rows, scratch.picked, scratch.smoothed, scratch.weights]
    assert all(vector.shape == scratch.index.shape == (5,) for vector in vectors)
    assert all(vector.dtype == dtype for vector in vectors)
    assert len({vector.ctypes.data for vector in vectors}) == len(vectors)
