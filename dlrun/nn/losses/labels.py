"""Labels of classes, and what an example of each class weighs in the loss.

Labels are class indices (m,), probabilities of every class (m, C), or probabilities of the second of two classes (m,).
"""

from functools import cache
from typing import Annotated, Literal, TypeAlias, TypeGuard

import numpy as np
from annotated_types import Ge, Gt, Lt

from dlrun.arrays import Array, IntArray

Labels: TypeAlias = Array | IntArray
LabelSmoothing = Annotated[float, Ge(0), Lt(1)]
ClassWeights = Literal["balanced"] | tuple[Annotated[float, Gt(0)], ...] | None


def balanced_weights(labels: Labels, n_classes: int) -> tuple[float, ...]:
    """Return w_c = m/(C·m_c), m_c the number of examples of class c: every class weighs m/C in all, the mean weight is 1.

    A class without examples counts as one with a single example.
    """
    m = len(labels)
    return tuple(m / (n_classes * (float(count) or 1.0)) for count in _counts(labels, n_classes))


def write_weights(class_weights: tuple[float, ...], labels: Labels, out: Array) -> Array:
    """Write into out (m,) what each example weighs: the weight of its class, or of its classes in their proportion."""
    if labels.ndim == 2:
        np.einsum("ij,j->i", labels, _vector(class_weights), out=out, casting="same_kind")
    elif _are_indices(labels):
        np.take(_vector(class_weights), labels, out=out, mode="clip")
    else:
        first, second = class_weights
        np.multiply(labels, second - first, out=out)
        np.add(out, first, out=out)
    return out


def _counts(labels: Labels, n_classes: int) -> Array | IntArray:
    if labels.ndim == 2:
        return np.asarray(labels.sum(axis=0, dtype=np.float64))
    if _are_indices(labels):
        return np.bincount(labels, minlength=n_classes)
    second = labels.sum(dtype=np.float64)
    return np.array([len(labels) - second, second])


def _are_indices(labels: Labels) -> TypeGuard[IntArray]:
    return np.issubdtype(labels.dtype, np.integer)


@cache
def _vector(numbers: tuple[float, ...]) -> Array:
    vector = np.array(numbers)
    vector.flags.writeable = False
    return vector
