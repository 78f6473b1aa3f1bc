"""Losses: the mean over examples, the sum of their errors, and dz = ∂(mean loss)/∂z."""

import math

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numba_column.exponential import exponentials
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
    return softmax_loss(z, y, dz, scratch.picked, smoothing, weights)


@compiled
def softmax_loss(z: Array, y: Array | IntArray, dz: Array, picked: Array, smoothing: float, weights: Array | None) -> Measured:
    """Compute what `softmax_cross_entropy` says; picked (m or more,) is overwritten."""
    wrong = _subtract_largest(z, y, dz, picked, smoothing)
    exponentials(dz)
    return _mean_loss(dz, y, picked, smoothing, weights), wrong


@compiled
def _subtract_largest(z: Array, y: Array | IntArray, dz: Array, picked: Array, smoothing: float) -> float:
    """dz = z − max z in each row, and picked = Σ t dz; return how many rows are largest elsewhere than their label."""
    n, wrong = z.shape[1], 0
    for i in range(z.shape[0]):
        largest, total = z[i, 0], z.dtype.type(0)
        for j in range(1, n):
            largest = z[i, j] if z[i, j] > largest else largest
        for j in range(n):
            dz[i, j] = z[i, j] - largest
            total += dz[i, j]
        of_label = z.dtype.type(0)
        if y.ndim == 1:
            of_label = dz[i, y[i]]
            wrong += not _is_largest(dz[i], y[i])
        else:
            for j in range(n):
                of_label += y[i, j] * dz[i, j]
            wrong += not _is_largest(dz[i], _largest(y[i]))
        picked[i] = of_label + smoothing * (total / n - of_label) if smoothing else of_label
    return float(wrong)


@compiled
def _mean_loss(dz: Array, y: Array | IntArray, picked: Array, smoothing: float, weights: Array | None) -> float:
    """Turn dz = e^(z − max z) into w (ŷ − t)/m, and return the mean loss."""
    m, n = dz.shape
    loss = 0.0
    floor, kept = dz.dtype.type(smoothing / n), dz.dtype.type(1 - smoothing)
    for i in range(m):
        total = dz[i, 0]
        for j in range(1, n):
            total += dz[i, j]
        weight: float = 1.0 if weights is None else weights[i]
        loss += weight * (math.log(total) - picked[i])
        scale = dz.dtype.type(weight / m)
        for j in range(n):
            dz[i, j] = scale * (dz[i, j] / total - floor)
        if y.ndim == 1:
            dz[i, y[i]] -= scale * kept
        else:
            for j in range(n):
                dz[i, j] -= scale * kept * y[i, j]
    return float(loss / m)


@compiled
def _is_largest(row: Array, at: int) -> bool:
    """Say whether the number here is the first of the largest, all of which are 0."""
    before = 0
    for j in range(at):
        before += row[j] >= 0
    return row[at] >= 0 and before == 0


@compiled
def _largest(row: Array) -> int:
    at = 0
    for j in range(1, row.size):
        if row[j] > row[at]:
            at = j
    return at


def sigmoid_cross_entropy(
    z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch,
    smoothing: float, weights: Array | None,
) -> Measured:  # fmt: skip
    """Return the mean of −w (t log ŷ + (1 − t) log(1 − ŷ)) with ŷ = σ(z); how many are wrong; and write dz = w (ŷ − t)/m.

    Stable at any z: the loss is max(z, 0) − z t + log(1 + e^−|z|). z is (m, 1), y (m,) holds 0, 1 or a probability;
    t = (1 − ε) y + ε/2 with ε the smoothing; w are the weights (m,) of the examples, 1 if there are none.
    """
    return sigmoid_loss(z, y, dz, smoothing, weights)


@compiled
def sigmoid_loss(z: Array, y: Array | IntArray, dz: Array, smoothing: float, weights: Array | None) -> Measured:
    """Compute what `sigmoid_cross_entropy` says."""
    m, loss, wrong = len(z), 0.0, 0
    one, zero = z.dtype.type(1), z.dtype.type(0)
    for i in range(m):
        logit = z[i, 0]
        small = math.exp(-abs(logit))  # e^−|z|
        t = z.dtype.type((1 - smoothing) * y[i] + smoothing / 2)
        weight: float = 1.0 if weights is None else weights[i]
        loss += weight * ((zero if logit <= zero else logit) - logit * t + math.log1p(small))
        sigmoid = one / (one + small) if logit >= zero else small / (one + small)
        dz[i, 0] = weight * (sigmoid - t) / m
        wrong += (logit > zero) != (y[i] > 0.5)
    return loss / m, float(wrong)


def squared_error(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch) -> Measured:
    """Return the mean of (z − y)², their sum, and write dz = 2 (z − y)/m. z is (m, 1), y (m,)."""
    return squared_loss(z, y, dz)


@compiled
def squared_loss(z: Array, y: Array | IntArray, dz: Array) -> Measured:
    """Compute what `squared_error` says."""
    m, squares = len(z), 0.0
    for i in range(m):
        r = z[i, 0] - y[i]
        squares += r * r
        dz[i, 0] = 2 * r / m
    return squares / m, squares


def absolute(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch) -> Measured:
    """Return the mean of |z − y|, Σ (z − y)², and write dz = sign(z − y)/m, 0 where z is y. z is (m, 1), y (m,)."""
    return absolute_loss(z, y, dz)


@compiled
def absolute_loss(z: Array, y: Array | IntArray, dz: Array) -> Measured:
    """Compute what `absolute` says."""
    m, loss, squares = len(z), 0.0, 0.0
    for i in range(m):
        r = z[i, 0] - y[i]
        loss += abs(r)
        squares += r * r
        dz[i, 0] = np.sign(r) / m
    return loss / m, squares


def huber(z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch, delta: float) -> Measured:
    """Return the mean of c (r − ½c), where r = z − y and c is r held within ±δ; Σ r²; and write dz = c/m. z is (m, 1), y (m,).

    Within ±δ that is ½r², outside δ(|r| − ½δ).
    """
    return huber_loss(z, y, dz, delta)


@compiled
def huber_loss(z: Array, y: Array | IntArray, dz: Array, delta: float) -> Measured:
    """Compute what `huber` says."""
    m, loss, squares = len(z), 0.0, 0.0
    for i in range(m):
        r = z[i, 0] - y[i]
        c = delta if r > delta else -delta if r < -delta else r
        loss += c * (r - 0.5 * c)
        squares += r * r
        dz[i, 0] = c / m
    return loss / m, squares
