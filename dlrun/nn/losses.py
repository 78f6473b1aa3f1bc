"""Losses: what the logits z are worth against the labels, and the link from logits to predictions.

z and dz are (m, n_outputs); labels are class indices (m,), probabilities (m, C), or real targets (m,). A loss is the mean
over examples, in nats; its `mean` writes dz = ∂(mean loss)/∂z in the same pass. The error beside it is what people count:
the fraction wrong, or the root mean squared error.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.kernels import Kernels, LossScratch

Labels = Array | IntArray


@dataclass(frozen=True, kw_only=True)
class SoftmaxCrossEntropy:
    """J = −(1/m) Σᵢ Σ_c y_ic log ŷ_ic with ŷ = softmax z: one logit a class; with two classes it is logistic regression."""

    kind: Literal["softmax_cross_entropy"] = "softmax_cross_entropy"
    regression: ClassVar[bool] = False

    def n_outputs(self, n_classes: int) -> int:
        """Return one output a class."""
        return n_classes

    def mean(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> float:
        """Return the mean loss and write dz = (ŷ − y)/m."""
        return kernels.softmax_cross_entropy(z, y, dz, scratch)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the loss of each example, (m,), in float64."""
        log_p = _log_softmax(z)
        picked = log_p[np.arange(len(z)), y] if y.ndim == 1 else np.einsum("ij,ij->i", y, log_p)
        return np.asarray(-picked)

    def predict(self, z: Array) -> Array:
        """Return the probability of every class, (m, C)."""
        return np.exp(_log_softmax(z))

    def error_sum(self, z: Array, y: Labels, scratch: LossScratch) -> float:
        """Return how many examples are wrong: the largest logit is not the label's."""
        index = scratch.index[: len(z)]
        np.argmax(z, axis=1, out=index)
        labels = y if y.ndim == 1 else np.argmax(y, axis=1)
        return float(np.count_nonzero(index != labels))

    def error(self, error_sum: float, m: int) -> float:
        """Return the fraction wrong."""
        return error_sum / m


@dataclass(frozen=True, kw_only=True)
class SigmoidCrossEntropy:
    """J = −(1/m) Σ [y log ŷ + (1 − y) log(1 − ŷ)] with ŷ = σ(z): two classes, one logit."""

    kind: Literal["sigmoid_cross_entropy"] = "sigmoid_cross_entropy"
    regression: ClassVar[bool] = False

    def n_outputs(self, n_classes: int) -> int:
        """Return 1: the logit of the second class."""
        return 1

    def mean(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> float:
        """Return the mean loss and write dz = (ŷ − y)/m."""
        return kernels.sigmoid_cross_entropy(z, y, dz, scratch)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the loss of each example, (m,), in float64."""
        logit = z[:, 0].astype(np.float64)
        return np.asarray(np.logaddexp(0, logit) - logit * y)

    def predict(self, z: Array) -> Array:
        """Return the probability of both classes, (m, 2)."""
        logit = z[:, :1].astype(np.float64)
        return np.exp(-np.logaddexp(0, np.hstack([logit, -logit])))

    def error_sum(self, z: Array, y: Labels, scratch: LossScratch) -> float:
        """Return how many examples are wrong: ŷ > ½ is not y > ½."""
        return float(np.count_nonzero((z[:, 0] > 0) != (np.asarray(y) > 0.5)))

    def error(self, error_sum: float, m: int) -> float:
        """Return the fraction wrong."""
        return error_sum / m


@dataclass(frozen=True, kw_only=True)
class SquaredError:
    """J = (1/m) Σ (z − y)²: regression; its error is the root of the mean square, in the target's units."""

    kind: Literal["squared_error"] = "squared_error"
    regression: ClassVar[bool] = True

    def n_outputs(self, n_classes: int) -> int:
        """Return 1: the predicted target."""
        return 1

    def mean(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> float:
        """Return the mean loss and write dz = 2 (z − y)/m."""
        return kernels.squared_error(z, y, dz, scratch)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the loss of each example, (m,), in float64."""
        difference: Any = z[:, 0].astype(np.float64) - y
        return np.asarray(difference * difference)

    def predict(self, z: Array) -> Array:
        """Return the predicted target, (m,)."""
        return np.asarray(z[:, 0].astype(np.float64))

    def error_sum(self, z: Array, y: Labels, scratch: LossScratch) -> float:
        """Return the sum of squared differences."""
        rows = scratch.rows[: len(z)]
        np.subtract(z[:, 0], y, out=rows)
        return float(np.dot(rows, rows))

    def error(self, error_sum: float, m: int) -> float:
        """Return the root of the mean square."""
        return float((error_sum / m) ** 0.5)


Loss = SoftmaxCrossEntropy | SigmoidCrossEntropy | SquaredError  # the registry: one class above and its name here


def _log_softmax(z: Array) -> Array:
    shifted = z.astype(np.float64) - z.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
