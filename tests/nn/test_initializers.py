import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.kernels import NUMPY, LossScratch
from dlrun.nn.architecture import stack
from dlrun.nn.initializers import Auto, DrawnInitializer, He, Initializer, Xavier, Zeros
from dlrun.nn.layers import Activation, Dense, Layer, Relu
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from tests.laws import DTYPES, build, kind, members
from tests.strategies import quick, seeds

N_IN, N_OUT, DRAWS = 80, 50, 100

VARIANCE: dict[str, Callable[[int, int], float]] = {
    "he": lambda n_in, n_out: 2 / n_in,
    "xavier": lambda n_in, n_out: 1 / n_in,
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "zeros": lambda n_in, n_out: 0.0,
}
BEFORE: dict[str, type] = {"relu": He, "tanh": Xavier, "sigmoid": Xavier}

every_drawn = pytest.mark.parametrize("initializer", members(DrawnInitializer), ids=kind)


def test_whatever_is_not_auto_can_be_drawn() -> None:
    assert set(members(Initializer)) == {Auto, *members(DrawnInitializer)}


@every_drawn
def test_mean_is_zero_and_variance_as_promised(initializer: Any) -> None:
    """Over N = 400,000 numbers, within five standard errors: σ/√N of the mean, σ²·√(2/N) of the variance."""
    rng = np.random.default_rng(0)
    W = np.array([initializer().draw(rng, N_IN, N_OUT) for _ in range(DRAWS)])
    variance = VARIANCE[initializer.kind](N_IN, N_OUT)
    assert abs(W.mean()) <= 5 * math.sqrt(variance / W.size)
    assert abs(W.var() - variance) <= 5 * variance * math.sqrt(2 / W.size)


@every_drawn
@quick
@given(n_in=st.integers(1, 30), n_out=st.integers(1, 30), seed=seeds)
def test_draws_are_float64_in_order_of_inputs(initializer: Any, n_in: int, n_out: int, seed: int) -> None:
    """Row by row, one normal number an entry: a change of storage or order would be another network."""
    W = initializer().draw(np.random.default_rng(seed), n_in, n_out)
    numbers = np.random.default_rng(seed).standard_normal(n_in * n_out)
    assert W.dtype == np.float64
    assert W.shape == (n_in, n_out)
    np.testing.assert_allclose(W.ravel(), numbers * VARIANCE[initializer.kind](n_in, n_out) ** 0.5, rtol=1e-14)


@pytest.mark.parametrize("activation", members(Activation), ids=kind)
def test_auto_is_he_before_relu_and_xavier_elsewhere_and_on_the_output(activation: Any) -> None:
    layers = stack([6, 5], 3, activation=activation(), init=Auto(), keep_prob=[1, 1])
    drawn = [type(layer.init) for layer in layers if isinstance(layer, Dense)]
    assert drawn == [BEFORE[activation.kind], BEFORE[activation.kind], Xavier]


@pytest.mark.parametrize(("initializer", "kept"), [(He, 1.0), (Xavier, 0.5**20)])
def test_he_keeps_the_signal_through_20_relu_layers_where_xavier_halves_it(initializer: Any, kept: float) -> None:
    layer: list[Layer] = [Dense(units=256, init=initializer()), Relu()]
    network = Network(20 * layer, 256, 64, np.float64, NUMPY)
    network.initialize(0)
    x = np.random.default_rng(1).standard_normal((64, 256))
    power = float(np.square(network.forward(x)).mean() / np.square(x).mean())
    assert kept / 4 < power < kept * 4


def test_draws_are_the_same_for_float32_and_float64() -> None:
    layers: list[Layer] = [Dense(units=7), Relu(), Dense(units=3)]
    single, double = (Network(layers, 5, 4, dtype, NUMPY) for dtype in DTYPES)
    single.initialize(7)
    double.initialize(7)
    for name, view in double.params.views.items():
        np.testing.assert_array_equal(single.params.views[name].value, view.value.astype(np.float32))


def test_widening_one_layer_leaves_the_draws_of_the_others() -> None:
    narrow, wide = (
        build([Dense(units=6), Relu(), Dense(units=units), Relu(), Dense(units=4), Dense(units=3)], 5) for units in (5, 9)
    )
    for name in ("W1", "W4"):
        np.testing.assert_array_equal(narrow.params.views[name].value, wide.params.views[name].value)
    # where only the number of inputs grew the first rows are the same numbers, at another scale
    first_rows = wide.params.views["W3"].value[:5] * math.sqrt(9 / 5)
    np.testing.assert_allclose(narrow.params.views["W3"].value, first_rows, rtol=1e-14)


def test_layers_of_one_shape_are_drawn_differently() -> None:
    network = build([Dense(units=5), Relu(), Dense(units=5)], 5)
    assert not np.array_equal(network.params.views["W1"].value, network.params.views["W2"].value)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_zeros_on_the_output_give_the_first_loss_ln_c(n_classes: int) -> None:
    network = Network([Dense(units=6), Relu(), Dense(units=n_classes, init=Zeros())], 5, 32, np.float64, NUMPY)
    network.initialize(0)
    rng = np.random.default_rng(0)
    z = network.forward(rng.standard_normal((32, 5)))
    scratch = LossScratch.for_batches(32, n_classes, np.float64)
    loss = SoftmaxCrossEntropy().mean(z, rng.integers(0, n_classes, 32), network.dz, scratch, NUMPY)
    assert loss == pytest.approx(math.log(n_classes), rel=1e-15)
