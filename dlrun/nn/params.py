"""Parameters: one flat vector, weights first, with a named view for every W and b."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, aligned_length, aligned_zeros


class Block(NamedTuple):
    """One parameter array a layer asks for: its name (`W`, `b`), its shape, and whether penalties count it as weights."""

    name: str
    shape: tuple[int, ...]
    weights: bool


class View(NamedTuple):
    """One block within the flat vectors: the values, their gradient, and where they lie."""

    value: Array
    grad: Array
    place: slice


@dataclass(frozen=True)
class Params:
    """All parameters of a network as one vector theta (P,), with grad (P,) and scratch (P,) of the same layout.

    Every view starts on a cache line; the padding between views is zero and stays zero, because its gradient is.
    """

    theta: Array
    grad: Array
    scratch: Array
    weights: slice  # of theta: every block that penalties and decay touch
    views: dict[str, View]

    @classmethod
    def allocate(cls, blocks: Sequence[Block], dtype: npt.DTypeLike) -> "Params":
        """Lay the blocks out, weights first, and hand out their views by name (`W1`, `b1`, …)."""
        ordered = sorted(blocks, key=lambda block: not block.weights)
        starts = np.cumsum([0] + [aligned_length(int(np.prod(block.shape)), dtype) for block in ordered]).tolist()
        theta, grad, scratch = (aligned_zeros((starts[-1],), dtype) for _ in range(3))
        views = {}
        for block, start in zip(ordered, starts[:-1], strict=True):
            place = slice(start, start + int(np.prod(block.shape)))
            views[block.name] = View(theta[place].reshape(block.shape), grad[place].reshape(block.shape), place)
        n_weights = sum(block.weights for block in ordered)
        return cls(theta, grad, scratch, slice(0, starts[n_weights]), {b.name: views[b.name] for b in blocks})

    @property
    def count(self) -> int:
        """How many parameters there are, padding not counted."""
        return sum(view.value.size for view in self.views.values())

    def weight_norm(self) -> float:
        """Return √Σ‖W‖² over all weight matrices."""
        w = self.theta[self.weights]
        return math.sqrt(np.dot(w, w))

    def squared_gradient_norm(self) -> float:
        """Return ‖grad‖²: one BLAS dot that is not finite when any entry is not."""
        return float(np.dot(self.grad, self.grad))

    def non_finite(self) -> Iterator[str]:
        """Yield the name of every block whose gradient holds something that is not a finite number."""
        return (name for name, view in self.views.items() if not np.isfinite(view.grad).all())
