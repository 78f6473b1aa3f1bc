import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.nn.layers import Dense, Dropout, Layer, Relu, Tanh
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.optimizers import Optimizer
from dlrun.nn.params import Block, Params, Role
from dlrun.nn.penalties import L2
from tests.laws import DTYPES, build, descend, kind, members
from tests.strategies import quick

W, B = Role.WEIGHT, Role.BIAS
BLOCKS = [Block("W1", (3, 5), W), Block("b1", (5,), B), Block("W2", (5, 2), W), Block("b2", (2,), B)]
LAYERS: list[Layer] = [Dense(units=13), Relu(), Dropout(keep_prob=0.8), Dense(units=7), Tanh(), Dense(units=3)]

shapes = st.lists(st.integers(1, 9), min_size=1, max_size=2).map(tuple)
blocks = st.lists(st.tuples(shapes, st.sampled_from(Role)), min_size=1, max_size=6).map(
    lambda drawn: [Block(f"block{k}", shape, role) for k, (shape, role) in enumerate(drawn)]
)


def padding(params: Params) -> Any:
    """Return which entries of the flat vectors belong to no view."""
    outside = np.ones(params.theta.shape, dtype=np.bool_)
    for view in params.views.values():
        outside[view.place] = False
    return outside


@quick
@given(blocks=blocks, dtype=st.sampled_from(DTYPES))
def test_layout(blocks: list[Block], dtype: Any) -> None:
    """Any blocks: views in the order given, aligned, apart from one another, weights before the rest."""
    params = Params.allocate(blocks, [], dtype)
    assert list(params.views) == [block.name for block in blocks]
    assert params.theta.shape == params.grad.shape == params.scratch.shape
    assert params.count == sum(math.prod(block.shape) for block in blocks)
    for k, block in enumerate(blocks):
        view = params.views[block.name]
        assert view.value.shape == view.grad.shape == block.shape
        for whole, part in [(params.theta, view.value), (params.grad, view.grad)]:
            assert part.dtype == dtype
            assert part.ctypes.data % 64 == 0
            part[...] = k + 1
            np.testing.assert_array_equal(whole[view.place], part.ravel())
    for k, block in enumerate(blocks):  # nobody wrote over anybody
        assert (params.views[block.name].value == k + 1).all()
    assert not params.theta[padding(params)].any()


@quick
@given(blocks=blocks, dtype=st.sampled_from(DTYPES))
def test_slices_cover_exactly_the_blocks_of_their_roles(blocks: list[Block], dtype: Any) -> None:
    params = Params.allocate(blocks, [], dtype)
    for covered, roles in [(params.weights, {W}), (params.weights_and_biases, {W, B})]:
        for view in params.views.values():
            view.value[...] = 1
        params.theta[covered] = 0
        for block in blocks:
            assert params.views[block.name].value.any() != (block.role in roles)
        outside = np.ones(params.theta.shape, dtype=np.bool_)
        outside[covered] = False
        assert outside.sum() >= sum(math.prod(block.shape) for block in blocks if block.role not in roles)


@quick
@given(blocks=blocks, dtype=st.sampled_from(DTYPES))
def test_what_is_saved_but_not_trained_has_a_vector_of_its_own(blocks: list[Block], dtype: Any) -> None:
    params = Params.allocate(BLOCKS, blocks, dtype)
    for k, block in enumerate(blocks):
        params.stat_views[block.name][...] = k + 1
    assert params.stats.sum() == sum((k + 1) * math.prod(block.shape) for k, block in enumerate(blocks))
    assert not params.theta.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_weight_norm_is_the_root_of_all_squares_of_weights(dtype: Any) -> None:
    params = Params.allocate(BLOCKS, [], dtype)
    rng = np.random.default_rng(0)
    for view in params.views.values():
        view.value[...] = rng.standard_normal(view.value.shape)
    weights = [float(w) for name in ("W1", "W2") for w in params.views[name].value.flat]
    assert params.weight_norm() == pytest.approx(math.sqrt(math.fsum(w * w for w in weights)), rel=1e-6)


def test_squared_gradient_norm() -> None:
    params = Params.allocate(BLOCKS, [], np.float64)
    params.views["W1"].grad[0, 0], params.views["b2"].grad[1] = 3, 4
    assert params.squared_gradient_norm() == 25


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [block.name for block in BLOCKS])
def test_one_number_that_is_not_finite_is_found_and_its_block_named(name: str, bad: float) -> None:
    params = Params.allocate(BLOCKS, [], np.float32)
    assert list(params.non_finite()) == []
    params.views[name].grad.flat[-1] = bad
    assert not math.isfinite(params.squared_gradient_norm())
    assert list(params.non_finite()) == [name]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("optimizer", members(Optimizer), ids=kind)
def test_after_50_steps_views_are_still_views_and_padding_still_zero(optimizer: Any, dtype: Any) -> None:
    network = build(LAYERS, 5, dtype=dtype)
    params, before = network.params, network.params.theta.copy()
    x = np.random.default_rng(0).standard_normal((8, 5)).astype(dtype)
    y = np.arange(8) % 3
    descend(network, SoftmaxCrossEntropy(), optimizer(), x, y, lr=0.05, steps=50, penalties=[L2(strength=0.5, m=8)])
    assert padding(params).any()
    assert not params.theta[padding(params)].any()
    assert not params.grad[padding(params)].any()
    for name, view in params.views.items():
        assert np.shares_memory(view.value, params.theta)
        assert np.shares_memory(view.grad, params.grad)
        assert not np.array_equal(view.value.ravel(), before[view.place]), f"{name} was never moved"
    for placed, layers in zip(network.placed, pairwise([*network.runtime, None]), strict=True):
        for block in placed.layer.blocks(placed.n_in):
            (seen,) = (at for layer in layers if (at := getattr(layer, block.name, None)) is not None)  # b may be the next one's
            assert np.shares_memory(seen, params.theta), f"{block.name} was bound anew"
