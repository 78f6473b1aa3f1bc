"""Losses: the mean over examples, the sum of their errors, and dz = ∂(mean loss)/∂z in the same pass."""

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.kernels.table import LossScratch, Measured


def softmax_cross_entropy(
    z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch,
    smoothing: float, weights: Array | None,
) -> Measured:  # fmt: skip
    """Return the mean of −w Σ t log ŷ with ŷ = softmax z; how many are wrong; and write dz = w (ŷ − t)/m.

    The largest logit of each row is subtracted first, so nothing overflows: log ŷ_c = z_c − max z − log Σ e^(z − max z).
    y holds class indices (m,) or probabilities (m, C) whose rows sum to 1; t = (1 − ε) y + ε/C with ε the smoothing;
    w are the weights (m,) of the examples, 1 if there are none.
    """
    m = len(z)
    rows, picked = scratch.rows[:m], scratch.picked[:m]
    wrong = _wrong(z, y, scratch.index[:m])
    np.max(z, axis=1, out=rows)
    np.subtract(z, rows[:, None], out=dz)
    _pick(dz, y, scratch, smoothing)  # Σ t (z − max z)
    np.exp(dz, out=dz)
    np.sum(dz, axis=1, out=rows)
    np.divide(dz, rows[:, None], out=dz)
    np.log(rows, out=rows)
    np.subtract(rows, picked, out=rows)
    if weights is not None:
        np.multiply(rows, weights, out=rows)
    loss = float(rows.sum(dtype=np.float64)) / m
    _subtract_targets(dz, y, scratch, smoothing)
    if weights is not None:
        np.multiply(dz, weights[:, None], out=dz)
    np.divide(dz, m, out=dz)
    return loss, wrong


def _wrong(z: Array, y: Array | IntArray, index: IntArray) -> float:
    """Count the rows whose largest logit is not the label's."""
    np.argmax(z, axis=1, out=index)
    return float(np.count_nonzero(index != (y if y.ndim == 1 else np.argmax(y, axis=1))))


def _pick(z: Array, y: Array | IntArray, scratch: LossScratch, smoothing: float) -> None:
    """Write Σ_c t_c z_c of each row into scratch.picked; of class indices also their places in z into scratch.index."""
    m, n_classes = z.shape
    picked, means = scratch.picked[:m], scratch.smoothed[:m]
    if y.ndim == 1:
        index = scratch.index[:m]
        np.add(scratch.first[:m], y, out=index)
        np.take(z.reshape(-1), index, out=picked, mode="clip")
    else:
        np.einsum("ij,ij->i", y, z, out=picked, casting="same_kind")
    if smoothing:
        np.sum(z, axis=1, out=means)
        np.multiply(means, smoothing / n_classes, out=means)
        np.multiply(picked, 1 - smoothing, out=picked)
        np.add(picked, means, out=picked)


def _subtract_targets(p: Array, y: Array | IntArray, scratch: LossScratch, smoothing: float) -> None:
    """p ← p − t; scratch.index says where in p the classes are."""
    m, n_classes = p.shape
    if smoothing:
        np.subtract(p, smoothing / n_classes, out=p)
    if y.ndim == 1:
        index, picked, flat = scratch.index[:m], scratch.picked[:m], p.reshape(-1)
        np.take(flat, index, out=picked, mode="clip")
        np.subtract(picked, 1 - smoothing, out=picked)
        np.put(flat, index, picked, mode="clip")
    elif smoothing:  # p − (1 − ε) y without room for (1 − ε) y
        np.divide(p, 1 - smoothing, out=p)
        np.subtract(p, y, out=p)
        np.multiply(p, 1 - smoothing, out=p)
    else:
        np.subtract(p, y, out=p)


def sigmoid_cross_entropy(
    z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch,
    smoothing: float, weights: Array | None,
) -> Measured:  # fmt: skip
    """Return the mean of −w (t log ŷ + (1 − t) log(1 − ŷ)) with ŷ = σ(z); how many are wrong; and write dz = w (ŷ − t)/m.

    Stable at any z: the loss is max(z, 0) − z t + log(1 + e^−|z|). z is (m, 1), y (m,) holds 0, 1 or a probability;
    t = (1 − ε) y + ε/2 with ε the smoothing; w are the weights (m,) of the examples, 1 if there are none.
    """
    m = len(z)
    logit, slope = z[:, 0], dz[:, 0]
    wrong = float(np.count_nonzero((logit > 0) != (y > 0.5)))
    rows, picked = scratch.rows[:m], scratch.picked[:m]
    t = _smoothed(y, scratch.smoothed[:m], smoothing) if smoothing else y
    np.abs(logit, out=rows)
    np.negative(rows, out=rows)
    np.exp(rows, out=rows)  # e^−|z|
    np.log1p(rows, out=picked)
    np.multiply(logit, t, out=slope)
    np.subtract(picked, slope, out=picked)
    np.maximum(logit, 0, out=slope)
    np.add(picked, slope, out=picked)
    if weights is not None:
        np.multiply(picked, weights, out=picked)
    loss = float(picked.sum(dtype=np.float64)) / m
    # σ(z) is 1/(1 + e^−|z|) for z ≥ 0 and e^−|z| times that for z < 0, where e^(z − max(z, 0)) is just that factor
    np.add(rows, 1, out=rows)
    np.subtract(logit, slope, out=slope)
    np.exp(slope, out=slope)
    np.divide(slope, rows, out=slope)
    np.subtract(slope, t, out=slope)
    if weights is not None:
        np.multiply(slope, weights, out=slope)
    np.divide(slope, m, out=slope)
    return loss, wrong


def _smoothed(y: Array | IntArray, out: Array, smoothing: float) -> Array:
    np.multiply(y, 1 - smoothing, out=out)
    np.add(out, smoothing / 2, out=out)
    return out


def squared_error(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch) -> Measured:
    """Return the mean of (z − y)², their sum, and write dz = 2 (z − y)/m. z is (m, 1), y (m,)."""
    m = len(z)
    np.subtract(z[:, 0], y, out=dz[:, 0])
    rows = scratch.rows[:m]
    np.multiply(dz[:, 0], dz[:, 0], out=rows)
    squares = float(rows.sum(dtype=np.float64))
    np.multiply(dz, 2 / m, out=dz)
    return squares / m, squares


def absolute(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch) -> Measured:
    """Return the mean of |z − y|, Σ (z − y)², and write dz = sign(z − y)/m, 0 where z is y. z is (m, 1), y (m,)."""
    m = len(z)
    rows = scratch.rows[:m]
    np.subtract(z[:, 0], y, out=rows)
    np.sign(rows, out=dz[:, 0])
    squares = float(np.dot(rows, rows))
    np.abs(rows, out=rows)
    np.divide(dz, m, out=dz)
    return float(rows.sum(dtype=np.float64)) / m, squares


def huber(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch, delta: float) -> Measured:
    """Return the mean of c (r − ½c), where r = z − y and c is r held within ±δ; Σ r²; and write dz = c/m. z is (m, 1), y (m,).

    Within ±δ that is ½r², outside δ(|r| − ½δ).
    """
    m = len(z)
    rows, halves, slope = scratch.rows[:m], scratch.picked[:m], dz[:, 0]
    np.subtract(z[:, 0], y, out=rows)
    squares = float(np.dot(rows, rows))
    np.clip(rows, -delta, delta, out=slope)
    np.multiply(slope, 0.5, out=halves)
    np.subtract(rows, halves, out=rows)
    np.multiply(rows, slope, out=rows)
    np.divide(dz, m, out=dz)
    return float(rows.sum(dtype=np.float64)) / m, squares
