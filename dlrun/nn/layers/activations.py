"""Activations a = g(z), element by element, and their slopes g′(z)."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from dlrun.arrays import Array, BoolArray
from dlrun.kernels.table import KinkedKernel, SlopedKernel, SlopeKernel, SmoothKernel
from dlrun.nn.layers.runtime import Output, Parameterless, Place


@dataclass(frozen=True, kw_only=True)
class Relu(Parameterless):
    """a = max(z, 0); g′(z) is 1 for z > 0 and 0 otherwise, also at the kink."""

    kind: Literal["relu"] = "relu"
    needs_output: ClassVar[bool] = False  # the mask is enough

    @property
    def can_die(self) -> bool:
        """Yes: at z ≤ 0 for every example a unit gets no gradient."""
        return True

    def build(self, place: Place) -> "RuntimeRelu":
        """Return the layer with its buffers."""
        return RuntimeRelu(place)


@dataclass(frozen=True, kw_only=True)
class LeakyRelu(Parameterless):
    """a = z for z > 0, slope · z otherwise: a unit that is off still passes some gradient on.

    Source: Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """

    kind: Literal["leaky_relu"] = "leaky_relu"
    slope: Annotated[float, Ge(0), Lt(1)] = 0.01
    """The slope below zero."""
    needs_output: ClassVar[bool] = False  # the slopes are kept

    @property
    def can_die(self) -> bool:
        """Only without a slope, as relu."""
        return self.slope == 0

    def build(self, place: Place) -> "RuntimeKinked":
        """Return the layer with its buffers."""
        return RuntimeKinked(place, "leaky_relu", self.slope)


@dataclass(frozen=True, kw_only=True)
class Elu(Parameterless):
    """a = z for z > 0, α(eᶻ − 1) otherwise; g′(z) = 1 or αeᶻ, without a jump at 0 only for α = 1.

    The slope of the slope jumps at 0 whatever α: for a gradient check that is a kink too.
    Source: Clevert et al. 2016, arXiv:1511.07289.
    """

    kind: Literal["elu"] = "elu"
    alpha: Annotated[float, Gt(0)] = 1.0
    """What it approaches far below zero is −alpha."""
    needs_output: ClassVar[bool] = False  # the slopes are kept

    def build(self, place: Place) -> "RuntimeKinked":
        """Return the layer with its buffers."""
        return RuntimeKinked(place, "elu", self.alpha)


@dataclass(frozen=True, kw_only=True)
class Gelu(Parameterless):
    """a = ½ z (1 + tanh(√(2/π) (z + 0.044715 z³))), close to z times the normal distribution function Φ(z).

    PyTorch's GELU(approximate="tanh") is the equal; its default is z Φ(z) itself, up to 5e-4 away.
    Source: Hendrycks & Gimpel 2016, arXiv:1606.08415.
    """

    kind: Literal["gelu"] = "gelu"
    needs_output: ClassVar[bool] = False  # the slopes are kept

    def build(self, place: Place) -> "RuntimeSloped":
        """Return the layer with its buffers, never in place: the kernel reads its input to the end."""
        return RuntimeSloped(place, "gelu", Output(place.buffer(place.n_in)))


@dataclass(frozen=True, kw_only=True)
class Tanh(Parameterless):
    """a = tanh z; g′(z) = 1 − a²."""

    kind: Literal["tanh"] = "tanh"
    needs_output: ClassVar[bool] = True
    saturation: ClassVar[tuple[float, float]] = (-0.99, 0.99)

    def build(self, place: Place) -> "RuntimeSmooth":
        """Return the layer with its buffers."""
        return RuntimeSmooth(place, "tanh")


@dataclass(frozen=True, kw_only=True)
class Sigmoid(Parameterless):
    """a = 1 / (1 + e⁻ᶻ); g′(z) = a (1 − a)."""

    kind: Literal["sigmoid"] = "sigmoid"
    needs_output: ClassVar[bool] = True
    saturation: ClassVar[tuple[float, float]] = (0.01, 0.99)

    def build(self, place: Place) -> "RuntimeSmooth":
        """Return the layer with its buffers."""
        return RuntimeSmooth(place, "sigmoid")


@dataclass(frozen=True, kw_only=True)
class Identity(Parameterless):
    """a = z: hidden layers of it are one linear map, however many."""

    kind: Literal["identity"] = "identity"
    adds_bias: ClassVar[bool] = False  # it does nothing at all
    needs_output: ClassVar[bool] = True  # it is the input itself: the layer before's memory, or the data

    def build(self, place: Place) -> "RuntimeIdentity":
        """Return the layer, which has no buffers."""
        return RuntimeIdentity()


# the registry: a new activation is one class above and its name here
Activation = Relu | LeakyRelu | Elu | Gelu | Tanh | Sigmoid | Identity


# Runtime layers look a kernel up when they call it, never before: while a pass is recorded it is one that notes its calls.


def bias_of(place: Place) -> tuple[Array | None, Array | None]:
    """Return the bias this layer adds, and its gradient; None and None if there is none."""
    return (place.bias.value, place.bias.grad) if place.bias else (None, None)


class RuntimeRelu:
    """relu at work: it keeps the side of the kink each unit was on, so its output may be overwritten."""

    def __init__(self, place: Place) -> None:
        self.kernels, self.b, self.db = place.kernels, *bias_of(place)
        self.output = place.output()
        self.mask: BoolArray = np.zeros((place.max_batch, place.n_in), dtype=np.bool_)
        self.m = 0

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return max(x + b, 0)."""
        self.m = len(x)
        a = self.output.like(x)
        self.kernels.relu(x, self.b, a, self.mask[: self.m])
        return a

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Return dz where the unit was on, 0 elsewhere; fill db."""
        if not need_dx:
            return None
        self.kernels.relu_backward(dz, self.mask[: self.m], self.db)
        return dz

    def kink_sides(self) -> BoolArray:
        """Return which units were above zero."""
        return self.mask[: self.m]


class RuntimeSloped:
    """An activation at work that keeps its slopes on the way forward, so its output may be overwritten."""

    def __init__(self, place: Place, kernel: str, output: Output) -> None:
        self.kernels, self.kernel, self.output = place.kernels, kernel, output
        self.b, self.db = bias_of(place)
        self.slopes = place.buffer(place.n_in)

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return g(x + b)."""
        a = self.output.like(x)
        self.compute(x, a, self.slopes[: len(x)])
        return a

    def compute(self, x: Array, out: Array, slopes: Array) -> None:
        """Write g(x + b) and the slopes."""
        function: SlopedKernel = getattr(self.kernels, self.kernel)
        function(x, self.b, out, slopes)

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Return dz · g′(z); fill db."""
        if not need_dx:
            return None
        self.kernels.slopes_backward(dz, self.slopes[: len(dz)], self.db)
        return dz

    def kink_sides(self) -> BoolArray | None:
        """Return None: there is no kink."""
        return None


class RuntimeKinked(RuntimeSloped):
    """An activation with a kink at 0 at work: it keeps the side each unit was on as well."""

    def __init__(self, place: Place, kernel: str, parameter: float) -> None:
        super().__init__(place, kernel, place.output())
        self.mask: BoolArray = np.zeros((place.max_batch, place.n_in), dtype=np.bool_)
        self.m, self.parameter = 0, parameter

    def compute(self, x: Array, out: Array, slopes: Array) -> None:
        """Write g(x + b), the slopes, and the sides."""
        self.m = len(x)
        function: KinkedKernel = getattr(self.kernels, self.kernel)
        function(x, self.b, out, self.mask[: self.m], slopes, self.parameter)

    def kink_sides(self) -> BoolArray:
        """Return which units were above zero."""
        return self.mask[: self.m]


class RuntimeSmooth:
    """A smooth activation at work: its slope is a function of its own output, which nobody else may overwrite."""

    def __init__(self, place: Place, kernel: str) -> None:
        self.kernels, self.kernel, self.output = place.kernels, kernel, place.output()
        self.b, self.db = bias_of(place)
        self.a: Any = None

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return g(x + b)."""
        self.a = self.output.like(x)
        function: SmoothKernel = getattr(self.kernels, self.kernel)
        function(x, self.b, self.a)
        return self.a  # type: ignore[no-any-return]

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Return dz · g′(z); fill db."""
        if not need_dx:
            return None
        function: SlopeKernel = getattr(self.kernels, f"{self.kernel}_backward")
        function(dz, self.a, self.db)
        return dz

    def kink_sides(self) -> None:
        """Return None: there is no kink."""
        return


class RuntimeIdentity:
    """The identity at work: it hands on what it is given."""

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return x."""
        return x

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Return dz."""
        return dz if need_dx else None

    def kink_sides(self) -> None:
        """Return None: there is no kink."""
        return
