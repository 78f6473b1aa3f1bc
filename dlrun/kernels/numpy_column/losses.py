"""Losses: the mean over examples, and dz = ∂(mean loss)/∂z in the same pass."""

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.kernels.table import LossScratch


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
