"""What happens to the flat parameter vector in a step: penalties' gradients and the optimizers' updates."""

import numpy as np

from dlrun.arrays import Array


def add_l2_gradient(w: Array, dw: Array, scratch: Array, decay: float) -> None:
    """Add the penalty's gradient: dW += (λ/m) W."""
    np.multiply(w, decay, out=scratch)
    np.add(dw, scratch, out=dw)


def add_l1_gradient(w: Array, dw: Array, scratch: Array, decay: float) -> None:
    """Add the penalty's gradient: dW += λ/(2m) · sign W."""
    np.sign(w, out=scratch)
    np.multiply(scratch, decay, out=scratch)
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


def nesterov(theta: Array, grad: Array, v: Array, scratch: Array, lr: float, beta: float) -> None:
    """v ← β v + (1 − β) g,  θ ← θ − α (β v + (1 − β) g)."""
    np.multiply(grad, 1 - beta, out=scratch)
    np.multiply(v, beta, out=v)
    np.add(v, scratch, out=v)
    np.multiply(scratch, lr, out=scratch)
    np.subtract(theta, scratch, out=theta)
    np.multiply(v, lr * beta, out=scratch)
    np.subtract(theta, scratch, out=theta)


def adagrad(theta: Array, grad: Array, s: Array, scratch: Array, lr: float, eps: float) -> None:
    """s ← s + g²,  θ ← θ − α g / (√s + ε)."""
    np.multiply(grad, grad, out=scratch)
    np.add(s, scratch, out=s)
    _divided_step(theta, grad, s, scratch, lr, eps)


def rmsprop(theta: Array, grad: Array, s: Array, scratch: Array, lr: float, beta: float, eps: float) -> None:
    """s ← β s + (1 − β) g²,  θ ← θ − α g / (√s + ε)."""
    np.multiply(s, beta, out=s)
    np.multiply(grad, grad, out=scratch)
    np.multiply(scratch, 1 - beta, out=scratch)
    np.add(s, scratch, out=s)
    _divided_step(theta, grad, s, scratch, lr, eps)


def _divided_step(theta: Array, grad: Array, s: Array, scratch: Array, lr: float, eps: float) -> None:
    np.sqrt(s, out=scratch)
    np.add(scratch, eps, out=scratch)
    np.divide(grad, scratch, out=scratch)
    np.multiply(scratch, lr, out=scratch)
    np.subtract(theta, scratch, out=theta)


def _averages(grad: Array, m: Array, v: Array, scratch: Array, beta1: float, beta2: float) -> None:
    """m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²."""
    np.multiply(m, beta1, out=m)
    np.multiply(grad, 1 - beta1, out=scratch)
    np.add(m, scratch, out=m)
    np.multiply(v, beta2, out=v)
    np.multiply(grad, grad, out=scratch)
    np.multiply(scratch, 1 - beta2, out=scratch)
    np.add(v, scratch, out=v)


def _root(v: Array, scratch: Array, eps: float, correction2: float) -> None:
    """Write √(v/(1 − β₂ᵗ)) + ε into scratch."""
    np.divide(v, correction2, out=scratch)
    np.sqrt(scratch, out=scratch)
    np.add(scratch, eps, out=scratch)


def adam(
    theta: Array, grad: Array, m: Array, v: Array, scratch: Array,
    lr: float, beta1: float, beta2: float, eps: float, correction1: float, correction2: float,
) -> None:  # fmt: skip
    """m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − α m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)."""
    _averages(grad, m, v, scratch, beta1, beta2)
    _root(v, scratch, eps, correction2)
    np.divide(m, scratch, out=scratch)
    np.multiply(scratch, lr / correction1, out=scratch)
    np.subtract(theta, scratch, out=theta)


def nadam(
    theta: Array, grad: Array, m: Array, v: Array, scratch: Array,
    lr: float, beta1: float, beta2: float, eps: float, ahead: float, now: float, correction2: float,
) -> None:  # fmt: skip
    """m, v as in Adam,  θ ← θ − α (ahead · m + now · g)/(√v̂ + ε) with v̂ = v/(1 − β₂ᵗ); grad is overwritten."""
    _averages(grad, m, v, scratch, beta1, beta2)
    np.multiply(grad, now, out=grad)
    np.multiply(m, ahead, out=scratch)
    np.add(grad, scratch, out=grad)
    _root(v, scratch, eps, correction2)
    np.divide(grad, scratch, out=grad)
    np.multiply(grad, lr, out=grad)
    np.subtract(theta, grad, out=theta)
