"""Gradient checking: whether what backpropagation computes is the slope of the cost.

numeric_i = (J(θ + ε eᵢ) − J(θ − ε eᵢ)) / 2ε      centred, error O(ε²)
numeric_i = (J(θ + ε eᵢ) − J(θ)) / ε              forward, error O(ε)

relative error of a block = ‖analytic − numeric‖ / max(‖analytic‖ + ‖numeric‖, 10⁻⁴ · norm of the whole gradient)

A coordinate whose ±ε carries any relu over its kink has no slope there to compare with; it is set aside and counted.
The network must be float64. Source: the course; Baydin et al. 2018, arXiv:1502.05767, section 2.1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.kernels import Kernels
from dlrun.nn.losses import Labels, Loss
from dlrun.nn.network import Network
from dlrun.nn.penalties import Penalty, add_penalties
from dlrun.seeding import Stream, rng_for

GREAT, LOOK_AGAIN, BUG = 1e-7, 1e-5, 1e-3
BIAS_DEVIATION = 0.1  # biases of zero would leave dead relu units exactly on their kink
EPSILON = 1e-5

Difference: TypeAlias = Literal["centred", "forward"]


@dataclass(frozen=True)
class Coordinate:
    """One parameter, `W2[3,7]`, with its analytic and numerical slope."""

    name: str
    analytic: float
    numeric: float


@dataclass(frozen=True)
class BlockCheck:
    """One parameter array: its relative error, how many coordinates were compared, and how many lay on a kink."""

    name: str
    relative_error: float
    compared: int
    set_aside: int


@dataclass(frozen=True)
class GradientCheck:
    """The outcome: by block, in total, and the coordinates that differ most."""

    blocks: tuple[BlockCheck, ...]
    total: float
    worst: tuple[Coordinate, ...] = field(default=())

    @property
    def relative_error(self) -> float:
        """The largest relative error of any block or of the total."""
        return max([self.total, *(block.relative_error for block in self.blocks)])

    @property
    def passed(self) -> bool:
        """Whether the gradient can be trusted: something was compared, and differs by at most 10⁻⁵ everywhere."""
        return any(block.compared for block in self.blocks) and self.relative_error <= LOOK_AGAIN


def verdict(relative_error: float) -> str:
    """Say in the course's words what a relative error means."""
    if relative_error <= GREAT:
        return "great"
    if relative_error <= LOOK_AGAIN:
        return "look again"
    return "wrong" if relative_error < BUG else "a bug"


def randomize_biases(network: Network, seed: int) -> None:
    """Draw every bias from N(0, 0.1²), on the copy that is checked."""
    rng = rng_for(seed, Stream.GRADIENT_CHECK, 1)
    for placed in network.placed:
        for block in placed.layer.blocks(placed.n_in):
            if not block.weights:
                network.params.views[f"{block.name}{placed.number}"].value[...] = rng.normal(0, BIAS_DEVIATION, block.shape)


def check_gradient(
    network: Network,
    loss: Loss,
    penalties: Sequence[Penalty],
    x: Array,
    y: Labels,
    *,
    seed: int = 0,
    epsilon: float = EPSILON,
    difference: Difference = "centred",
    limit: int | None = None,
) -> GradientCheck:
    """Compare the gradient at the network's present parameters with differences of its cost.

    Dropout draws the same mask in every evaluation. With a limit, at most so many coordinates of each block are
    compared, drawn at random.
    """
    cost = _cost_function(network, loss, penalties, x, y, seed)
    cost()
    network.backward()
    add_penalties(penalties, network.params, network.kernels)
    analytic = network.params.grad.copy()
    rng = rng_for(seed, Stream.GRADIENT_CHECK)
    compared = {}
    for name, view in network.params.views.items():
        drawn = _choose(rng, view.value.size, limit)
        numeric, on_kink = _differences(cost, network, view.place.start + drawn, epsilon, difference)
        compared[name] = (drawn[~on_kink], analytic[view.place][drawn[~on_kink]], numeric[~on_kink], int(on_kink.sum()))
    return _judge(network, compared)


def _cost_function(
    network: Network, loss: Loss, penalties: Sequence[Penalty], x: Array, y: Labels, seed: int
) -> Callable[[], float]:
    kernels: Kernels = network.kernels

    def cost() -> float:
        z = network.forward(x, rng_for(seed, Stream.DROPOUT))  # a new generator each time: the same masks each time
        mean = loss.mean(z, y, network.dz, network.loss_scratch, kernels)
        return mean + sum(penalty.cost(network.params) for penalty in penalties)

    return cost


def _choose(rng: np.random.Generator, size: int, limit: int | None) -> IntArray:
    return np.arange(size) if limit is None or size <= limit else np.sort(rng.choice(size, limit, replace=False))


def _differences(
    cost: Callable[[], float], network: Network, places: IntArray,
    epsilon: float, difference: Difference,
) -> tuple[Array, BoolArray]:  # fmt: skip
    """Return the numerical slope at each place of theta, and whether its step crossed a kink."""
    theta = network.params.theta
    numeric, on_kink = np.zeros(len(places)), np.zeros(len(places), dtype=np.bool_)
    steps = (epsilon, -epsilon) if difference == "centred" else (epsilon, 0.0)
    for k, place in enumerate(places):
        before = theta[place]
        costs, sides = [], []
        for step in steps:
            theta[place] = before + step
            costs.append(cost())
            sides.append(network.kink_sides())
        theta[place] = before
        numeric[k] = (costs[0] - costs[1]) / (steps[0] - steps[1])
        on_kink[k] = any((a != b).any() for a, b in zip(*sides, strict=True))
    return numeric, on_kink


def _judge(network: Network, compared: dict[str, tuple[IntArray, Array, Array, int]]) -> GradientCheck:
    every_analytic = np.concatenate([analytic for _, analytic, _, _ in compared.values()])
    every_numeric = np.concatenate([numeric for _, _, numeric, _ in compared.values()])
    floor = 1e-4 * float(np.linalg.norm(every_numeric))
    blocks, coordinates = [], []
    for name, (drawn, analytic, numeric, set_aside) in compared.items():
        error = _relative_error(analytic, numeric, floor=floor)
        blocks.append(BlockCheck(name, error, len(numeric), set_aside))
        shape = network.params.views[name].value.shape
        for k in np.argsort(-np.abs(analytic - numeric))[:5]:
            where = ",".join(map(str, np.unravel_index(int(drawn[k]), shape)))
            coordinates.append(Coordinate(f"{name}[{where}]", float(analytic[k]), float(numeric[k])))
    coordinates.sort(key=lambda c: -abs(c.analytic - c.numeric))
    return GradientCheck(tuple(blocks), _relative_error(every_analytic, every_numeric, floor=0.0), tuple(coordinates[:5]))


def _relative_error(analytic: Array, numeric: Array, *, floor: float) -> float:
    difference = float(np.linalg.norm(analytic - numeric))
    scale = max(float(np.linalg.norm(analytic) + np.linalg.norm(numeric)), floor)
    if difference == 0:
        return 0.0
    return difference / scale if np.isfinite(difference) else float("inf")
