"""What is particular to activations; the laws of every layer are in test_runtime.py, the formulas in tests/kernels/."""

import math
from functools import partial
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.layers import Activation, BatchNorm, Dense, Elu, Gelu, Identity, Layer, LeakyRelu, Place, Relu, RuntimeLayer
from tests.kernels.calls import assert_close
from tests.laws import DTYPES, build, each_column, each_dtype, kind, members, sample, slopes

every_activation = pytest.mark.parametrize("activation", members(Activation), ids=kind)


def alone(activation: Activation, x: Array, kernels: Kernels = NUMPY) -> RuntimeLayer:
    m, n = x.shape
    return activation.build(Place(n_in=n, max_batch=m, dtype=x.dtype, views={}, stats={}, kernels=kernels, in_place=False))


def outputs_and_slopes(activation: Activation, x: Array) -> tuple[Array, Array]:
    layer = alone(activation, x)
    a = layer.forward(x, None).copy()
    slope = layer.backward(np.ones_like(x), need_dx=True)
    assert slope is not None
    return a, slope


def test_every_activation_is_a_layer() -> None:
    assert set(members(Activation)) <= set(members(Layer))


@every_activation
def test_an_activation_has_no_parameters_and_keeps_the_width(activation: Any) -> None:
    assert activation().blocks(7) == ()
    assert activation().draw(np.random.default_rng(0), 7) == {}
    assert activation().n_out(7) == 7


@pytest.mark.parametrize("activation", [cls for cls in members(Activation) if cls is not Gelu], ids=kind)
def test_an_activation_never_falls(activation: Any) -> None:
    a, slope = outputs_and_slopes(activation(), np.linspace(-8, 8, 101)[None])
    assert (np.diff(a) >= 0).all()
    assert (slope >= 0).all()


def test_gelu_alone_falls_a_little_and_is_near_z_times_the_normal_distribution() -> None:
    z = np.linspace(-8, 8, 3201)
    a, slope = (values[0] for values in outputs_and_slopes(Gelu(), z[None]))
    lowest = int(a.argmin())
    assert a[lowest] == pytest.approx(-0.17, abs=1e-3)
    assert z[lowest] == pytest.approx(-0.75, abs=0.01)
    assert (slope[z > z[lowest] + 0.01] > 0).all()
    phi = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in z])
    assert 4e-4 < np.abs(a - z * phi).max() < 5e-4


@pytest.mark.parametrize(
    ("name", "a", "slope"),
    [
        ("relu", 0, 0), ("leaky_relu", 0, 0.01), ("elu", 0, 1), ("gelu", 0, 0.5),
        ("tanh", 0, 1), ("sigmoid", 0.5, 0.25), ("identity", 0, 1),
    ],
)  # fmt: skip
def test_values_at_zero(name: str, a: float, slope: float) -> None:
    """The course's slopes: tanh passes a gradient whole, sigmoid a quarter of it, relu at its kink nothing.

    A kink belongs to its left side, as in PyTorch.
    """
    activation = next(member for member in members(Activation) if member.kind == name)
    assert [float(value[0, 0]) for value in outputs_and_slopes(activation(), np.zeros((1, 1)))] == [a, slope]


@every_activation
@pytest.mark.parametrize("dtype", DTYPES)
def test_far_out_nothing_overflows(activation: Any, dtype: Any) -> None:
    a, slope = outputs_and_slopes(activation(), np.array([[-1e4, 1e4]], dtype))
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("activation", [LeakyRelu(slope=0.0), LeakyRelu(slope=0.9), Elu(alpha=0.3), Elu(alpha=4)], ids=repr)
def test_other_hyperparameters_have_their_own_gradient(activation: Activation) -> None:
    x = np.random.default_rng(0).standard_normal((8, 5))
    _, slope = outputs_and_slopes(activation, x)
    numeric = slopes(lambda: float(outputs_and_slopes(activation, x)[0].sum()), x)
    np.testing.assert_allclose(slope, numeric, rtol=1e-7, atol=1e-8)


def test_leaky_relu_without_a_leak_is_relu() -> None:
    x = np.random.default_rng(0).standard_normal((8, 5))
    for ours, relu in zip(outputs_and_slopes(LeakyRelu(slope=0.0), x), outputs_and_slopes(Relu(), x), strict=True):
        np.testing.assert_array_equal(ours, relu)


def test_identity_hands_on_what_it_is_given() -> None:
    layer = Identity().build(Place(n_in=3, max_batch=2, dtype=np.dtype(float), views={}, stats={}, kernels=NUMPY, in_place=True))
    x = np.ones((2, 3))
    assert layer.forward(x, None) is x
    assert layer.backward(x, need_dx=True) is x


@pytest.mark.parametrize("layer", members(Layer), ids=kind)
def test_one_layer_adds_each_bias(layer: Any) -> None:
    """The activation behind a dense layer, but not identity, which does nothing; behind all others the dense layer itself."""
    network = build([Dense(units=5), sample(layer), Dense(units=3)], 4)
    b = network.params.views["b1"]
    holders = [at for at, runtime in enumerate(network.runtime) if getattr(runtime, "b", None) is b.value]
    assert holders == [int(layer in set(members(Activation)) - {Identity})]
    assert vars(network.runtime[holders[0]])["db"] is b.grad


@every_activation
def test_behind_batch_norm_there_is_no_bias_to_add(activation: Any) -> None:
    network = build([Dense(units=5, bias=False), BatchNorm(), activation(), Dense(units=3)], 4)
    assert list(network.params.views) == ["W1", "gamma1", "beta1", "W2", "b2"]
    assert [getattr(layer, "b", None) is None for layer in network.runtime] == [True, True, True, False]


@every_activation
@each_column
@each_dtype
@pytest.mark.parametrize("m", [1, 3, 8])
def test_behind_a_dense_layer_it_is_that_of_x_w_plus_b(kernels: Kernels, dtype: Any, activation: Any, m: int) -> None:
    """In NumPy's column to the last bit, in values and in every gradient, whoever adds the bias and sums its gradient."""
    network = build([Dense(units=5), activation(), Dense(units=3)], 4, dtype=dtype, kernels=kernels)
    (W1, *_), (b1, *_), (W2, *_), (b2, *_) = network.params.views.values()
    rng, ones = np.random.default_rng(0), np.ones(m, dtype)
    x, dz = rng.standard_normal((m, 4)).astype(dtype), rng.standard_normal((m, 3)).astype(dtype)
    z = network.forward(x)
    layer = alone(activation(), x @ W1 + b1, kernels)
    a = layer.forward(x @ W1 + b1, None).copy()
    da = np.asarray(layer.backward(dz @ W2.T, need_dx=True))
    network.dz[...] = dz
    same = np.testing.assert_array_equal if kernels is NUMPY else partial(assert_close, size=10, dtype=dtype)
    same(z, a @ W2 + b2)
    network.backward()
    for (name, view), grad in zip(network.params.views.items(), [x.T @ da, ones @ da, a.T @ dz, ones @ dz], strict=True):
        same(view.grad, grad, err_msg=name)


def test_linear_layers_in_a_row_are_one_linear_map() -> None:
    network = build([Dense(units=6), Identity(), Dense(units=5), Identity(), Dense(units=3)], 4)
    value = {name: view.value for name, view in network.params.views.items()}
    W = value["W1"] @ value["W2"] @ value["W3"]
    b = (value["b1"] @ value["W2"] + value["b2"]) @ value["W3"] + value["b3"]
    x = np.random.default_rng(0).standard_normal((8, 4))
    np.testing.assert_allclose(network.forward(x), x @ W + b, rtol=1e-12, atol=1e-14)
