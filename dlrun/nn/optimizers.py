"""Optimizers: frozen hyperparameters and an in-place update of one flat vector.

theta, grad, scratch and every slot have shape (P,) and share one dtype; lr is the rate of this step; t counts steps
from 1; weights is the slice of theta that penalties and decay touch. grad may be overwritten.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Lt

from dlrun.arrays import Array
from dlrun.kernels import Kernels
from dlrun.nn.averages import bias_correction
from dlrun.purposes import Purpose

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

    With α' = α (1 − β) this is the classical heavy ball, which leaves the factor out (PyTorch; Keras too, with α inside v).
    Source: Polyak 1964; the averaged form is the course's.
    """

    kind: Literal["momentum"] = "momentum"
    beta: Annotated[float, Ge(0), Lt(1)] = 0.9
    """v is an average over about the last 1/(1 − β) gradients: 10 at 0.9."""
    bias_correction: bool = False
    """Divide v by 1 − βᵗ, so that the first steps are not too small; the course does without."""
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
        rate = lr / bias_correction(self.beta, t) if self.bias_correction else lr
        kernels.momentum(theta, grad, slots["v"], scratch, rate, self.beta)


@dataclass(frozen=True, kw_only=True)
class Nesterov:
    """Momentum that looks one step ahead: the average as it would be if this gradient came once more.

    v = β v + (1 − β) g,   θ = θ − α (β v + (1 − β) g)

    With α' = α (1 − β) this is `nesterov=True` of PyTorch, which leaves the factor out.
    Source: Nesterov 1983; in this form Sutskever et al. 2013, section 2.
    """

    kind: Literal["nesterov"] = "nesterov"
    beta: Annotated[float, Ge(0), Lt(1)] = 0.9
    """v is an average over about the last 1/(1 − β) gradients: 10 at 0.9."""
    slots: ClassVar[tuple[str, ...]] = ("v",)

    def step(
        self, theta: Array, grad: Array, slots: Slots, scratch: Array, lr: float, t: int, *, weights: slice, kernels: Kernels
    ) -> None:
        """Update theta and v in place."""
        kernels.nesterov(theta, grad, slots["v"], scratch, lr, self.beta)


@dataclass(frozen=True, kw_only=True)
class AdaGrad:
    """Divide each step by the root of all squared gradients so far: parameters that have moved much move less.

    s = s + g²,   θ = θ − α g / (√s + ε)

    Source: Duchi, Hazan & Singer 2011, JMLR 12, section 1.1; ε as in PyTorch.
    """

    kind: Literal["adagrad"] = "adagrad"
    eps: Annotated[float, Ge(1e-30)] = 1e-10
    """Keeps the division finite; it stands outside the root."""
    slots: ClassVar[tuple[str, ...]] = ("s",)

    def step(
        self, theta: Array, grad: Array, slots: Slots, scratch: Array, lr: float, t: int, *, weights: slice, kernels: Kernels
    ) -> None:
        """Update theta and s in place."""
        kernels.adagrad(theta, grad, slots["s"], scratch, lr, self.eps)


