"""The fully connected layer."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from dlrun.arrays import Array
from dlrun.nn.initializers import DrawnInitializer, Xavier
from dlrun.nn.layers.runtime import Place
from dlrun.nn.params import Block, Role


@dataclass(frozen=True, kw_only=True)
class Dense:
    """z = x W + b, with W (n_in, units), b (units,) and rows as examples.

    dW = xᵀ dz,   db = Σ rows of dz,   dx = dz Wᵀ. The mean over examples is already in dz. Where an activation follows, b is
    added, and db summed, there: in one pass over z instead of two.
    """

    kind: Literal["dense"] = "dense"
    units: Annotated[int, Ge(1)]
    init: DrawnInitializer = Xavier()
    bias: bool = True  # batch norm behind it subtracts any bias again, so there is none
    needs_output: ClassVar[bool] = False

    def n_out(self, n_in: int) -> int:
        """Return the number of units."""
        return self.units

    def blocks(self, n_in: int) -> tuple[Block, ...]:
        """Return W and b."""
        W, b = Block("W", (n_in, self.units), Role.WEIGHT), Block("b", (self.units,), Role.BIAS)
        return (W, b) if self.bias else (W,)

    def stats(self, n_in: int) -> tuple[Block, ...]:
        """Return nothing: there is nothing to save that is not trained."""
        return ()

    def draw(self, rng: np.random.Generator, n_in: int) -> dict[str, Array]:
        """Return initial values: W as `init` says, b zero."""
        W = {"W": self.init.draw(rng, n_in, self.units)}
        return W | {"b": np.zeros(self.units)} if self.bias else W

    def build(self, place: Place) -> "RuntimeDense":
        """Return the layer with its buffers."""
        return RuntimeDense(self, place)


class RuntimeDense:
    """A dense layer at work: it remembers x, which the layer before must leave alone until backward."""

    def __init__(self, layer: Dense, place: Place) -> None:
        self.W, self.dW, _ = place.views["W"]
        b = place.views.get("b")
        self.b = b.value if b else None
        self.db = b.grad if b else None
        self.kernels = place.kernels
        self.z = place.buffer(layer.units)
        self.dx = place.buffer(place.n_in)
        self.x = self.dx[:0]

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return z = x W + b, or x W where the next layer adds b."""
        self.x = x
        z = self.z[: len(x)]
        self.kernels.product(x, self.W, z)
        if self.b is not None:
            self.kernels.add_bias(z, self.b)
        return z

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Fill dW and db; return dx = dz Wᵀ if it is needed."""
        self.kernels.product(self.x.T, dz, self.dW)
        if self.db is not None:
            self.kernels.bias_gradient(dz, self.db)
        if not need_dx:
            return None
        dx = self.dx[: len(dz)]
        self.kernels.product(dz, self.W.T, dx)
        return dx

    def kink_sides(self) -> None:
        """Return None: a linear map has no kink."""
        return
