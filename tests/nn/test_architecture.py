from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.nn.architecture import Hidden, stack
from dlrun.nn.gradcheck import check_gradient
from dlrun.nn.initializers import Auto, DrawnInitializer, He, Xavier, Zeros
from dlrun.nn.layers import Activation, BatchNorm, Dense, Dropout, Gelu, Layer, Relu, Tanh
from dlrun.nn.losses import Loss, SoftmaxCrossEntropy
from dlrun.nn.optimizers import Adam
from dlrun.nn.penalties import L2
from tests.laws import build, descend, error_of, kind, labels_for, loss_of, members, peak_bytes, sample


def two(activation: Activation, init: DrawnInitializer, *keep_prob: float) -> list[Layer]:
    """Return a network of two hidden layers, 6 and 5 units, and 3 outputs."""
    hidden = [
        Hidden(units=units, activation=activation, init=init, keep_prob=keep)
        for units, keep in zip((6, 5), keep_prob or (1, 1), strict=True)
    ]
    return stack(hidden, 3, init=init)


def test_hidden_layers_are_dense_activation_and_dropout_where_units_are_dropped() -> None:
    assert two(Tanh(), Xavier(), 0.8, 1) == [
        Dense(units=6, init=Xavier()), Tanh(), Dropout(keep_prob=0.8),
        Dense(units=5, init=Xavier()), Tanh(),
        Dense(units=3, init=Xavier()),
    ]  # fmt: skip


def test_batch_norm_stands_before_the_activation_and_takes_the_place_of_the_bias() -> None:
    hidden = Hidden(units=6, activation=Relu(), init=He(), batch_norm=BatchNorm(eps=1e-3), keep_prob=0.5)
    assert stack([hidden], 3, init=Xavier(), keep_input=0.9) == [
        Dropout(keep_prob=0.9),
        Dense(units=6, init=He(), bias=False), BatchNorm(eps=1e-3), Relu(), Dropout(keep_prob=0.5),
        Dense(units=3, init=Xavier()),
    ]  # fmt: skip


def test_batch_norm_names_stand_behind_their_weight_matrix() -> None:
    hidden = [Hidden(units=units, activation=Relu(), init=He(), batch_norm=BatchNorm()) for units in (6, 5)]
    params = build(stack(hidden, 3, init=Xavier()), 4).params
    assert list(params.views) == ["W1", "gamma1", "beta1", "W2", "gamma2", "beta2", "W3", "b3"]
    assert list(params.stat_views) == ["mean1", "var1", "count1", "mean2", "var2", "count2"]


def test_without_hidden_layers_it_is_regression() -> None:
    assert stack([], 3, init=Zeros()) == [Dense(units=3, init=Zeros())]


@pytest.mark.parametrize("init", members(DrawnInitializer), ids=kind)
def test_a_named_initializer_is_used_everywhere(init: Any) -> None:
    assert [layer.init for layer in two(Relu(), init()) if isinstance(layer, Dense)] == [init()] * 3


@pytest.mark.parametrize("activation", members(Activation), ids=kind)
def test_every_activation_makes_a_network(activation: Any) -> None:
    assert build(two(sample(activation), He(), 0.5, 0.5), 4).forward(np.ones((2, 4))).shape == (2, 3)


layers_drawn = st.lists(
    st.builds(
        Hidden,
        units=st.integers(1, 6),
        activation=st.sampled_from([sample(activation) for activation in members(Activation)]),
        init=st.sampled_from([He(), Xavier()]),
        batch_norm=st.sampled_from([None, BatchNorm(), BatchNorm(running_beta=0.5, eps=1e-3)]),
        keep_prob=st.sampled_from([1.0, 0.7]),
    ),
    max_size=4,
)


@settings(max_examples=40)
@given(
    hidden=layers_drawn, loss=st.sampled_from([sample(loss) for loss in members(Loss)]), keep_input=st.sampled_from([1.0, 0.8])
)
def test_any_architecture_has_the_gradient_it_should(hidden: list[Hidden], loss: Any, keep_input: float) -> None:
    n_out = loss.n_outputs(3)
    network = build(stack(hidden, n_out, init=Xavier(), keep_input=keep_input), 4, max_batch=9)
    rng = np.random.default_rng(7)
    x, y = rng.standard_normal((9, 4)), labels_for(loss, 9, rng)
    wrong: set[str] = set()
    for epsilon in (1e-5, 1e-6):  # a unit alone under batch norm may bend sharply: a wrong gradient is wrong at every step
        check = check_gradient(network, loss, [L2(strength=0.1, m=9)], x, y, seed=3, epsilon=epsilon)
        above = {block.name for block in check.blocks if block.relative_error > 1e-5}
        wrong = above & wrong if wrong else above
        if not wrong:
            return
    raise AssertionError(check.blocks)


@pytest.mark.parametrize("batch_norm", [None, BatchNorm()], ids=["plain", "batch norm"])
@pytest.mark.parametrize("activation", members(Activation), ids=kind)
def test_32_examples_are_learned_by_heart(activation: Any, batch_norm: BatchNorm | None) -> None:
    """A network that cannot bring its error on a handful of examples to zero is broken."""
    hidden = [Hidden(units=64, activation=sample(activation), init=Auto(), batch_norm=batch_norm)] * 2
    network = build(stack(hidden, 4, init=Auto()), 40, max_batch=32)
    rng = np.random.default_rng(0)
    x, y, loss = rng.standard_normal((32, 40)), rng.integers(0, 4, 32), SoftmaxCrossEntropy()
    descend(network, loss, Adam(), x, y, lr=0.01, steps=200)
    assert error_of(loss, network.forward(x), y) == 0


def test_a_whole_step_allocates_nothing_of_the_size_of_a_batch() -> None:
    hidden = [Hidden(units=256, activation=Gelu(), init=He(), batch_norm=BatchNorm(), keep_prob=0.5)] * 2
    network = build(stack(hidden, 10, init=Xavier(), keep_input=0.8), 128, max_batch=512, dtype=np.float32)
    rng = np.random.default_rng(0)
    x, y, loss = rng.standard_normal((512, 128)).astype(np.float32), rng.integers(0, 10, 512), SoftmaxCrossEntropy()

    def step() -> None:
        loss_of(network, loss, x, y, rng)
        network.backward()

    step()
    assert peak_bytes(step) < 512 * 128 * 4 / 2
