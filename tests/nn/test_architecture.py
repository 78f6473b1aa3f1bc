from typing import Any

import numpy as np
import pytest

from dlrun.nn.architecture import stack
from dlrun.nn.initializers import DrawnInitializer, He, Xavier, Zeros
from dlrun.nn.layers import Activation, Dense, Dropout, Relu, Tanh
from tests.laws import build, kind, members


def test_hidden_layers_are_dense_activation_and_dropout_where_units_are_dropped() -> None:
    layers = stack([6, 5], 3, activation=Tanh(), init=Xavier(), keep_prob=[0.8, 1])
    assert layers == [
        Dense(units=6, init=Xavier()), Tanh(), Dropout(keep_prob=0.8),
        Dense(units=5, init=Xavier()), Tanh(),
        Dense(units=3, init=Xavier()),
    ]  # fmt: skip


def test_without_hidden_layers_it_is_regression() -> None:
    assert stack([], 3, activation=Relu(), init=Zeros(), keep_prob=[]) == [Dense(units=3, init=Zeros())]


@pytest.mark.parametrize("init", members(DrawnInitializer), ids=kind)
def test_a_named_initializer_is_used_everywhere(init: Any) -> None:
    layers = stack([6, 5], 3, activation=Relu(), init=init(), keep_prob=[1, 1])
    assert [layer.init for layer in layers if isinstance(layer, Dense)] == [init()] * 3


@pytest.mark.parametrize("activation", members(Activation), ids=kind)
def test_every_activation_makes_a_network(activation: Any) -> None:
    layers = stack([6, 5], 3, activation=activation(), init=He(), keep_prob=[0.5, 0.5])
    assert build(layers, 4).forward(np.ones((2, 4))).shape == (2, 3)


def test_one_keep_prob_a_hidden_layer() -> None:
    with pytest.raises(ValueError, match="zip"):
        stack([6, 5], 3, activation=Relu(), init=He(), keep_prob=[1])
