"""What every runtime layer does, and what it is told when it is built."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from dlrun.arrays import Array, BoolArray, aligned_zeros
from dlrun.kernels import Kernels
from dlrun.nn.params import Block, View


class RuntimeLayer(Protocol):
    """A layer with its buffers. x, z are (m, n_in) and (m, n_out) with any m up to the largest batch."""

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return the layer's output; rng None means inference."""

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Fill the gradient views from ∂J/∂output, which may be overwritten; return ∂J/∂x if it is needed."""

    def kink_sides(self) -> BoolArray | None:
        """Return on which side of a kink each unit was in the last forward pass; None for a smooth layer."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in a network a layer stands: its input width, its parameter views, the largest batch, and its neighbours.

    in_place says that the input's memory may take the output: the layer before does not need its own output again.
    bias is that of the dense layer before, if that has left it to this one: to add to the input, which may be overwritten, and to
    fill the gradient of, each in the same pass as its own work.
    """

    n_in: int
    max_batch: int
    dtype: np.dtype[Any]
    views: Mapping[str, View]
    stats: Mapping[str, Array]
    kernels: Kernels
    in_place: bool
    bias: View | None = None

    def buffer(self, n: int) -> Array:
        """Allocate room for the largest batch of n units."""
        return aligned_zeros((self.max_batch, n), self.dtype)

    def output(self) -> "Output":
        """Return where an elementwise layer writes."""
        return Output(None if self.in_place else self.buffer(self.n_in))


@dataclass(frozen=True)
class Output:
    """Memory for the output of an elementwise layer: its own buffer, or None to write over the input."""

    memory: Array | None

    def like(self, x: Array) -> Array:
        """Return an array of x's shape to write to: x itself when working in place."""
        return x if self.memory is None else self.memory[: len(x)]


class Parameterless:
    """What activations and dropout share: as many outputs as inputs, nothing to learn, nothing to save."""

    adds_bias: ClassVar[bool] = True  # that of a dense layer before it
    saturation: ClassVar[tuple[float, float] | None] = None  # outside of it an output is nearly constant, its slope nearly 0

    @property
    def can_die(self) -> bool:
        """Whether a unit can be 0 for every example, with slope 0, so that it learns no more."""
        return False

    def n_out(self, n_in: int) -> int:
        """Return n_in."""
        return n_in

    def blocks(self, n_in: int) -> tuple[Block, ...]:
        """Return no parameters."""
        return ()

    def stats(self, n_in: int) -> tuple[Block, ...]:
        """Return nothing to save."""
        return ()

    def draw(self, rng: np.random.Generator, n_in: int) -> dict[str, Array]:
        """Return no initial values."""
        return {}
