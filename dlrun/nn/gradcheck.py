"""Gradient checking: whether what backpropagation computes is the slope of the cost.

numeric_i = (J(θ + ε eᵢ) − J(θ − ε eᵢ)) / 2ε      centred, error O(ε²)
numeric_i = (J(θ + ε eᵢ) − J(θ)) / ε              forward, error O(ε)

relative error of a block = ‖analytic − numeric‖ / max(‖analytic‖ + ‖numeric‖, 10⁻⁴ · norm of the whole gradient)

A coordinate whose ±ε carries a relu, an L1 weight or an absolute error over its kink has no slope there to compare with; it is
set aside and counted. Large blocks are compared in sampled coordinates and along random directions d, ‖d‖ = 1, where
analytic is g·d. The network must be float64; its running averages are left as they were.
Source: the course; Baydin et al. 2018, arXiv:1502.05767, section 2.1.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.nn.losses import Labels, Loss
from dlrun.nn.network import Network
from dlrun.nn.params import Role, View
from dlrun.nn.penalties import Penalty, add_penalties
from dlrun.seeding import Stream, rng_for

GREAT, LOOK_AGAIN, BUG = 1e-7, 1e-5, 1e-3
BIAS_DEVIATION = 0.1  # biases of zero would leave dead relu units exactly on their kink
EPSILON = 1e-5
FORWARD_COARSE = 1e3  # the error of a one-sided difference is O(ε), that of a centred one O(ε²)

Difference: TypeAlias = Literal["centred", "forward"]
Measure: TypeAlias = Callable[[], tuple[float, list[BoolArray]]]  # the cost, and on which side of every kink it was measured


@dataclass(frozen=True)
class Comparison:
    """One slope, of a parameter (`W2[3,7]`) or along a random direction (`W2 along d0`), by both ways."""

    name: str
    analytic: float
    numeric: float

    @property
    def difference(self) -> float:
        """How far apart they are."""
        return abs(self.analytic - self.numeric)


@dataclass(frozen=True)
class BlockCheck:
    """One parameter array: its relative error, how many slopes were compared, and how many lay on a kink.

    A flat block has no slope to speak of, as a bias before batch norm: there rounding is all that is compared.
    """

    name: str
    relative_error: float
    compared: int
    set_aside: int
    flat: bool = False


@dataclass(frozen=True)
class GradientCheck:
    """The outcome: by block, in total, and the five slopes that differ most."""

    blocks: tuple[BlockCheck, ...]
    total: float
    worst: tuple[Comparison, ...]
    coarse: float = 1.0  # by how much one-sided differences are coarser than the centred ones the bands were made for

    @property
    def relative_error(self) -> float:
        """The largest relative error of any block or of the total."""
        return max([self.total, *(block.relative_error for block in self.blocks)])

    @property
    def passed(self) -> bool:
        """Whether the gradient can be trusted: something was compared, and differs by at most 10⁻⁵ everywhere."""
        return any(block.compared for block in self.blocks) and self.relative_error <= self.coarse * LOOK_AGAIN

    def verdict(self, relative_error: float) -> str:
        """Say in the course's words what a relative error of this check means."""
        return verdict(relative_error / self.coarse)


def verdict(relative_error: float) -> str:
    """Say in the course's words what a relative error of centred differences means."""
    if relative_error <= GREAT:
        return "great"
    if relative_error <= LOOK_AGAIN:
        return "look again"
    return "wrong" if relative_error < BUG else "a bug"


def randomize_biases(network: Network, seed: int) -> None:
    """Draw every bias, and the β of batch norm, from N(0, 0.1²), on the copy that is checked."""
    rng = rng_for(seed, Stream.GRADIENT_CHECK, 1)
    for placed in network.placed:
        for block in placed.named(placed.layer.blocks(placed.n_in)):
            if block.role is Role.BIAS:
                network.params.views[block.name].value[...] = rng.normal(0, BIAS_DEVIATION, block.shape)


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
    directions: int = 0,
) -> GradientCheck:
    """Compare the gradient at the network's present parameters with differences of its cost.

    Dropout draws the same mask in every evaluation. A block with more than `limit` coordinates is compared in so many of them,
    drawn at random, and along so many random directions.
    """
    assert network.dtype == np.float64, "differences of a float32 cost say nothing"
    params, stats = network.params, network.params.stats.copy()
    cost = Cost(network, loss, penalties, x, y, seed)
    cost()
    network.backward()
    add_penalties(penalties, params, network.kernels)
    rng = rng_for(seed, Stream.GRADIENT_CHECK)
    found: dict[str, list[Comparison | None]] = {}
    for name, view in params.views.items():
        found[name] = []
        for where, move in _moves(rng, name, view, limit, directions):
            analytic = float(np.dot(view.grad.ravel()[move.places], move.direction))
            numeric = slope(cost.and_sides, params.theta[view.place], move, epsilon, difference)
            found[name].append(None if numeric is None else Comparison(where, analytic, numeric))
    params.stats[...] = stats
    return _judge(found, coarse=FORWARD_COARSE if difference == "forward" else 1.0)


