from typing import Any

import numpy as np
import pytest

from dlrun.nn.architecture import Hidden, stack
from dlrun.nn.initializers import DrawnInitializer, He, Xavier, Zeros
from dlrun.nn.layers import Activation, BatchNorm, Dense, Dropout, Layer, Relu, Tanh
from tests.laws import build, kind, members, sample


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
