"""Initial weights: how the entries of W, shape (n_in, n_out), are drawn.

Draws are float64 and in (n_in, n_out) order whatever the network's dtype or storage, so one seed means one network.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlrun.arrays import Array


@dataclass(frozen=True, kw_only=True)
class He:
    """Normal with variance 2 / n_in: keeps the variance of activations through relu, which drops half of it.

    Source: He et al. 2015, arXiv:1502.01852, equation 10.
    """

    kind: Literal["he"] = "he"

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W ~ N(0, 2/n_in)."""
        return _normal(rng, n_in, n_out, variance=2 / n_in)


@dataclass(frozen=True, kw_only=True)
class Xavier:
    """Normal with variance 1 / n_in, as the course has it; what others call Xavier is `glorot` here.

    Source: LeCun et al. 1998, "Efficient BackProp", section 4.6.
    """

    kind: Literal["xavier"] = "xavier"

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W ~ N(0, 1/n_in)."""
        return _normal(rng, n_in, n_out, variance=1 / n_in)


@dataclass(frozen=True, kw_only=True)
class Glorot:
    """Normal with variance 2 / (n_in + n_out): a compromise between activations and gradients.

    Source: Glorot & Bengio 2010, equation 12.
    """

    kind: Literal["glorot"] = "glorot"

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W ~ N(0, 2/(n_in + n_out))."""
        return _normal(rng, n_in, n_out, variance=2 / (n_in + n_out))


@dataclass(frozen=True, kw_only=True)
class Zeros:
    """All weights zero: right for logistic and softmax regression; in hidden layers every unit stays the same."""

    kind: Literal["zeros"] = "zeros"

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W = 0."""
        return np.zeros((n_in, n_out))


@dataclass(frozen=True, kw_only=True)
class Auto:
    """He before relu, Xavier before tanh and sigmoid and on the output layer."""

    kind: Literal["auto"] = "auto"
    relu_like: ClassVar[frozenset[str]] = frozenset({"relu"})

    def before(self, activation: str | None) -> He | Xavier:
        """Return what is drawn for a layer followed by this activation (None: the output layer)."""
        return He() if activation in self.relu_like else Xavier()


Initializer = Auto | He | Xavier | Glorot | Zeros
DrawnInitializer = He | Xavier | Glorot | Zeros


def _normal(rng: np.random.Generator, n_in: int, n_out: int, *, variance: float) -> Array:
    W: Array = rng.standard_normal((n_in, n_out))
    W *= variance**0.5
    return W
