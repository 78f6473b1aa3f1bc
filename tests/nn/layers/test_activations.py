"""What is particular to activations; the laws of every layer are in test_runtime.py, the formulas in tests/kernels/."""

from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.kernels import NUMPY
from dlrun.nn.layers import Activation, Layer, Place
from tests.laws import kind, members

every_activation = pytest.mark.parametrize("activation", members(Activation), ids=kind)


def outputs_and_slopes(activation: Any, x: Array) -> tuple[Array, Array]:
    m, n = x.shape
    place = Place(n_in=n, max_batch=m, dtype=x.dtype, views={}, kernels=NUMPY, in_place=False)
    layer = activation().build(place)
    a = layer.forward(x, None).copy()
    return a, layer.backward(np.ones_like(x), need_dx=True)


def test_every_activation_is_a_layer() -> None:
    assert set(members(Activation)) <= set(members(Layer))


@every_activation
def test_an_activation_has_no_parameters_and_keeps_the_width(activation: Any) -> None:
    assert activation().blocks(7) == ()
    assert activation().draw(np.random.default_rng(0), 7) == {}
    assert activation().n_out(7) == 7


@every_activation
def test_an_activation_never_falls(activation: Any) -> None:
    a, slope = outputs_and_slopes(activation, np.linspace(-8, 8, 101)[None])
    assert (np.diff(a) >= 0).all()
    assert (slope >= 0).all()


@pytest.mark.parametrize(("name", "a", "slope"), [("relu", 0, 0), ("tanh", 0, 1), ("sigmoid", 0.5, 0.25)])
def test_values_at_zero(name: str, a: float, slope: float) -> None:
    """The course's slopes: tanh passes a gradient whole, sigmoid a quarter of it, relu at its kink nothing."""
    activation = next(member for member in members(Activation) if member.kind == name)
    assert [float(value[0, 0]) for value in outputs_and_slopes(activation, np.zeros((1, 1)))] == [a, slope]


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out_nothing_overflows(activation: Any, dtype: Any) -> None:
    a, slope = outputs_and_slopes(activation, np.array([[-1e4, 1e4]], dtype))
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()
