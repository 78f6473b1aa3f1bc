"""Activations a = g(z), element by element, and their slopes g′(z)."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.kernels.table import Elementwise
from dlrun.nn.layers.runtime import Place
from dlrun.nn.params import Block


class _Activation:
    """What all activations share: as many outputs as inputs, and no parameters."""

    def n_out(self, n_in: int) -> int:
        """Return n_in."""
        return n_in

    def blocks(self, n_in: int) -> tuple[Block, ...]:
        """Return no parameters."""
        return ()

    def draw(self, rng: np.random.Generator, n_in: int) -> dict[str, Array]:
        """Return no initial values."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Relu(_Activation):
    """a = max(z, 0); g′(z) is 1 for z > 0 and 0 otherwise, also at the kink."""

    kind: Literal["relu"] = "relu"
    needs_output: ClassVar[bool] = False  # the mask is enough

    def build(self, place: Place) -> "RuntimeRelu":
        """Return the layer with its buffers."""
        return RuntimeRelu(place)


@dataclass(frozen=True, kw_only=True)
class Tanh(_Activation):
    """a = tanh z; g′(z) = 1 − a²."""

    kind: Literal["tanh"] = "tanh"
    needs_output: ClassVar[bool] = True

    def build(self, place: Place) -> "RuntimeSmooth":
        """Return the layer with its buffers."""
        return RuntimeSmooth(place, place.kernels.tanh, place.kernels.tanh_backward)


@dataclass(frozen=True, kw_only=True)
class Sigmoid(_Activation):
    """a = 1 / (1 + e⁻ᶻ); g′(z) = a (1 − a)."""

    kind: Literal["sigmoid"] = "sigmoid"
    needs_output: ClassVar[bool] = True

    def build(self, place: Place) -> "RuntimeSmooth":
        """Return the layer with its buffers."""
        return RuntimeSmooth(place, place.kernels.sigmoid, place.kernels.sigmoid_backward)


Activation = Relu | Tanh | Sigmoid  # the registry: a new activation is one class above and its name here


class RuntimeRelu:
    """relu at work: it keeps the side of the kink each unit was on, so its output may be overwritten."""

    def __init__(self, place: Place) -> None:
        self.kernels = place.kernels
        self.output = place.output()
        self.mask: BoolArray = np.zeros((place.max_batch, place.n_in), dtype=np.bool_)
        self.m = 0

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return max(x, 0)."""
        self.m = len(x)
        a = self.output.like(x)
        self.kernels.relu(x, a, self.mask[: self.m])
        return a

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Return dz where the unit was on, 0 elsewhere."""
        if not need_dx:
            return None
        self.kernels.relu_backward(dz, self.mask[: self.m])
        return dz

    def kink_sides(self) -> BoolArray:
        """Return which units were above zero."""
        return self.mask[: self.m]


class RuntimeSmooth:
    """A smooth activation at work: its slope is a function of its own output, which nobody else may overwrite."""

    def __init__(self, place: Place, function: Elementwise, slope: Elementwise) -> None:
        self.output = place.output()
        self.function, self.slope = function, slope
        self.a: Any = None

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return g(x)."""
        self.a = self.output.like(x)
        self.function(x, self.a)
        return self.a  # type: ignore[no-any-return]

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Return dz · g′(z)."""
        if not need_dx:
            return None
        self.slope(dz, self.a)
        return dz

    def kink_sides(self) -> None:
        """Return None: there is no kink."""
        return
