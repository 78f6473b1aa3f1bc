from itertools import product
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.layers import Dense, Dropout, Layer, Relu, RuntimeLayer, Sigmoid, Tanh
from dlrun.nn.losses import Absolute, Loss, SoftmaxCrossEntropy
from dlrun.nn.network import Network, bytes_to_train
from dlrun.nn.optimizers import Adam, GradientDescent
from dlrun.training.state import State
from tests.laws import DTYPES, build, descend, each_column, kind, labels_for, loss_of, members, peak_bytes, sample, slopes

LAYERS = members(Layer)
MIXED: list[Layer] = [Dense(units=6), Relu(), Dropout(keep_prob=0.7), Dense(units=5), Tanh(), Dense(units=3)]
pairs = pytest.mark.parametrize(("first", "second"), list(product(LAYERS, LAYERS)), ids=kind)


class Recorder:
    """A layer that writes down whether it was asked for the gradient of its input."""

    def __init__(self, layer: RuntimeLayer, asked: list[bool]) -> None:
        self.layer, self.asked = layer, asked

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        return self.layer.forward(x, rng)

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        self.asked.append(need_dx)
        return self.layer.backward(dz, need_dx=need_dx)

    def kink_sides(self) -> Any:
        return self.layer.kink_sides()


def training_loss(network: Network, loss: Loss, x: Array, y: Any) -> float:
    return loss_of(network, loss, x, y, np.random.default_rng(1))


@each_column
def test_forward_is_the_formula_written_out(kernels: Kernels) -> None:
    network = build(
        [Dense(units=6), Relu(), Dense(units=5), Tanh(), Dense(units=4), Sigmoid(), Dense(units=3)], 4, kernels=kernels
    )
    x = np.random.default_rng(0).standard_normal((8, 4))
    value = {name: view.value for name, view in network.params.views.items()}
    a = np.maximum(x @ value["W1"] + value["b1"], 0)
    a = np.tanh(a @ value["W2"] + value["b2"])
    a = 1 / (1 + np.exp(-(a @ value["W3"] + value["b3"])))
    np.testing.assert_allclose(network.forward(x), a @ value["W4"] + value["b4"], rtol=1e-13, atol=1e-14)


def test_parameters_are_numbered_by_the_layers_that_have_them() -> None:
    network = build(MIXED, 4)
    assert list(network.params.views) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert [(p.n_in, p.n_out, p.number) for p in network.placed if p.layer.blocks(p.n_in)] == [
        (4, 6, 1), (6, 5, 2), (5, 3, 3),
    ]  # fmt: skip
    assert (network.n_in, network.n_out) == (4, 3)
    assert network.params.count == 4 * 6 + 6 + 6 * 5 + 5 + 5 * 3 + 3


@pairs
@pytest.mark.parametrize("m", [1, 3, 8])
@each_column
def test_gradients_of_a_batch_smaller_than_the_largest(kernels: Kernels, first: Any, second: Any, m: int) -> None:
    """Against centred differences of the loss, after a larger batch has left its traces in every buffer."""
    loss = SoftmaxCrossEntropy()
    network = build([Dense(units=4), sample(first), sample(second), Dense(units=3)], 4, max_batch=8, seed=2, kernels=kernels)
    rng = np.random.default_rng(0)
    training_loss(network, loss, rng.standard_normal((8, 4)), rng.integers(0, 3, 8))
    network.backward()
    x, y = rng.standard_normal((m, 4)), rng.integers(0, 3, m)
    training_loss(network, loss, x, y)
    network.backward()
    grads = {name: view.grad.copy() for name, view in network.params.views.items()}
    for name, view in network.params.views.items():
        numeric = slopes(lambda: training_loss(network, loss, x, y), view.value)
        np.testing.assert_allclose(grads[name], numeric, rtol=1e-6, atol=1e-8, err_msg=name)


