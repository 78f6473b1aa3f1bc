"""What happens to the flat parameter vector in a step: penalties' gradients and the optimizers' updates."""

import numpy as np

from dlrun.arrays import Array


def add_l2_gradient(w: Array, dw: Array, scratch: Array, decay: float) -> None:
    """Add the penalty's gradient: dW += (λ/m) W."""
    np.multiply(w, decay, out=scratch)
    np.add(dw, scratch, out=dw)


def gradient_descent(theta: Array, grad: Array, scratch: Array, lr: float) -> None:
    """θ ← θ − α g."""
    np.multiply(grad, lr, out=scratch)
    np.subtract(theta, scratch, out=theta)


def momentum(theta: Array, grad: Array, v: Array, scratch: Array, lr: float, beta: float) -> None:
    """v ← β v + (1 − β) g,  θ ← θ − α v."""
    np.multiply(v, beta, out=v)
    np.multiply(grad, 1 - beta, out=scratch)
    np.add(v, scratch, out=v)
    np.multiply(v, lr, out=scratch)
    np.subtract(theta, scratch, out=theta)


def adam(
    theta: Array, grad: Array, m: Array, v: Array, scratch: Array,
    lr: float, beta1: float, beta2: float, eps: float, correction1: float, correction2: float,
) -> None:  # fmt: skip
    """m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − α m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)."""
    np.multiply(m, beta1, out=m)
    np.multiply(grad, 1 - beta1, out=scratch)
    np.add(m, scratch, out=m)
    np.multiply(v, beta2, out=v)
    np.multiply(grad, grad, out=scratch)
    np.multiply(scratch, 1 - beta2, out=scratch)
    np.add(v, scratch, out=v)
    np.divide(v, correction2, out=scratch)
    np.sqrt(scratch, out=scratch)
    np.add(scratch, eps, out=scratch)
    np.divide(m, scratch, out=scratch)
    np.multiply(scratch, lr / correction1, out=scratch)
    np.subtract(theta, scratch, out=theta)
