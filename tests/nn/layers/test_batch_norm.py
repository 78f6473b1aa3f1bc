"""Batch norm: the identities of the course, running averages at test time, and the bias that is not there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.nn.layers import BatchNorm, Dense, Relu
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from tests.laws import DTYPES, build, loss_of, slopes
from tests.strategies import matrices, quick


def alone(n: int, max_batch: int = 40, running_beta: float = 0.9) -> Network:
    """Return a network that is only batch norm: a dense identity before it, since a network must have weights."""
    network = build([Dense(units=n, bias=False), BatchNorm(running_beta=running_beta)], n, max_batch=max_batch)
    network.params.views["W1"].value[...] = np.eye(n)
    network.params.views["beta1"].value[...] = 0
    return network


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@quick
@given(x=matrices(st.integers(2, 40), st.integers(1, 6)))
def test_training_normalizes_every_column_over_the_batch(x: Array) -> None:
    z = alone(x.shape[1]).forward(x, rng())
    np.testing.assert_allclose(z, (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5), rtol=1e-9, atol=1e-9)


def test_gamma_and_beta_can_give_z_back() -> None:
    """γ = √(σ² + ε), β = μ: the layer can be the identity."""
    x = rng().normal(3, 2, (30, 4))
    network = alone(4)
    network.params.views["gamma1"].value[...] = np.sqrt(x.var(axis=0) + 1e-5)
    network.params.views["beta1"].value[...] = x.mean(axis=0)
    np.testing.assert_allclose(network.forward(x, rng()), x, rtol=0, atol=1e-12)


def test_a_constant_added_before_it_is_taken_out_again() -> None:
    """BN(z + c) = BN(z): so the dense layer before it has no bias."""
    x, c = rng().normal(0, 1, (30, 4)), np.array([1.0, -2.0, 100.0, 0.5])
    network = alone(4)
    z = network.forward(x, rng()).copy()
    np.testing.assert_allclose(network.forward(x + c, rng()), z, rtol=0, atol=1e-12)


def test_running_averages_are_the_corrected_averages_of_the_batches() -> None:
    network, beta = alone(3, running_beta=0.8), 0.8
    means: list[Array] = []
    variances: list[Array] = []
    weights: list[float] = []
    for _ in range(7):
        x = rng().normal(2, 3, (10, 3))
        network.forward(x, rng())
        means, variances = [*means, x.mean(axis=0)], [*variances, x.var(axis=0)]  # the biased variance, 1/m
        weights = [beta * w for w in weights] + [1 - beta]
    total = sum(weights)
    mean = sum(w * m for w, m in zip(weights, means, strict=True)) / total
    var = sum(w * v for w, v in zip(weights, variances, strict=True)) / total
    x = rng().normal(2, 3, (5, 3))
    np.testing.assert_allclose(network.forward(x), (x - mean) / np.sqrt(var + 1e-5), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_by_one_is_in_bulk_at_test_time(dtype: type) -> None:
    network = build([Dense(units=8, bias=False), BatchNorm(), Relu(), Dense(units=3)], 5, max_batch=64, dtype=dtype)
    x: Array = rng().standard_normal((64, 5)).astype(dtype)
    for _ in range(20):
        network.forward(x, rng())
    bulk = network.forward(x).copy()
    single = np.vstack([network.forward(x[k : k + 1]).copy() for k in range(64)])
    np.testing.assert_allclose(single, bulk, rtol=1e-5, atol=1e-5)


def test_before_any_training_it_only_scales_and_shifts() -> None:
    x = rng().normal(2, 3, (5, 3))
    np.testing.assert_allclose(alone(3).forward(x), x / np.sqrt(1 + 1e-5), rtol=1e-12)


def test_inference_leaves_the_averages_alone() -> None:
    network = alone(3)
    network.forward(rng().normal(2, 3, (10, 3)), rng())
    before = network.params.stats.copy()
    network.forward(rng().normal(5, 3, (10, 3)))
    np.testing.assert_array_equal(network.params.stats, before)
    assert before.any()


def test_the_gradient_at_test_time_takes_the_averages_as_given() -> None:
    network = build([Dense(units=4, bias=False), BatchNorm(), Dense(units=3)], 5)
    x, y, loss = rng().standard_normal((8, 5)), np.arange(8) % 3, SoftmaxCrossEntropy()
    for _ in range(3):
        network.forward(x, rng())

    def cost() -> float:
        return loss_of(network, loss, x, y)

    cost()
    network.backward()
    grad = network.params.grad.copy()
    np.testing.assert_allclose(grad, slopes(cost, network.params.theta), rtol=1e-6, atol=1e-9)


def test_columns_that_do_not_vary_survive() -> None:
    x = np.ones((10, 3))
    network = alone(3)
    np.testing.assert_array_equal(network.forward(x, rng()), 0)
    network.dz[...] = 1
    network.backward()
    assert np.isfinite(network.params.grad).all()
