"""Helpers for laws over the registries: every member of a union is tested the day it joins."""

import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, Kernels, LossScratch
from dlrun.kernels.numba_column import NUMBA
from dlrun.nn.gradcheck import randomize_biases
from dlrun.nn.gradcheck_matrix import REQUIRED
from dlrun.nn.layers import Layer
from dlrun.nn.losses import Labels, Loss
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Optimizer, Slots
from dlrun.nn.penalties import Penalty, add_penalties

DTYPES = (np.float32, np.float64)
COLUMNS = (NUMPY, NUMBA)
each_column = pytest.mark.parametrize("kernels", COLUMNS, ids=lambda kernels: kernels.name)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def members(union: Any) -> tuple[Any, ...]:
    """Return the classes of a registry; a registry of one member is that class itself."""
    return get_args(union) or (union,)


def kind(component: Any) -> str:
    """Return the word a component, or its class, has in a spec: the id of a parametrized test."""
    return str(getattr(component, "kind", getattr(component, "__name__", component)))


def sample(component: Any) -> Any:
    """Return an instance, with values for the fields that have no default."""
    return component(**REQUIRED.get(component, {}))


def build(
    layers: Sequence[Layer],
    n_in: int,
    *,
    max_batch: int = 8,
    dtype: npt.DTypeLike = np.float64,
    seed: int = 0,
    kernels: Kernels = NUMPY,
) -> Network:
    """Return an initialized network with nothing special about it: its biases are not zero."""
    network = Network(layers, n_in, max_batch, dtype, kernels)
    network.initialize(seed)
    randomize_biases(network, seed)
    return network


def labels_for(loss: Loss, m: int, rng: np.random.Generator, *, n_classes: int = 3) -> Labels:
    """Return random labels of the sort this loss takes: real targets, or the classes it has outputs for."""
    if loss.regression:
        return rng.standard_normal(m)
    return rng.integers(0, n_classes if loss.n_outputs(n_classes) > 1 else 2, m)


def measure(loss: Loss, z: Array, y: Labels, kernels: Kernels = NUMPY) -> tuple[float, float, Array]:
    """Return the mean loss, the sum of errors and dz, with room for more examples than there are."""
    dz = np.full_like(z, np.nan)
    return *loss.measure(z, y, dz, LossScratch.for_batches(len(z) + 3, z.shape[1], z.dtype), kernels), dz


def mean_and_dz(loss: Loss, z: Array, y: Labels, kernels: Kernels = NUMPY) -> tuple[float, Array]:
    """Return the mean loss and dz."""
    mean, _, dz = measure(loss, z, y, kernels)
    return mean, dz


def error_of(loss: Loss, z: Array, y: Labels, kernels: Kernels = NUMPY) -> float:
    """Return the fraction wrong, or the root mean squared error."""
    return loss.error(measure(loss, z, y, kernels)[1], len(z))


def loss_of(network: Network, loss: Loss, x: Array, y: Labels, rng: np.random.Generator | None = None) -> float:
    """Return the mean loss of a network on examples, after which it is ready to go backward."""
    z = network.forward(x, rng)
    return loss.measure(z, y, network.dz, network.loss_scratch, network.kernels)[0]


def slots_for(optimizer: Optimizer, theta: Array) -> Slots:
    """Return the optimizer's vectors as they are before the first step."""
    return {name: np.zeros_like(theta) for name in optimizer.slots}


def descend(
    network: Network, loss: Loss, optimizer: Optimizer, x: Array, y: Labels, *,
    lr: float, steps: int, penalties: Sequence[Penalty] = (),
) -> list[float]:  # fmt: skip
    """Train on one batch and return the cost before every step."""
    params, slots, costs = network.params, slots_for(optimizer, network.params.theta), []
    for t in range(1, steps + 1):
        mean = loss_of(network, loss, x, y, np.random.default_rng(t))
        network.backward()
        costs.append(mean + add_penalties(penalties, params, network.kernels))
        optimizer.step(params.theta, params.grad, slots, params.scratch, lr, t, weights=params.weights, kernels=network.kernels)
    return costs


def slopes(cost: Callable[[], float], values: Array, epsilon: float = 1e-6) -> Array:
    """Return the centred differences of a cost in every entry of an array it reads: the oracle for every gradient."""
    numeric = np.zeros(values.shape)
    for place in np.ndindex(*values.shape):
        before = values[place]
        values[place] = before + epsilon
        above = cost()
        values[place] = before - epsilon
        below = cost()
        values[place] = before
        numeric[place] = (above - below) / (2 * epsilon)
    return numeric


def peak_bytes(work: Callable[[], object]) -> int:
    """Return how much memory is held at the worst moment of a piece of work, beyond what was held before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
