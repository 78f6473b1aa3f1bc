"""Initial weights: how the entries of W, shape (n_in, n_out), are drawn.

Draws are float64 and in (n_in, n_out) order whatever the network's dtype or storage, so one seed means one network. A uniform
distribution on ±√(3 v) has the variance v of the normal one; scale multiplies the standard deviation.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from annotated_types import Gt, Le

from dlrun.arrays import Array

Distribution: TypeAlias = Literal["normal", "uniform"]
Scale = Annotated[float, Gt(0), Le(1e6)]


@dataclass(frozen=True, kw_only=True)
class He:
    """Variance 2 / n_in: keeps the variance of activations through relu, which drops half of it.

    Source: He et al. 2015, arXiv:1502.01852, equation 10.
    """

    kind: Literal["he"] = "he"
    distribution: Distribution = "normal"
    """`normal`, or `uniform` of the same variance."""
    scale: Scale = 1.0
    """Multiplies the standard deviation."""

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W with mean 0 and variance scale² · 2/n_in."""
        return _draw(rng, n_in, n_out, self.distribution, deviation=self.scale * (2 / n_in) ** 0.5)


@dataclass(frozen=True, kw_only=True)
class Xavier:
    """Variance 1 / n_in, as the course has it; what others call Xavier is `glorot` here.

    Source: LeCun et al. 1998, "Efficient BackProp", section 4.6.
    """

    kind: Literal["xavier"] = "xavier"
    distribution: Distribution = "normal"
    """`normal`, or `uniform` of the same variance."""
    scale: Scale = 1.0
    """Multiplies the standard deviation."""

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W with mean 0 and variance scale² · 1/n_in."""
        return _draw(rng, n_in, n_out, self.distribution, deviation=self.scale * (1 / n_in) ** 0.5)


@dataclass(frozen=True, kw_only=True)
class Glorot:
    """Variance 2 / (n_in + n_out): a compromise between activations and gradients.

    Source: Glorot & Bengio 2010, equation 12.
    """

    kind: Literal["glorot"] = "glorot"
    distribution: Distribution = "normal"
    """`normal`, or `uniform` of the same variance."""
    scale: Scale = 1.0
    """Multiplies the standard deviation."""

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W with mean 0 and variance scale² · 2/(n_in + n_out)."""
        return _draw(rng, n_in, n_out, self.distribution, deviation=self.scale * (2 / (n_in + n_out)) ** 0.5)


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Normal with one standard deviation whatever the width: the course's small numbers, which die out in deep networks."""

    kind: Literal["normal"] = "normal"
    std: Scale = 0.01
    """The standard deviation, whatever the width."""

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W ~ N(0, std²)."""
        return _draw(rng, n_in, n_out, "normal", deviation=self.std)


@dataclass(frozen=True, kw_only=True)
class Orthogonal:
    """A random orthogonal matrix times gain: with W square, every input keeps its length through x W.

    Where W is not square its shorter side is orthonormal: WᵀW = gain² I for n_in ≥ n_out, W Wᵀ = gain² I otherwise. It is the Q
    of the QR decomposition of a normal matrix; with R's diagonal made positive every orthogonal matrix is as likely as any other.
    Source: Saxe et al. 2014, arXiv:1312.6120; Mezzadri 2007, arXiv:math-ph/0609050.
    """

    kind: Literal["orthogonal"] = "orthogonal"
    gain: Scale = 1.0
    """The factor of the orthogonal matrix."""

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W, semi-orthogonal."""
        normal = rng.standard_normal((n_in, n_out))
        Q, R = np.linalg.qr(normal if n_in >= n_out else normal.T)
        Q *= np.where(np.diag(R) < 0, -self.gain, self.gain)
        return Q if n_in >= n_out else np.ascontiguousarray(Q.T)


@dataclass(frozen=True, kw_only=True)
class ScaledIdentity:
    """scale · I, zero outside the diagonal where W is not square: the course's chain of layers, which grows as scaleᴸ."""

    kind: Literal["identity"] = "identity"
    scale: Scale = 1.0
    """The number on the diagonal."""

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W = scale · I."""
        return self.scale * np.eye(n_in, n_out)


@dataclass(frozen=True, kw_only=True)
class Zeros:
    """All weights zero: right for logistic and softmax regression; in hidden layers every unit stays the same."""

    kind: Literal["zeros"] = "zeros"

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> Array:
        """Return W = 0."""
        return np.zeros((n_in, n_out))


@dataclass(frozen=True, kw_only=True)
class Auto:
    """He before relu and its relatives, Xavier before tanh, sigmoid and identity and on the output layer."""

    kind: Literal["auto"] = "auto"
    scale: Scale = 1.0
    """Multiplies the standard deviation."""
    relu_like: ClassVar[frozenset[str]] = frozenset({"relu", "leaky_relu", "elu", "gelu"})

    def before(self, activation: str | None) -> He | Xavier:
        """Return what is drawn for a layer followed by this activation (None: the output layer)."""
        return He(scale=self.scale) if activation in self.relu_like else Xavier(scale=self.scale)


DrawnInitializer = He | Xavier | Glorot | Normal | Orthogonal | ScaledIdentity | Zeros  # the registry, and all but auto
Initializer = Auto | DrawnInitializer


def _draw(rng: np.random.Generator, n_in: int, n_out: int, distribution: Distribution, *, deviation: float) -> Array:
    """Return numbers with mean 0 and this standard deviation, row by row."""
    if distribution == "uniform":
        limit = 3**0.5 * deviation
        return rng.uniform(-limit, limit, (n_in, n_out))
    W: Array = rng.standard_normal((n_in, n_out))
    W *= deviation
    return W