@pairs
@each_column
def test_float32_in_is_float32_everywhere(kernels: Kernels, first: Any, second: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build([Dense(units=4), sample(first), sample(second), Dense(units=3)], 4, dtype=np.float32, kernels=kernels)
    asked: list[bool] = []
    seen: list[Any] = []

    class Dtypes(Recorder):
        def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
            z = super().forward(x, rng)
            seen.extend([x.dtype, z.dtype])
            return z

        def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
            dx = super().backward(dz, need_dx=need_dx)
            seen.extend([dz.dtype, *([] if dx is None else [dx.dtype])])
            return dx

    monkeypatch.setattr(network, "runtime", [Dtypes(layer, asked) for layer in network.runtime])
    training_loss(network, SoftmaxCrossEntropy(), np.ones((8, 4), np.float32), np.arange(8) % 3)
    network.backward()
    assert len(seen) == 4 * 4 - 1
    assert {*seen, network.dz.dtype, network.params.theta.dtype, network.params.grad.dtype} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([Dense(units=5), Relu(), Dense(units=3)], [False, True, True]),
        ([Dropout(keep_prob=0.8), Dense(units=5), Relu(), Dense(units=3)], [False, True, True]),
        ([Dense(units=3)], [False]),
    ],
    ids=["hidden layer", "dropout on the input", "regression"],
)
def test_no_gradient_of_the_data_is_computed(layers: list[Layer], expected: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor of anything below the first parameters."""
    network = build(layers, 4)
    asked: list[bool] = []
    monkeypatch.setattr(network, "runtime", [Recorder(layer, asked) for layer in network.runtime])
    training_loss(network, SoftmaxCrossEntropy(), np.ones((8, 4)), np.arange(8) % 3)
    network.backward()
    assert asked[::-1] == expected


@each_column
def test_the_gradient_of_a_batch_is_the_mean_of_its_examples(kernels: Kernels) -> None:
    network = build([Dense(units=6), Tanh(), Dense(units=3)], 4, kernels=kernels)
    rng = np.random.default_rng(0)
    x, y, loss = rng.standard_normal((8, 4)), rng.integers(0, 3, 8), SoftmaxCrossEntropy()
    each = []
    for k in range(8):
        training_loss(network, loss, x[k : k + 1], y[k : k + 1])
        network.backward()
        each.append(network.params.grad.copy())
    training_loss(network, loss, x, y)
    network.backward()
    np.testing.assert_allclose(network.params.grad, np.mean(each, axis=0), rtol=1e-12, atol=1e-15)


@each_column
def test_rows_one_by_one_are_rows_in_bulk(kernels: Kernels) -> None:
    network = build(MIXED, 4, kernels=kernels)
    x = np.random.default_rng(0).standard_normal((8, 4))
    bulk = network.forward(x).copy()
    for k in range(8):
        np.testing.assert_allclose(network.forward(x[k : k + 1])[0], bulk[k], rtol=1e-13, atol=1e-14)


def test_the_same_seed_is_the_same_network_and_another_is_not() -> None:
    one, same, other = (build(MIXED, 4, seed=seed).params.theta for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("layer_class", LAYERS, ids=kind)
def test_kink_sides_are_copies(layer_class: Any) -> None:
    network = build([Dense(units=4), sample(layer_class), Dense(units=3)], 4)
    x = np.random.default_rng(0).standard_normal((8, 4))
    network.forward(x)
    first = network.kink_sides()
    kept = [sides.copy() for sides in first]
    network.forward(-x)
    for sides, before in zip(first, kept, strict=True):
        np.testing.assert_array_equal(sides, before)


@pytest.mark.parametrize("loss_class", members(Loss), ids=kind)
@pytest.mark.parametrize("dtype", DTYPES)
@each_column
def test_a_step_allocates_nothing_of_the_size_of_a_layer(kernels: Kernels, loss_class: Any, dtype: Any) -> None:
    m, n, loss = 256, 200, loss_class()
    hidden = [layer for cls in LAYERS if cls is not Dense for layer in (Dense(units=n), sample(cls), Dropout(keep_prob=0.9))]
    network = build([*hidden, Dense(units=loss.n_outputs(n))], n, max_batch=m, dtype=dtype, kernels=kernels)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((m, n)).astype(dtype), labels_for(loss, m, rng, n_classes=n)
    y = y.astype(dtype) if loss.regression else y
    optimizer = GradientDescent()

    def step() -> None:
        descend(network, loss, optimizer, x, y, lr=0.01, steps=1)

    step()
    assert peak_bytes(step) < m * n * np.dtype(dtype).itemsize / 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss_class", members(Loss), ids=kind)
@each_column
def test_descent_descends(kernels: Kernels, loss_class: Any, dtype: Any) -> None:
    loss = loss_class()
    network = build([Dense(units=16), Tanh(), Dense(units=loss.n_outputs(3))], 4, max_batch=32, dtype=dtype, kernels=kernels)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((32, 4)).astype(dtype), labels_for(loss, 32, rng)
    costs = descend(network, loss, GradientDescent(), x, y, lr=0.05, steps=200)
    assert costs[-1] < 0.95 * costs[0]
    if not isinstance(loss, Absolute):  # whose steps do not become shorter, so that in the end they go too far
        assert (np.diff(costs) < 0).all()  # the whole batch at a small rate: never uphill


def test_dropout_leaves_the_initial_weights_of_later_layers_as_they_are() -> None:
    """With against without dropout is one experiment: nothing else differs."""
    plain = build([Dense(units=6), Relu(), Dense(units=3)], 4)
    dropped = build([Dense(units=6), Relu(), Dropout(keep_prob=0.8), Dense(units=3)], 4)
    np.testing.assert_array_equal(plain.params.views["W2"].value, dropped.params.views["W2"].value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("units", "max_batch"), [((800, 800), 16), ((50, 50), 20_000), ((3000,), 1)])
def test_the_memory_of_training_is_known_before_it_is_taken(units: tuple[int, ...], max_batch: int, dtype: Any) -> None:
    layers: list[Layer] = [*(layer for n in units for layer in (Dense(units=n), Relu())), Dense(units=10)]

    def set_up() -> None:
        network = Network(layers, 64, max_batch, dtype, NUMPY)
        network.initialize(0)
        State.start(network.params, Adam(), 0)

    assert 0.5 < peak_bytes(set_up) / bytes_to_train(layers, 64, max_batch, dtype, len(Adam.slots)) < 2
