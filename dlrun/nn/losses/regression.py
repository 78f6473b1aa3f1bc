"""Losses of regression: one output, a real target, r = z − y.

Whatever is minimized, the error is the root of the mean square of r, in the target's units, so that losses can be compared.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from annotated_types import Gt

from dlrun.arrays import Array, BoolArray
from dlrun.kernels import Kernels, LossScratch, Measured
from dlrun.nn.losses.labels import Labels


class _Regression:
    """What the losses of regression share: the output is the prediction, and the error its root mean square."""

    regression: ClassVar[bool] = True

    def n_outputs(self, n_classes: int) -> int:
        """Return 1: the predicted target."""
        return 1

    def with_weights_for(self, labels: Labels, n_classes: int) -> Self:
        """Return the loss itself: there are no classes to weigh."""
        return self

    def weights_problem(self, n_classes: int) -> str | None:
        """Return None: there are no weights."""
        return None

    def predict(self, z: Array) -> Array:
        """Return the predicted target, (m,)."""
        return np.asarray(z[:, 0].astype(np.float64))

    def each_error(self, z: Array, y: Labels) -> Array:
        """Return the squared difference of each example, (m,), in float64: the error is the root of their mean."""
        return np.square(_difference(z, y))

    def error(self, error_sum: float, m: int) -> float:
        """Return the root of the mean square."""
        return float((error_sum / m) ** 0.5)


@dataclass(frozen=True, kw_only=True)
class SquaredError(_Regression):
    """J = (1/m) Σ r²: its minimum is the conditional mean."""

    kind: Literal["squared_error"] = "squared_error"

    def measure(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> Measured:
        """Return the mean loss and Σ r², and write dz = 2r/m."""
        return kernels.squared_error(z, y, dz, scratch)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the loss of each example, (m,), in float64."""
        return np.square(_difference(z, y))

    def kink_sides(self, z: Array, y: Labels) -> None:
        """Return None: a square is smooth."""
        return


@dataclass(frozen=True, kw_only=True)
class Absolute(_Regression):
    """J = (1/m) Σ |r|: its minimum is the conditional median, which an outlier cannot move far."""

    kind: Literal["absolute"] = "absolute"

    def measure(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> Measured:
        """Return the mean loss and Σ r², and write dz = sign(r)/m, 0 at the kink."""
        return kernels.absolute(z, y, dz, scratch)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the loss of each example, (m,), in float64."""
        return np.abs(_difference(z, y))

    def kink_sides(self, z: Array, y: Labels) -> BoolArray:
        """Return on which side of the kink at 0 each example is, (m,)."""
        return np.asarray(_difference(z, y) > 0)


@dataclass(frozen=True, kw_only=True)
class Huber(_Regression):
    """J = (1/m) Σ ℓ(r), with ℓ = ½r² within ±δ and δ(|r| − ½δ) outside: a parabola with straight ends.

    δ is in units of the target as the network sees it. PyTorch's HuberLoss is the equal.
    Source: Huber 1964, Annals of Mathematical Statistics 35, section 4.
    """

    kind: Literal["huber"] = "huber"
    delta: Annotated[float, Gt(0)] = 1.0
    """Where squares turn into absolute values, in deviations of the target."""

    def measure(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> Measured:
        """Return the mean loss and Σ r², and write dz = r/m, held within ±δ/m."""
        return kernels.huber(z, y, dz, scratch, self.delta)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the loss of each example, (m,), in float64."""
        size = np.abs(_difference(z, y))
        return np.where(size <= self.delta, 0.5 * size**2, self.delta * (size - 0.5 * self.delta))

    def kink_sides(self, z: Array, y: Labels) -> BoolArray:
        """Return on which side of −δ and of δ each example is, (m, 2): there the slope goes on, but its slope jumps.

        A centred difference across such a place is off by O(ε) instead of O(ε²), which is no fault of the gradient.
        """
        r = _difference(z, y)
        return np.stack([r > -self.delta, r > self.delta], axis=1)


def _difference(z: Array, y: Labels) -> Array:
    difference: Any = z[:, 0].astype(np.float64) - y
    return np.asarray(difference)
