import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import NUMPY
from dlrun.nn.architecture import Hidden, stack
from dlrun.nn.initializers import (
    Auto,
    DrawnInitializer,
    Glorot,
    He,
    Initializer,
    Normal,
    Orthogonal,
    ScaledIdentity,
    Xavier,
    Zeros,
)
from dlrun.nn.layers import Activation, Dense, Layer, Relu
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from tests.laws import DTYPES, build, kind, loss_of, members
from tests.strategies import quick, seeds

N_IN, N_OUT, DRAWS = 80, 50, 100

VARIANCE: dict[str, Callable[[int, int], float]] = {  # of those that draw every entry by itself
    "he": lambda n_in, n_out: 2 / n_in,
    "xavier": lambda n_in, n_out: 1 / n_in,
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "normal": lambda n_in, n_out: 0.01**2,
    "zeros": lambda n_in, n_out: 0.0,
}
BEFORE: dict[str, type] = {
    "relu": He, "leaky_relu": He, "elu": He, "gelu": He, "tanh": Xavier, "sigmoid": Xavier, "identity": Xavier,
}  # fmt: skip
SCALED: list[Any] = [He, Xavier, Glorot]

every_drawn = pytest.mark.parametrize("initializer", members(DrawnInitializer), ids=kind)
independent = pytest.mark.parametrize("initializer", [cls for cls in members(DrawnInitializer) if cls.kind in VARIANCE], ids=kind)
sizes = st.integers(1, 30)


def test_whatever_is_not_auto_can_be_drawn() -> None:
    assert set(members(Initializer)) == {Auto, *members(DrawnInitializer)}
    assert {cls.kind for cls in members(DrawnInitializer)} == {*VARIANCE, "orthogonal", "identity"}


def check_moments(initializer: Any, variance: float) -> None:
    """Over N = 400,000 numbers, within five standard errors: σ/√N of the mean, at most σ²·√(2/N) of the variance."""
    rng = np.random.default_rng(0)
    W = np.array([initializer.draw(rng, N_IN, N_OUT) for _ in range(DRAWS)])
    assert abs(W.mean()) <= 5 * math.sqrt(variance / W.size)
    assert abs(W.var() - variance) <= 5 * variance * math.sqrt(2 / W.size)


@independent
def test_mean_is_zero_and_variance_as_promised(initializer: Any) -> None:
    check_moments(initializer(), VARIANCE[initializer.kind](N_IN, N_OUT))


@pytest.mark.parametrize("initializer", SCALED, ids=kind)
@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_scale_multiplies_the_standard_deviation_of_either_distribution(initializer: Any, scale: float) -> None:
    for distribution in ("normal", "uniform"):
        expected = scale**2 * VARIANCE[initializer.kind](N_IN, N_OUT)
        check_moments(initializer(distribution=distribution, scale=scale), expected)


@pytest.mark.parametrize("initializer", SCALED, ids=kind)
def test_uniform_fills_its_interval_evenly(initializer: Any) -> None:
    """±√3 σ, a tenth of the numbers in each tenth of it within five standard errors."""
    W = initializer(distribution="uniform").draw(np.random.default_rng(0), 400, 300)
    limit = math.sqrt(3 * VARIANCE[initializer.kind](400, 300))
    assert 0.999 * limit < np.abs(W).max() <= limit
    shares = np.histogram(W, bins=10, range=(-limit, limit))[0] / W.size
    np.testing.assert_allclose(shares, 0.1, atol=5 * math.sqrt(0.1 * 0.9 / W.size))


@independent
@quick
@given(n_in=sizes, n_out=sizes, seed=seeds)
def test_draws_are_float64_in_order_of_inputs(initializer: Any, n_in: int, n_out: int, seed: int) -> None:
    """Row by row, one normal number an entry, to the last bit: a change of storage or order would be another network."""
    W = initializer().draw(np.random.default_rng(seed), n_in, n_out)
    numbers = np.random.default_rng(seed).standard_normal(n_in * n_out)
    assert W.dtype == np.float64
    assert W.shape == (n_in, n_out)
    np.testing.assert_array_equal(W.ravel(), numbers * VARIANCE[initializer.kind](n_in, n_out) ** 0.5)


