"""Parameters: one flat vector, weights first, with a named view for every W and b."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, aligned_length, aligned_zeros, squared_norm


class Role(IntEnum):
    """What an array is for, in the order of the flat vector: what penalties touch comes first."""

    WEIGHT = 0  # W
    BIAS = 1  # b, and the β of batch norm, which takes its place
    SCALE = 2  # γ


class Block(NamedTuple):
    """One array a layer asks for: its name (`W`, `b`), its shape, and its role."""

    name: str
    shape: tuple[int, ...]
    role: Role


class View(NamedTuple):
    """One block within the flat vectors: the values, their gradient, and where they lie."""

    value: Array
    grad: Array
    place: slice


@dataclass(frozen=True)
class Params:
    """All parameters of a network as one vector theta (P,), with grad (P,) and scratch (P,) of the same layout.

    Every view starts on a cache line; the padding between views is zero and stays zero, because its gradient is. stats (S,)
    holds what is saved but not trained, laid out in the same way: the running averages of batch norm.
    """

    theta: Array
    grad: Array
    scratch: Array
    stats: Array
    weights: slice  # of theta: every W
    weights_and_biases: slice  # every W, b and β
    views: dict[str, View]
    stat_views: dict[str, Array]

    @classmethod
    def allocate(cls, blocks: Sequence[Block], stats: Sequence[Block], dtype: npt.DTypeLike) -> "Params":
        """Lay the blocks out in the order of their roles, and hand out views by name (`W1`, `b1`, …)."""
        places, ends = _lay_out(blocks, dtype)
        theta, grad, scratch = (aligned_zeros((ends[Role.SCALE],), dtype) for _ in range(3))
        stat_places, stat_ends = _lay_out(stats, dtype)
        memory = aligned_zeros((stat_ends[Role.SCALE],), dtype)
        shapes = {block.name: block.shape for block in (*blocks, *stats)}
        return cls(
            theta=theta,
            grad=grad,
            scratch=scratch,
            stats=memory,
            weights=slice(0, ends[Role.WEIGHT]),
            weights_and_biases=slice(0, ends[Role.BIAS]),
            views={
                name: View(theta[place].reshape(shapes[name]), grad[place].reshape(shapes[name]), place)
                for name, place in places.items()
            },
            stat_views={name: memory[place].reshape(shapes[name]) for name, place in stat_places.items()},
        )

    @property
    def count(self) -> int:
        """How many parameters there are, padding not counted."""
        return sum(view.value.size for view in self.views.values())

    def weight_norm(self) -> float:
        """Return √Σ‖W‖² over all weight matrices."""
        w = self.theta[self.weights]
        return math.sqrt(np.dot(w, w))

    def squared_gradient_norm(self) -> float:
        """Return ‖grad‖²; it is not finite when any entry is not."""
        return squared_norm(self.grad)

    def non_finite(self) -> Iterator[str]:
        """Yield the name of every block whose gradient holds something that is not a finite number."""
        return (name for name, view in self.views.items() if not np.isfinite(view.grad).all())


def _lay_out(blocks: Sequence[Block], dtype: npt.DTypeLike) -> tuple[dict[str, slice], dict[Role, int]]:
    """Return the place of every block in one vector, in the order of the blocks, and where each role ends."""
    places, ends, end = {}, {}, 0
    for role in Role:
        for block in blocks:
            if block.role is role:
                places[block.name] = slice(end, end + math.prod(block.shape))
                end += aligned_length(math.prod(block.shape), dtype)
        ends[role] = end
    return {block.name: places[block.name] for block in blocks}, ends
