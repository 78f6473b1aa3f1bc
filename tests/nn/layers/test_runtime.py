"""Laws of every layer: forward is its formula, backward its gradient, and sharing memory with neighbours changes nothing."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.layers import Dense, Layer, Place, RuntimeLayer
from dlrun.nn.network import Network
from dlrun.nn.params import Params, View
from tests.laws import DTYPES, build, each_column, kind, members, sample, slopes
from tests.strategies import quick, seeds

LAYERS = members(Layer)
MAX_BATCH, N_IN = 8, 4
every_layer = pytest.mark.parametrize("layer_class", LAYERS, ids=kind)
in_either_mode = pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])


def isolated(
    layer: Layer, n_in: int = N_IN, *, dtype: Any = np.float64, in_place: bool = False, kernels: Kernels = NUMPY
) -> tuple[RuntimeLayer, dict[str, View]]:
    """Return a layer at work on its own, and its parameters, drawn at random."""
    params = Params.allocate(layer.blocks(n_in), layer.stats(n_in), dtype)
    views = params.views
    rng = np.random.default_rng(3)
    for view in views.values():
        view.value[...] = rng.standard_normal(view.value.shape)
    place = Place(
        n_in=n_in, max_batch=MAX_BATCH, dtype=np.dtype(dtype), views=views, stats=params.stat_views, kernels=kernels,
        in_place=in_place,
    )  # fmt: skip
    return layer.build(place), views


def entrywise(function: Callable[[float], float]) -> Callable[[Array, dict[str, View]], Array]:
    return lambda x, _: np.array([[function(float(value)) for value in row] for row in x])


def naive_dense(x: Array, views: dict[str, View]) -> Array:
    W, b = views["W"].value, views["b"].value
    n_in, n_out = W.shape
    return np.array([[math.fsum(row[i] * W[i, j] for i in range(n_in)) + b[j] for j in range(n_out)] for row in x])


def naive_batch_norm(x: Array, views: dict[str, View]) -> Array:
    """Before the first mini-batch the running mean is 0 and the running variance 1."""
    gamma, beta = views["gamma"].value, views["beta"].value
    return np.array([[gamma[j] * row[j] / math.sqrt(1 + 1e-5) + beta[j] for j in range(len(row))] for row in x])


NAIVE: dict[str, Callable[[Array, dict[str, View]], Array]] = {  # what each layer computes at test time
    "dense": naive_dense,
    "relu": entrywise(lambda z: max(z, 0.0)),
    "leaky_relu": entrywise(lambda z: z if z > 0 else 0.01 * z),
    "elu": entrywise(lambda z: z if z > 0 else math.exp(z) - 1),
    "gelu": entrywise(lambda z: 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))),
    "tanh": entrywise(lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z))),
    "sigmoid": entrywise(lambda z: 1 / (1 + math.exp(-z))),
    "identity": entrywise(lambda z: z),
    "dropout": entrywise(lambda z: z),
    "batch_norm": naive_batch_norm,
}


@every_layer
@quick
@given(m=st.integers(1, MAX_BATCH), n_in=st.integers(1, 6), seed=seeds)
def test_forward_is_its_formula_at_any_batch_size(layer_class: Any, m: int, n_in: int, seed: int) -> None:
    layer = sample(layer_class)
    runtime, views = isolated(layer, n_in)
    x = np.random.default_rng(seed).standard_normal((m, n_in))
    z = runtime.forward(x, None)
    assert z.shape == (m, layer.n_out(n_in))
    np.testing.assert_allclose(z, NAIVE[layer.kind](x, views), rtol=1e-12, atol=1e-13)


@every_layer
@pytest.mark.parametrize("m", [1, 3, MAX_BATCH])
@pytest.mark.parametrize("in_place", [False, True], ids=["own memory", "in place"])
@in_either_mode
def test_backward_is_the_gradient_of_forward(layer_class: Any, m: int, in_place: bool, training: bool) -> None:
    """For J = Σ c·z with any c, ∂J/∂x and ∂J/∂θ are the centred differences of J."""
    layer = sample(layer_class)
    runtime, views = isolated(layer, in_place=in_place)
    rng = np.random.default_rng(5)
    x, c = rng.standard_normal((m, N_IN)), rng.standard_normal((m, layer.n_out(N_IN)))

    def cost() -> float:
        return float((c * runtime.forward(x.copy(), np.random.default_rng(1) if training else None)).sum())

    runtime.forward(rng.standard_normal((MAX_BATCH, N_IN)), None)  # a larger batch before leaves nothing behind
    cost()
    dx = runtime.backward(c.copy(), need_dx=True)
    assert dx is not None
    dx = dx.copy()
    np.testing.assert_allclose(dx, slopes(cost, x), rtol=1e-7, atol=1e-8)
    for name, view in views.items():
        np.testing.assert_allclose(view.grad, slopes(cost, view.value), rtol=1e-7, atol=1e-8, err_msg=name)


@every_layer
def test_the_gradient_of_the_input_is_returned_only_if_needed(layer_class: Any) -> None:
    runtime, views = isolated(sample(layer_class))
    rng = np.random.default_rng(5)
    z = runtime.forward(rng.standard_normal((2, N_IN)), np.random.default_rng(1))
    assert runtime.backward(rng.standard_normal(z.shape), need_dx=False) is None
    assert all(view.grad.any() for view in views.values())


@every_layer
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_layer_keeps_the_dtype(layer_class: Any, dtype: Any) -> None:
    runtime, _ = isolated(sample(layer_class), dtype=dtype)
    z = runtime.forward(np.ones((3, N_IN), dtype), np.random.default_rng(1))
    dx = runtime.backward(np.ones_like(z), need_dx=True)
    assert dx is not None
    assert z.dtype == dx.dtype == dtype


@every_layer
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_a_layer_with_memory_of_its_own_leaves_its_input_alone(layer_class: Any, training: bool) -> None:
    runtime, _ = isolated(sample(layer_class))
    x = np.random.default_rng(5).standard_normal((MAX_BATCH, N_IN))
    before = x.copy()
    z = runtime.forward(x, np.random.default_rng(1) if training else None)
    runtime.backward(np.ones_like(z), need_dx=True)
    np.testing.assert_array_equal(x, before)


@every_layer
def test_kink_sides_change_where_the_slope_jumps_and_only_there(layer_class: Any) -> None:
    """Across 0 a layer says that it has a kink, or its slope, and the slope of its slope, go on smoothly."""
    layer, step = sample(layer_class), 1e-5
    runtime, _ = isolated(layer)
    sides, slope = [], []
    for value in (-2 * step, -step, step, 2 * step):
        z = runtime.forward(np.full((1, N_IN), value), None)
        kinks = runtime.kink_sides()
        sides.append(None if kinks is None else kinks.copy())
        dx = runtime.backward(np.ones_like(z), need_dx=True)
        assert dx is not None
        slope.append(dx.copy())
    left, right = (slope[1] - slope[0]) / step, (slope[3] - slope[2]) / step
    jumps = not (np.allclose(slope[1], slope[2], atol=1e-3) and np.allclose(left, right, atol=1e-2))
    assert jumps == (sides[1] is not None and sides[2] is not None and bool((sides[1] != sides[2]).any()))


@pytest.mark.parametrize("first", LAYERS, ids=kind)
@in_either_mode
@each_column
def test_sharing_memory_and_handing_on_the_bias_change_nothing(kernels: Kernels, first: Any, training: bool) -> None:
    """Layers that write over one another, and add the bias of the one before, give bit for bit what layers on their own do.

    Every ordered triple: in one that begins tanh, dropout the third layer must know whose memory it was handed.
    """
    x = np.random.default_rng(5).standard_normal((MAX_BATCH, N_IN))
    for second, third in product(LAYERS, LAYERS):
        stack = [sample(first), sample(second), sample(third)]
        network = build([Dense(units=5), *stack, Dense(units=3)], N_IN, max_batch=MAX_BATCH, kernels=kernels)
        names = ", ".join(map(kind, stack))
        z = network.forward(x.copy(), np.random.default_rng(1) if training else None)
        network.dz[...] = 1 + np.arange(network.dz.size).reshape(network.dz.shape)
        expected_z, expected_grad = sharing_nothing(network, x, network.dz.copy(), training)
        np.testing.assert_array_equal(z, expected_z, err_msg=names)
        network.backward()
        for name, grad in expected_grad.items():
            np.testing.assert_array_equal(network.params.views[name].grad, grad, err_msg=f"{names}: {name}")


def sharing_nothing(network: Network, x: Array, dz: Array, training: bool) -> tuple[Array, dict[str, Array]]:
    """Run layers one after another on copies of everything; return the logits and the gradient of every block."""
    rng = np.random.default_rng(1) if training else None
    layers, grads = [], {}
    for p in network.placed:
        runtime, views = isolated(p.layer, p.n_in, kernels=network.kernels)
        for name, view in views.items():
            view.value[...] = network.params.views[name + p.label].value
            grads[name + p.label] = view.grad
        x = runtime.forward(x.copy(), rng).copy()
        layers.append(runtime)
    for runtime in reversed(layers):
        dx = runtime.backward(dz.copy(), need_dx=True)
        assert dx is not None
        dz = dx.copy()
    return x, grads


@pytest.mark.parametrize(("first", "second"), list(product(LAYERS, LAYERS)), ids=kind)
@in_either_mode
def test_the_data_is_never_overwritten(first: Any, second: Any, training: bool) -> None:
    """Whatever a network begins with: the examples are the caller's, and the next epoch needs them again."""
    network = build([sample(first), sample(second), Dense(units=3)], N_IN, max_batch=MAX_BATCH)
    x = np.random.default_rng(5).standard_normal((MAX_BATCH, N_IN))
    before = x.copy()
    network.forward(x, np.random.default_rng(1) if training else None)
    network.dz[...] = 1
    network.backward()
    np.testing.assert_array_equal(x, before)