@dataclass(frozen=True)
class Cost:
    """The cost as a function of the network's parameters as they stand, with the same dropout masks every time."""

    network: Network
    loss: Loss
    penalties: Sequence[Penalty]
    x: Array
    y: Labels
    seed: int

    def __call__(self) -> float:
        """Return mean loss plus penalties."""
        return self._of(self._logits())

    def and_sides(self) -> tuple[float, list[BoolArray]]:
        """Return the cost, and on which side of every kink it was measured."""
        z = self._logits()
        sides = [self.loss.kink_sides(z, self.y), *(penalty.kink_sides(self.network.params) for penalty in self.penalties)]
        return self._of(z), [*self.network.kink_sides(), *(s.copy() for s in sides if s is not None)]

    def _logits(self) -> Array:
        return self.network.forward(self.x, rng_for(self.seed, Stream.DROPOUT))

    def _of(self, z: Array) -> float:
        network = self.network
        mean, _ = self.loss.measure(z, self.y, network.dz, network.loss_scratch, network.kernels)
        return mean + sum(penalty.cost(network.params) for penalty in self.penalties)


@dataclass(frozen=True)
class Move:
    """A step of length 1 within one block: these places of it, each by so much."""

    places: IntArray
    direction: Array


def _moves(rng: np.random.Generator, name: str, view: View, limit: int | None, directions: int) -> Iterator[tuple[str, Move]]:
    size, shape = view.value.size, view.value.shape
    sampled = limit is not None and size > limit
    for place in np.sort(rng.choice(size, limit, replace=False)) if sampled else range(size):
        where = ",".join(map(str, np.unravel_index(int(place), shape)))
        yield f"{name}[{where}]", Move(np.array([place]), np.ones(1))
    for k in range(directions if sampled else 0):
        d = rng.standard_normal(size)
        yield f"{name} along d{k}", Move(np.arange(size), d / np.linalg.norm(d))


def slope(measure: Measure, block: Array, move: Move, epsilon: float, difference: Difference) -> float | None:
    """Return the numerical slope along a move of one block of theta; None if the step crossed a kink."""
    steps = (epsilon, -epsilon) if difference == "centred" else (epsilon, 0.0)
    before = block[move.places]
    measured = []
    for step in steps:
        block[move.places] = before + step * move.direction
        measured.append(measure())
    block[move.places] = before
    (cost_a, sides_a), (cost_b, sides_b) = measured
    if any((a != b).any() for a, b in zip(sides_a, sides_b, strict=True)):
        return None
    return (cost_a - cost_b) / (steps[0] - steps[1])


def _judge(found: Mapping[str, Sequence[Comparison | None]], *, coarse: float) -> GradientCheck:
    compared = {name: [c for c in comparisons if c is not None] for name, comparisons in found.items()}
    every = [c for comparisons in compared.values() for c in comparisons]
    floor = 1e-4 * float(np.linalg.norm([c.numeric for c in every]))
    blocks = []
    for name, kept in compared.items():
        error, size = _relative_error(kept, floor)
        blocks.append(BlockCheck(name, error, len(kept), len(found[name]) - len(kept), flat=bool(kept) and size < floor))
    worst = sorted(every, key=lambda c: -c.difference)[:5]
    return GradientCheck(tuple(blocks), _relative_error(every, 0.0)[0], tuple(worst), coarse)


def _relative_error(compared: Sequence[Comparison], floor: float) -> tuple[float, float]:
    """Return the relative error, and the size ‖analytic‖ + ‖numeric‖ that it is relative to if that is above the floor."""
    analytic, numeric = (np.array([getattr(c, way) for c in compared]) for way in ("analytic", "numeric"))
    difference = float(np.linalg.norm(analytic - numeric))
    size = float(np.linalg.norm(analytic) + np.linalg.norm(numeric))
    if difference == 0:
        return 0.0, size
    return (difference / max(size, floor) if np.isfinite(difference) else float("inf")), size