@dataclass(frozen=True, kw_only=True)
class RmsProp:
    """Divide each step by the root of the averaged squared gradient: steep directions no longer set the pace.

    s = β s + (1 − β) g²,   θ = θ − α g / (√s + ε)

    ε stands outside the root, as in PyTorch; notes of the course put it inside, where at |g| = 10⁻⁶ and ε = 10⁻⁸ a step is a
    hundred times smaller. Source: Tieleman & Hinton 2012, lecture 6.5.
    """

    kind: Literal["rmsprop"] = "rmsprop"
    beta: Annotated[float, Ge(0), Lt(1)] = 0.9
    """s is an average over about the last 1/(1 − β) squared gradients: 10 at 0.9."""
    eps: Annotated[float, Ge(1e-30)] = 1e-8
    """Keeps the division finite; it stands outside the root."""
    slots: ClassVar[tuple[str, ...]] = ("s",)

    def step(
        self, theta: Array, grad: Array, slots: Slots, scratch: Array, lr: float, t: int, *, weights: slice, kernels: Kernels
    ) -> None:
        """Update theta and s in place."""
        kernels.rmsprop(theta, grad, slots["s"], scratch, lr, self.beta, self.eps)


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Momentum divided by the root of averaged squares, both bias-corrected: every parameter gets a step of about α.

    m = β₁ m + (1 − β₁) g,   v = β₂ v + (1 − β₂) g²,   θ = θ − α m̂ / (√v̂ + ε),   m̂ = m/(1 − β₁ᵗ),   v̂ = v/(1 − β₂ᵗ)

    ε stands outside the root, as in the paper and in PyTorch; notes of the course put it inside, where it is
    felt at gradients a hundred times larger. Source: Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1.
    """

    kind: Literal["adam"] = "adam"
    beta1: Annotated[float, Ge(0), Lt(1)] = 0.9
    """m is an average over about the last 1/(1 − β₁) gradients: 10 at 0.9. Rarely worth tuning."""
    beta2: Annotated[float, Ge(0), Lt(1)] = 0.999
    """v is an average over about the last 1/(1 − β₂) squared gradients: 1,000 at 0.999. Rarely worth tuning."""
    eps: Annotated[float, Ge(1e-30)] = 1e-8  # smaller is 0 in float32, and 0/0 in the padding
    """Keeps the division finite; it stands outside the root, as in the paper. No need to tune it."""
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
        kernels.adam(
            theta, grad, slots["m"], slots["v"], scratch, lr, self.beta1, self.beta2, self.eps,
            bias_correction(self.beta1, t), bias_correction(self.beta2, t),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AdamW:
    """Adam with decoupled weight decay: weights shrink by 1 − α · weight_decay, whatever their gradient's history.

    θ_W = (1 − α w) θ_W, then the step of Adam. L2 in the cost would be divided by √v̂ like any other gradient.
    Biases do not decay. Source: Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2.
    """

    kind: Literal["adamw"] = "adamw"
    beta1: Annotated[float, Ge(0), Lt(1)] = 0.9
    """m is an average over about the last 1/(1 − β₁) gradients: 10 at 0.9. Rarely worth tuning."""
    beta2: Annotated[float, Ge(0), Lt(1)] = 0.999
    """v is an average over about the last 1/(1 − β₂) squared gradients: 1,000 at 0.999. Rarely worth tuning."""
    eps: Annotated[float, Ge(1e-30)] = 1e-8
    """Keeps the division finite; it stands outside the root, as in the paper. No need to tune it."""
    weight_decay: Annotated[float, Ge(0), Purpose.VARIANCE] = 0.01
    """Weights shrink by the factor 1 − α · weight_decay in each step, whatever their gradient."""
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def step(
        self, theta: Array, grad: Array, slots: Slots, scratch: Array, lr: float, t: int, *, weights: slice, kernels: Kernels
    ) -> None:
        """Update theta, m and v in place."""
        np.multiply(theta[weights], 1 - lr * self.weight_decay, out=theta[weights])
        kernels.adam(
            theta, grad, slots["m"], slots["v"], scratch, lr, self.beta1, self.beta2, self.eps,
            bias_correction(self.beta1, t), bias_correction(self.beta2, t),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NAdam:
    """Adam with Nesterov's look ahead: the corrected average as it would be after this gradient came once more.

    m, v as in Adam,   θ = θ − α (β₁ m/(1 − β₁ᵗ⁺¹) + (1 − β₁) g/(1 − β₁ᵗ)) / (√v̂ + ε)

    β₁ is constant; PyTorch lets it grow by a schedule of its own, which `momentum_decay=1e6` ends at once.
    Source: Dozat 2016, Algorithm 2.
    """

    kind: Literal["nadam"] = "nadam"
    beta1: Annotated[float, Ge(0), Lt(1)] = 0.9
    """m is an average over about the last 1/(1 − β₁) gradients: 10 at 0.9. Rarely worth tuning."""
    beta2: Annotated[float, Ge(0), Lt(1)] = 0.999
    """v is an average over about the last 1/(1 − β₂) squared gradients: 1,000 at 0.999. Rarely worth tuning."""
    eps: Annotated[float, Ge(1e-30)] = 1e-8
    """Keeps the division finite; it stands outside the root, as in the paper. No need to tune it."""
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def step(
        self, theta: Array, grad: Array, slots: Slots, scratch: Array, lr: float, t: int, *, weights: slice, kernels: Kernels
    ) -> None:
        """Update theta, m and v in place; grad is overwritten."""
        ahead = self.beta1 / bias_correction(self.beta1, t + 1)
        now = (1 - self.beta1) / bias_correction(self.beta1, t)
        kernels.nadam(
            theta, grad, slots["m"], slots["v"], scratch, lr, self.beta1, self.beta2, self.eps,
            ahead, now, bias_correction(self.beta2, t),
        )  # fmt: skip


# the registry: a new optimizer is one class above and its name here
Optimizer = GradientDescent | Momentum | Nesterov | AdaGrad | RmsProp | Adam | AdamW | NAdam
