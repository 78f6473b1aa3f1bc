"""Cross-entropies: the losses of classification, with label smoothing and class weights.

J = (1/m) Σᵢ wᵢ ℓᵢ,   ℓᵢ the cross-entropy of ŷᵢ against the smoothed label,   wᵢ the weight of the example's class

The sum is divided by the number of examples m; PyTorch divides it by Σ wᵢ. Under label smoothing the whole ℓᵢ has the weight of
the example's own class; PyTorch weighs each class's part of it by itself.
"""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Self

import numpy as np

from dlrun.arrays import Array
from dlrun.kernels import Kernels, LossScratch, Measured
from dlrun.nn.losses.labels import ClassWeights, Labels, LabelSmoothing, balanced_weights, write_weights
from dlrun.purposes import Purpose


@dataclass(frozen=True, kw_only=True)
class _CrossEntropy:
    """What both cross-entropies share: smoothed labels, weighted classes, and the fraction wrong as their error.

    class_weights has a number for each class, in their order, or "balanced": m/(C·m_c), which makes all classes weigh alike.
    """

    kind: str
    label_smoothing: Annotated[LabelSmoothing, Purpose.VARIANCE] = 0.0
    """ε: a label y becomes (1 − ε) y + ε/C."""
    class_weights: ClassWeights = None
    """A weight for each class, in the order of the classes, or `balanced`: m/(C·m_c), so that all classes weigh alike.
    The loss stays a mean over examples."""
    regression: ClassVar[bool] = False

    def with_weights_for(self, labels: Labels, n_classes: int) -> Self:
        """Return the loss with "balanced" weights turned into numbers, from the labels of the training set."""
        if self.class_weights != "balanced":
            return self
        return replace(self, class_weights=balanced_weights(labels, n_classes))

    def weights_problem(self, n_classes: int) -> str | None:
        """Return what is wrong with the class weights, in words, or None."""
        if not isinstance(self.class_weights, tuple) or len(self.class_weights) == n_classes:
            return None
        count = len(self.class_weights)
        return f"class_weights has {count} number{'' if count == 1 else 's'}, the data has {n_classes} classes"

    def error(self, error_sum: float, m: int) -> float:
        """Return the fraction wrong."""
        return error_sum / m

    def kink_sides(self, z: Array, y: Labels) -> None:
        """Return None: cross-entropies are smooth."""
        return

    def _weights(self, y: Labels, out: Array) -> Array | None:
        """Write what each example weighs; None if all weigh 1."""
        assert self.class_weights != "balanced", "with_weights_for turns it into numbers"
        return None if self.class_weights is None else write_weights(self.class_weights, y, out)

    def _weighted(self, losses: Array, y: Labels) -> Array:
        weights = self._weights(y, np.empty(len(losses)))
        return losses if weights is None else weights * losses


@dataclass(frozen=True, kw_only=True)
class SoftmaxCrossEntropy(_CrossEntropy):
    """J = −(1/m) Σᵢ wᵢ Σ_c t_ic log ŷ_ic with ŷ = softmax z: one logit a class; with two classes it is logistic regression.

    t = (1 − ε) y + ε/C with ε the label smoothing, which keeps the logits from growing without end.
    Source: Szegedy et al. 2016, arXiv:1512.00567, section 7.
    """

    kind: Literal["softmax_cross_entropy"] = "softmax_cross_entropy"

    def n_outputs(self, n_classes: int) -> int:
        """Return one output a class."""
        return n_classes

    def measure(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> Measured:
        """Return the mean loss and how many are wrong, and write dz = w (ŷ − t)/m."""
        weights = self._weights(y, scratch.weights[: len(z)])
        return kernels.softmax_cross_entropy(z, y, dz, scratch, self.label_smoothing, weights)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the weighted loss of each example, (m,), in float64."""
        log_p = _log_softmax(z)
        picked = log_p[np.arange(len(z)), y] if y.ndim == 1 else np.einsum("ij,ij->i", y, log_p)
        smoothed = (1 - self.label_smoothing) * picked + self.label_smoothing * log_p.mean(axis=1)
        return self._weighted(np.asarray(-smoothed), y)

    def predict(self, z: Array) -> Array:
        """Return the probability of every class, (m, C)."""
        return np.exp(_log_softmax(z))

    def each_error(self, z: Array, y: Labels) -> Array:
        """Return 1 for each example that is wrong, 0 for the others, (m,)."""
        labels = y if y.ndim == 1 else np.argmax(y, axis=1)
        return np.asarray(np.argmax(z, axis=1) != labels, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class SigmoidCrossEntropy(_CrossEntropy):
    """J = −(1/m) Σ w [t log ŷ + (1 − t) log(1 − ŷ)] with ŷ = σ(z): two classes, one logit.

    t = (1 − ε) y + ε/2 with ε the label smoothing.
    """

    kind: Literal["sigmoid_cross_entropy"] = "sigmoid_cross_entropy"

    def n_outputs(self, n_classes: int) -> int:
        """Return 1: the logit of the second class."""
        return 1

    def measure(self, z: Array, y: Labels, dz: Array, scratch: LossScratch, kernels: Kernels) -> Measured:
        """Return the mean loss and how many are wrong, and write dz = w (ŷ − t)/m."""
        weights = self._weights(y, scratch.weights[: len(z)])
        return kernels.sigmoid_cross_entropy(z, y, dz, scratch, self.label_smoothing, weights)

    def each(self, z: Array, y: Labels) -> Array:
        """Return the weighted loss of each example, (m,), in float64."""
        logit = z[:, 0].astype(np.float64)
        t = (1 - self.label_smoothing) * y + self.label_smoothing / 2
        return self._weighted(np.asarray(np.logaddexp(0, logit) - logit * t), y)

    def predict(self, z: Array) -> Array:
        """Return the probability of both classes, (m, 2)."""
        logit = z[:, :1].astype(np.float64)
        return np.exp(-np.logaddexp(0, np.hstack([logit, -logit])))

    def each_error(self, z: Array, y: Labels) -> Array:
        """Return 1 for each example that is wrong, 0 for the others, (m,)."""
        return np.asarray((z[:, 0] > 0) != (np.asarray(y) > 0.5), dtype=np.float64)


def _log_softmax(z: Array) -> Array:
    shifted = z.astype(np.float64) - z.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
