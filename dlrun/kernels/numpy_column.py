"""The NumPy column: every kernel as a handful of ufuncs with `out=`.

Scalars stay Python floats: an `np.float64` scalar would promote float32 arrays.
"""

import numpy as np

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.kernels.table import Kernels, LossScratch


def add_bias(z: Array, b: Array) -> None:
    """Add b (n,) to every row of z (m, n)."""
    np.add(z, b, out=z)


def bias_gradient(dz: Array, ones: Array, db: Array) -> None:
    """Sum the rows: db = 1ᵀ dz. As a matrix product it is faster than `sum(axis=0)`, and it adds in blocks."""
    np.matmul(ones[: len(dz)], dz, out=db)


def relu(x: Array, out: Array, mask: BoolArray) -> None:
    """Compute a = max(x, 0); mask keeps on which side of the kink each unit was. out may be x."""
    np.greater(x, 0, out=mask)
    np.maximum(x, 0, out=out)


def relu_backward(dz: Array, mask: BoolArray) -> None:
    """Multiply by g′(z) = 1 where z > 0, else 0 (masked assignment is ten times slower)."""
    np.multiply(dz, mask, out=dz)


def tanh(x: Array, out: Array) -> None:
    """Compute a = tanh x. out may be x."""
    np.tanh(x, out=out)


def tanh_backward(dz: Array, a: Array) -> None:
    """Multiply by g′(z) = 1 − a²; nobody needs a afterwards, so its memory holds the slope."""
    np.multiply(a, a, out=a)
    np.subtract(1, a, out=a)
    np.multiply(dz, a, out=dz)


def sigmoid(x: Array, out: Array) -> None:
    """Compute a = 1 / (1 + e⁻ˣ), written as ½ + ½ tanh(x/2), which cannot overflow. out may be x."""
    np.multiply(x, 0.5, out=out)
    np.tanh(out, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 0.5, out=out)


def sigmoid_backward(dz: Array, a: Array) -> None:
    """Multiply by g′(z) = a (1 − a), in two passes that need no memory but a's own."""
    np.multiply(dz, a, out=dz)
    np.subtract(1, a, out=a)
    np.multiply(dz, a, out=dz)


def dropout(x: Array, out: Array, mask: Array, rng: np.random.Generator, keep_prob: float) -> None:
    """Keep each unit with probability keep_prob and divide by it, so that the mean activation stays. out may be x."""
    rng.random(out=mask, dtype=mask.dtype.type)
    np.less(mask, keep_prob, out=mask)
    np.multiply(mask, 1 / keep_prob, out=mask)
    np.multiply(x, mask, out=out)


def dropout_backward(dz: Array, mask: Array) -> None:
    """Multiply by the same mask as on the way forward."""
    np.multiply(dz, mask, out=dz)


def softmax_cross_entropy(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch) -> float:
    """Return the mean of −Σ y log ŷ with ŷ = softmax z, and write dz = (ŷ − y)/m.

    The largest logit of each row is subtracted first, so nothing overflows: log ŷ_c = z_c − max z − log Σ e^(z − max z).
    y holds class indices (m,) or probabilities (m, C) whose rows sum to 1.
    """
    m = len(z)
    rows, picked = scratch.rows[:m], scratch.picked[:m]
    np.max(z, axis=1, out=rows)
    np.subtract(z, rows[:, None], out=dz)
    if y.ndim == 1:
        index, flat = scratch.index[:m], dz.reshape(-1)
        np.add(scratch.first[:m], y, out=index)
        np.take(flat, index, out=picked, mode="clip")
    else:
        np.einsum("ij,ij->i", y, dz, out=picked, casting="same_kind")
    np.exp(dz, out=dz)
    np.sum(dz, axis=1, out=rows)
    np.divide(dz, rows[:, None], out=dz)
    np.log(rows, out=rows)
    np.subtract(rows, picked, out=rows)
    loss = float(rows.sum(dtype=np.float64)) / m
    if y.ndim == 1:
        np.take(flat, index, out=picked, mode="clip")
        np.subtract(picked, 1, out=picked)
        np.put(flat, index, picked, mode="clip")
    else:
        np.subtract(dz, y, out=dz)
    np.divide(dz, m, out=dz)
    return loss


def sigmoid_cross_entropy(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch) -> float:
    """Return the mean of −y log ŷ − (1 − y) log(1 − ŷ) with ŷ = σ(z), and write dz = (ŷ − y)/m.

    Stable at any z: the loss is max(z, 0) − z y + log(1 + e^−|z|). z is (m, 1), y (m,) holds 0, 1 or a probability.
    """
    m = len(z)
    logit, slope = z[:, 0], dz[:, 0]
    rows, picked = scratch.rows[:m], scratch.picked[:m]
    np.abs(logit, out=rows)
    np.negative(rows, out=rows)
    np.exp(rows, out=rows)  # e^−|z|
    np.log1p(rows, out=picked)
    np.multiply(logit, y, out=slope)
    np.subtract(picked, slope, out=picked)
    np.maximum(logit, 0, out=slope)
    np.add(picked, slope, out=picked)
    loss = float(picked.sum(dtype=np.float64)) / m
    # σ(z) is 1/(1 + e^−|z|) for z ≥ 0 and e^−|z| times that for z < 0, where e^(z − max(z, 0)) is just that factor
    np.add(rows, 1, out=rows)
    np.subtract(logit, slope, out=slope)
    np.exp(slope, out=slope)
    np.divide(slope, rows, out=slope)
    np.subtract(slope, y, out=slope)
    np.divide(slope, m, out=slope)
    return loss


def squared_error(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch) -> float:
    """Return the mean of (z − y)², and write dz = 2 (z − y)/m. z is (m, 1), y (m,)."""
    m = len(z)
    np.subtract(z[:, 0], y, out=dz[:, 0])
    rows = scratch.rows[:m]
    np.multiply(dz[:, 0], dz[:, 0], out=rows)
    loss = float(rows.sum(dtype=np.float64)) / m
    np.multiply(dz, 2 / m, out=dz)
    return loss


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


NUMPY = Kernels(
    name="numpy",
    add_bias=add_bias,
    bias_gradient=bias_gradient,
    relu=relu,
    relu_backward=relu_backward,
    tanh=tanh,
    tanh_backward=tanh_backward,
    sigmoid=sigmoid,
    sigmoid_backward=sigmoid_backward,
    dropout=dropout,
    dropout_backward=dropout_backward,
    softmax_cross_entropy=softmax_cross_entropy,
    sigmoid_cross_entropy=sigmoid_cross_entropy,
    squared_error=squared_error,
    add_l2_gradient=add_l2_gradient,
    gradient_descent=gradient_descent,
    momentum=momentum,
    adam=adam,
)
