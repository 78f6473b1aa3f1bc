import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import NUMPY
from dlrun.nn.layers import BatchNorm, Dense, Layer, Relu
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.optimizers import GradientDescent
from dlrun.nn.params import Params
from dlrun.nn.penalties import L1, L2, Penalty, add_penalties
from tests.laws import DTYPES, build, descend, kind, members, slopes
from tests.strategies import quick

LAYERS: list[Layer] = [Dense(units=5), Relu(), Dense(units=3)]
every_penalty = pytest.mark.parametrize("penalty", members(Penalty), ids=kind)


def weights(params: Params) -> list[Array]:
    return [view.value for name, view in params.views.items() if name.startswith("W")]


@quick
@given(strength=st.floats(0, 100), m=st.integers(1, 1000))
def test_l2_costs_half_lambda_over_m_times_the_sum_of_squares(strength: float, m: int) -> None:
    params = build(LAYERS, 4).params
    squares = math.fsum(float(w) ** 2 for W in weights(params) for w in W.flat)
    assert L2(strength=strength, m=m).cost(params) == pytest.approx(strength / (2 * m) * squares, rel=1e-13)


@quick
@given(strength=st.floats(0, 100), m=st.integers(1, 1000))
def test_l1_costs_half_lambda_over_m_times_the_sum_of_magnitudes(strength: float, m: int) -> None:
    params = build(LAYERS, 4).params
    magnitudes = math.fsum(abs(float(w)) for W in weights(params) for w in W.flat)
    assert L1(strength=strength, m=m).cost(params) == pytest.approx(strength / (2 * m) * magnitudes, rel=1e-13)


@every_penalty
def test_include_bias_adds_every_bias_and_nothing_else(penalty: Any) -> None:
    params = build([Dense(units=5, bias=False), BatchNorm(), Relu(), Dense(units=3)], 4).params
    component = penalty(strength=0.7, m=8, include_bias=True)
    for name, view in params.views.items():
        if not name.startswith("b"):
            view.value[...] = 0
    biases = [float(b) for name in ("beta1", "b2") for b in params.views[name].value]
    expected = {"l1": sum(abs(b) for b in biases), "l2": sum(b * b for b in biases)}[component.kind]
    assert component.cost(params) == pytest.approx(0.7 / 16 * expected)
    params.views["gamma1"].value[...] = 3  # a scale is neither weight nor bias
    assert component.cost(params) == pytest.approx(0.7 / 16 * expected)


def test_a_weight_at_zero_has_a_kink_under_l1_and_no_slope() -> None:
    params = build(LAYERS, 4).params
    params.views["W1"].value[0, 0] = 0
    L1(strength=1.0, m=1).add_gradient(params, NUMPY)
    assert params.views["W1"].grad[0, 0] == 0
    sides = L1(strength=1.0, m=1).kink_sides(params)
    assert sides is not None
    assert not sides[params.views["W1"].place][0]


@every_penalty
def test_the_gradient_is_the_slope_of_the_cost_and_is_added(penalty: Any) -> None:
    params = build(LAYERS, 4).params
    params.grad[...] = 1
    component = penalty(strength=0.7, m=8)
    component.add_gradient(params, NUMPY)
    numeric = slopes(lambda: component.cost(params), params.theta)
    np.testing.assert_allclose(params.grad - 1, numeric, rtol=1e-7, atol=1e-9)


@every_penalty
def test_biases_are_left_alone(penalty: Any) -> None:
    params = build(LAYERS, 4).params
    component, before = penalty(strength=0.7, m=8), params.theta.copy()
    for W in weights(params):
        W[...] = 0
    component.add_gradient(params, NUMPY)
    assert component.cost(params) == 0
    assert not params.grad.any()
    assert params.views["b1"].value.any()
    np.testing.assert_array_equal(params.views["b1"].value, before[params.views["b1"].place])


@every_penalty
def test_strength_zero_is_no_penalty(penalty: Any) -> None:
    params = build(LAYERS, 4).params
    assert add_penalties([penalty(strength=0.0, m=8)], params, NUMPY) == 0
    assert not params.grad.any()


def test_penalties_add_up() -> None:
    one, two = build(LAYERS, 4).params, build(LAYERS, 4).params
    twice = add_penalties([L2(strength=0.2, m=8), L2(strength=0.5, m=8)], one, NUMPY)
    once = add_penalties([L2(strength=0.7, m=8)], two, NUMPY)
    assert twice == pytest.approx(once, rel=1e-14)
    np.testing.assert_allclose(one.grad, two.grad, rtol=1e-14)


def test_under_plain_descent_the_penalty_is_weight_decay() -> None:
    """W ← (1 − αλ/m) W − α dW, and b ← b − α db, with dW, db of the mean loss alone."""
    lr, strength, m = 0.3, 2.0, 8
    penalized, plain = build(LAYERS, 4), build(LAYERS, 4)
    x, y = np.random.default_rng(0).standard_normal((m, 4)), np.arange(m) % 3
    before = {name: view.value.copy() for name, view in plain.params.views.items()}
    for network, penalties in [(penalized, [L2(strength=strength, m=m)]), (plain, [])]:
        descend(network, SoftmaxCrossEntropy(), GradientDescent(), x, y, lr=lr, steps=1, penalties=penalties)
    for name, view in plain.params.views.items():
        kept = 1 - lr * strength / m if name.startswith("W") else 1.0
        expected = kept * before[name] - lr * view.grad
        np.testing.assert_allclose(penalized.params.views[name].value, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_cost_returned_is_that_of_the_weights_before_the_step(dtype: Any) -> None:
    network = Network(LAYERS, 4, 8, dtype, NUMPY)
    network.initialize(0)
    penalty = L2(strength=3.0, m=8)
    expected = 3.0 / 16 * network.params.weight_norm() ** 2
    assert add_penalties([penalty], network.params, NUMPY) == pytest.approx(expected, rel=1e-6)
