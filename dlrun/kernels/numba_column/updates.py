"""What happens to the flat parameter vector in a step, each in one pass over memory: penalties' gradients, optimizers' updates.

Hyperparameters are turned into the vectors' own type first: a Python float would make every product a double one.
"""

import math
from typing import Any

import numpy as np

from dlrun.arrays import Array
from dlrun.kernels.numba_column.compiling import compiled


@compiled
def add_l2_gradient(w: Array, dw: Array, scratch: Array, decay: float) -> None:
    """Add the penalty's gradient: dW += (λ/m) W."""
    share = w.dtype.type(decay)
    for i in range(w.size):
        dw[i] += share * w[i]


@compiled
def add_l1_gradient(w: Array, dw: Array, scratch: Array, decay: float) -> None:
    """Add the penalty's gradient: dW += λ/(2m) · sign W."""
    share = w.dtype.type(decay)
    for i in range(w.size):
        dw[i] += share * np.sign(w[i])


@compiled
def gradient_descent(theta: Array, grad: Array, scratch: Array, lr: float) -> None:
    """θ ← θ − α g."""
    rate = theta.dtype.type(lr)
    for i in range(theta.size):
        theta[i] -= rate * grad[i]


@compiled
def momentum(theta: Array, grad: Array, v: Array, scratch: Array, lr: float, beta: float) -> None:
    """v ← β v + (1 − β) g,  θ ← θ − α v."""
    rate, kept, taken = theta.dtype.type(lr), theta.dtype.type(beta), theta.dtype.type(1 - beta)
    for i in range(theta.size):
        v[i] = kept * v[i] + taken * grad[i]
        theta[i] -= rate * v[i]


@compiled
def nesterov(theta: Array, grad: Array, v: Array, scratch: Array, lr: float, beta: float) -> None:
    """v ← β v + (1 − β) g,  θ ← θ − α (β v + (1 − β) g)."""
    rate, kept, taken = theta.dtype.type(lr), theta.dtype.type(beta), theta.dtype.type(1 - beta)
    for i in range(theta.size):
        v[i] = kept * v[i] + taken * grad[i]
        theta[i] -= rate * (kept * v[i] + taken * grad[i])


@compiled
def adagrad(theta: Array, grad: Array, s: Array, scratch: Array, lr: float, eps: float) -> None:
    """s ← s + g²,  θ ← θ − α g / (√s + ε)."""
    rate, floor = theta.dtype.type(lr), theta.dtype.type(eps)
    for i in range(theta.size):
        s[i] += grad[i] * grad[i]
        theta[i] -= rate * grad[i] / (math.sqrt(s[i]) + floor)


@compiled
def rmsprop(theta: Array, grad: Array, s: Array, scratch: Array, lr: float, beta: float, eps: float) -> None:
    """s ← β s + (1 − β) g²,  θ ← θ − α g / (√s + ε)."""
    rate, floor = theta.dtype.type(lr), theta.dtype.type(eps)
    kept, taken = theta.dtype.type(beta), theta.dtype.type(1 - beta)
    for i in range(theta.size):
        s[i] = kept * s[i] + taken * grad[i] * grad[i]
        theta[i] -= rate * grad[i] / (math.sqrt(s[i]) + floor)


@compiled
def adam(
    theta: Array, grad: Array, m: Array, v: Array, scratch: Array,
    lr: float, beta1: float, beta2: float, eps: float, correction1: float, correction2: float,
) -> None:  # fmt: skip
    """m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − α m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)."""
    kept1, taken1, kept2, taken2 = _weights(theta, beta1, beta2)
    rate, corrected, floor = theta.dtype.type(lr / correction1), theta.dtype.type(1 / correction2), theta.dtype.type(eps)
    for i in range(theta.size):
        g = grad[i]
        m[i] = kept1 * m[i] + taken1 * g
        v[i] = kept2 * v[i] + taken2 * g * g
        theta[i] -= rate * m[i] / (math.sqrt(corrected * v[i]) + floor)


@compiled
def nadam(
    theta: Array, grad: Array, m: Array, v: Array, scratch: Array,
    lr: float, beta1: float, beta2: float, eps: float, ahead: float, now: float, correction2: float,
) -> None:  # fmt: skip
    """m, v as in Adam,  θ ← θ − α (ahead · m + now · g)/(√v̂ + ε) with v̂ = v/(1 − β₂ᵗ)."""
    kept1, taken1, kept2, taken2 = _weights(theta, beta1, beta2)
    of_m, of_g = theta.dtype.type(lr * ahead), theta.dtype.type(lr * now)
    corrected, floor = theta.dtype.type(1 / correction2), theta.dtype.type(eps)
    for i in range(theta.size):
        g = grad[i]
        m[i] = kept1 * m[i] + taken1 * g
        v[i] = kept2 * v[i] + taken2 * g * g
        theta[i] -= (of_m * m[i] + of_g * g) / (math.sqrt(corrected * v[i]) + floor)


@compiled
def _weights(theta: Array, beta1: float, beta2: float) -> tuple[Any, Any, Any, Any]:
    """Return β₁, 1 − β₁, β₂, 1 − β₂ in theta's type."""
    kind = theta.dtype.type
    return kind(beta1), kind(1 - beta1), kind(beta2), kind(1 - beta2)
