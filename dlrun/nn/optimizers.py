"""Optimizers: frozen hyperparameters and an in-place update of one flat vector.

theta, grad, scratch and every slot have shape (P,) and share one dtype; lr is the rate of this step; t counts steps
from 1; weights is the slice of theta that penalties and decay touch.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from annotated_types import Ge, Lt

from dlrun.arrays import Array
from dlrun.kernels import Kernels

Slots: TypeAlias = dict[str, Array]


@dataclass(frozen=True, kw_only=True)
class GradientDescent:
    """Step against the gradient: θ = θ − α g. With `batch_size: 1` this is stochastic gradient descent."""

    kind: Literal["gradient_descent"] = "gradient_descent"
    slots: ClassVar[tuple[str, ...]] = ()

    def step(
        self,
        theta: Array,
        grad: Array,
        slots: Slots,
        scratch: Array,
        lr: float,
        t: int,
        *,
        weights: slice,
        kernels: Kernels,
    ) -> None:
        """Update theta in place."""
        kernels.gradient_descent(theta, grad, scratch, lr)


@dataclass(frozen=True, kw_only=True)
class Momentum:
    """Step along the exponentially weighted average of the gradients.

    v = β v + (1 − β) g,   θ = θ − α v        (bias_correction: α v / (1 − βᵗ))

    With α' = α (1 − β) this is the classical heavy ball, which leaves the factor out (PyTorch, Keras).
    Source: Polyak 1964; the averaged form is the course's.
    """

    kind: Literal["momentum"] = "momentum"
    beta: Annotated[float, Ge(0), Lt(1)] = 0.9
    bias_correction: bool = False
    slots: ClassVar[tuple[str, ...]] = ("v",)

    def step(
        self,
        theta: Array,
        grad: Array,
        slots: Slots,
        scratch: Array,
        lr: float,
        t: int,
        *,
        weights: slice,
        kernels: Kernels,
    ) -> None:
        """Update theta and v in place."""
        rate = lr / (1 - self.beta**t) if self.bias_correction else lr
        kernels.momentum(theta, grad, slots["v"], scratch, rate, self.beta)


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Momentum divided by the root of averaged squares, both bias-corrected: every parameter gets a step of about α.

    m = β₁ m + (1 − β₁) g,   v = β₂ v + (1 − β₂) g²,   θ = θ − α m̂ / (√v̂ + ε),   m̂ = m/(1 − β₁ᵗ),   v̂ = v/(1 − β₂ᵗ)

    ε stands outside the root, as in the paper and in PyTorch; notes of the course put it inside, where it is
    felt at gradients a hundred times larger. Source: Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1.
    """

    kind: Literal["adam"] = "adam"
    beta1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1)] = 0.999
    eps: Annotated[float, Ge(1e-30)] = 1e-8  # smaller is 0 in float32, and 0/0 in the padding
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def step(
        self,
        theta: Array,
        grad: Array,
        slots: Slots,
        scratch: Array,
        lr: float,
        t: int,
        *,
        weights: slice,
        kernels: Kernels,
    ) -> None:
        """Update theta, m and v in place."""
        correction1, correction2 = 1 - self.beta1**t, 1 - self.beta2**t
        kernels.adam(
            theta, grad, slots["m"], slots["v"], scratch,
            lr, self.beta1, self.beta2, self.eps, correction1, correction2,
        )  # fmt: skip


Optimizer = GradientDescent | Momentum | Adam  # the registry: a new optimizer is one class above and its name here