@every_drawn
@quick
@given(n_in=sizes, n_out=sizes, seed=seeds)
def test_draws_depend_on_the_generator_alone(initializer: Any, n_in: int, n_out: int, seed: int) -> None:
    one, same = (initializer().draw(np.random.default_rng(seed), n_in, n_out) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert one.dtype == np.float64
    assert one.shape == (n_in, n_out)
    assert one.flags.c_contiguous
    assert np.isfinite(one).all()


def gram_schmidt(columns: Array) -> Array:
    """Return the columns made orthonormal one after another: the Q of that QR whose R has a positive diagonal."""
    done: list[Array] = []
    for column in columns.T:
        rest = column.copy()
        for _ in range(2):  # once more, for what rounding left
            for q in done:
                rest -= (q @ rest) * q
        done.append(rest / math.sqrt(rest @ rest))
    return np.array(done).T


@quick
@given(n_in=sizes, n_out=sizes, seed=seeds, gain=st.floats(0.1, 5))
def test_orthogonal_is_gram_schmidt_of_a_normal_matrix(n_in: int, n_out: int, seed: int, gain: float) -> None:
    W = Orthogonal(gain=gain).draw(np.random.default_rng(seed), n_in, n_out)
    shorter = W.T @ W if n_in >= n_out else W @ W.T
    np.testing.assert_allclose(shorter, gain**2 * np.eye(min(n_in, n_out)), rtol=0, atol=1e-12 * gain**2)
    normal = np.random.default_rng(seed).standard_normal((n_in, n_out))
    expected = gram_schmidt(normal) if n_in >= n_out else gram_schmidt(normal.T).T
    np.testing.assert_allclose(W, gain * expected, rtol=0, atol=1e-6 * gain)  # a normal matrix may be nearly singular


@pytest.mark.parametrize("depth", [1, 20])
def test_orthogonal_layers_keep_the_length_of_every_input(depth: int) -> None:
    network = Network(depth * [Dense(units=16, init=Orthogonal(gain=1.1))], 16, 8, np.float64, NUMPY)
    network.initialize(0)
    x = np.random.default_rng(0).standard_normal((8, 16))
    lengths = np.linalg.norm(network.forward(x), axis=1) / np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(lengths, 1.1**depth, rtol=1e-12)


@pytest.mark.parametrize(("n_in", "n_out"), [(3, 3), (2, 4), (4, 2)])
def test_identity_is_scale_on_the_diagonal_and_zero_elsewhere(n_in: int, n_out: int) -> None:
    W = ScaledIdentity(scale=1.5).draw(np.random.default_rng(0), n_in, n_out)
    assert W.tolist() == [[1.5 if i == j else 0.0 for j in range(n_out)] for i in range(n_in)]


def test_the_courses_chain_of_identities_grows_and_shrinks_with_its_depth() -> None:
    for scale in (1.5, 1.0, 0.5):
        network = Network(20 * [Dense(units=4, init=ScaledIdentity(scale=scale))], 4, 1, np.float64, NUMPY)
        network.initialize(0)
        np.testing.assert_allclose(network.forward(np.ones((1, 4))), scale**20, rtol=1e-12)


def test_normal_has_the_deviation_it_is_told() -> None:
    check_moments(Normal(std=0.3), 0.09)


@pytest.mark.parametrize("activation", members(Activation), ids=kind)
@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_auto_is_he_before_relu_and_xavier_elsewhere_and_on_the_output(activation: Any, scale: float) -> None:
    auto = Auto(scale=scale)
    layers = stack([Hidden(units=units, activation=activation(), init=auto) for units in (6, 5)], 3, init=auto)
    drawn = [layer.init for layer in layers if isinstance(layer, Dense)]
    hidden = BEFORE[activation.kind](scale=scale)
    assert drawn == [hidden, hidden, Xavier(scale=scale)]
    assert replace(hidden, scale=1.0) == BEFORE[activation.kind]()


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
    loss = loss_of(network, SoftmaxCrossEntropy(), rng.standard_normal((32, 5)), rng.integers(0, n_classes, 32))
    assert loss == pytest.approx(math.log(n_classes), rel=1e-15)
