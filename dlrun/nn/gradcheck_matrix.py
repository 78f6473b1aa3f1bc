"""The built-in gradient-check matrix: every ordered pair of layers × loss × penalty, on small random networks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, get_args

import numpy as np

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.gradcheck import randomize_biases
from dlrun.nn.layers import Dense, Dropout, Layer
from dlrun.nn.losses import Labels, Loss
from dlrun.nn.network import Network
from dlrun.nn.penalties import L1, L2, Penalty
from dlrun.seeding import Stream, rng_for

M, N_IN, UNITS, N_CLASSES = 7, 4, 5, 3
REQUIRED: dict[type, dict[str, Any]] = {Dense: {"units": UNITS}, Dropout: {"keep_prob": 0.7}}  # fields without a default
PENALTIES: dict[str, tuple[Penalty, ...]] = {
    "no penalty": (),
    "l2": (L2(strength=0.5, m=M),),
    "l1": (L1(strength=0.5, m=M, include_bias=True),),
}


@dataclass(frozen=True)
class Case:
    """One network of the matrix with its loss, penalties and examples."""

    name: str
    network: Network
    loss: Loss
    penalties: Sequence[Penalty]
    x: Array
    y: Labels


def cases(seed: int = 0, kernels: Kernels = NUMPY) -> Iterator[Case]:
    """Yield every case; a new layer or loss is in the matrix the day it joins its union."""
    for first, second, loss_class, penalty in product(get_args(Layer), get_args(Layer), get_args(Loss), PENALTIES):
        layers = [first(**REQUIRED.get(first, {})), second(**REQUIRED.get(second, {}))]
        loss = loss_class()
        n_classes = N_CLASSES if loss.n_outputs(N_CLASSES) > 1 else 2
        x, y = examples(seed, n_classes, regression=loss.regression)
        stack: list[Layer] = [Dense(units=UNITS), *layers, Dense(units=loss.n_outputs(n_classes))]
        network = Network(stack, N_IN, M, np.float64, kernels)
        network.initialize(seed)
        randomize_biases(network, seed)
        name = f"{layers[0].kind}, {layers[1].kind}; {loss.kind}; {penalty}"
        yield Case(name, network, loss, PENALTIES[penalty], x, y)


def examples(seed: int, n_classes: int, *, regression: bool) -> tuple[Array, Labels]:
    """Return M random examples with labels, or with real targets."""
    rng = rng_for(seed, Stream.GRADIENT_CHECK, 2)
    x = rng.standard_normal((M, N_IN))
    return x, rng.standard_normal(M) if regression else rng.integers(0, n_classes, M)
