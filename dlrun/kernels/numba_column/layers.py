"""What dense layers, dropout and batch norm do beside matrix products.

Sums over rows are kept in double precision, for as many columns at once as there is room on the stack.
"""

import math
from typing import Any

import numpy as np

from dlrun.arrays import Array
from dlrun.kernels.numba_column.addresses import vector_at
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numba_column.stack import ROOM, room


@compiled
def add_bias(z: Array, b: Array) -> None:
    """Add b (n,) to every row of z (m, n)."""
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] += b[j]


@compiled
def bias_gradient(dz: Array, db: Array) -> None:
    """Sum the rows: db = Σ rows of dz."""
    m, n = dz.shape
    for first in range(0, n, ROOM):
        width = min(ROOM, n - first)
        sums = _zeros(room(), width)
        for i in range(m):
            for j in range(width):
                sums[j] += dz[i, first + j]
        for j in range(width):
            db[first + j] = sums[j]


@compiled
def _zeros(address: int, n: int) -> Any:
    """Return the n numbers at this address, all of which become zero."""
    sums = vector_at(address, np.float64, n)
    for j in range(n):
        sums[j] = 0.0
    return sums


def dropout(x: Array, out: Array, mask: Array, rng: np.random.Generator, keep_prob: float) -> None:
    """Keep each unit with probability keep_prob and divide by it, so that the mean activation stays. out may be x."""
    rng.random(out=mask, dtype=mask.dtype.type)
    if out is not x:
        np.copyto(out, x)
    dropout_in_place(out, mask, keep_prob)


@compiled
def dropout_in_place(x: Array, mask: Array, keep_prob: float) -> None:
    """Turn the numbers in mask, drawn from [0, 1), into 0 or 1/keep_prob, and multiply x by them."""
    zero, kept, limit = x.dtype.type(0), x.dtype.type(1 / keep_prob), x.dtype.type(keep_prob)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            mask[i, j] = kept if mask[i, j] < limit else zero
            x[i, j] *= mask[i, j]


@compiled
def dropout_backward(dz: Array, mask: Array) -> None:
    """Multiply by the same mask as on the way forward."""
    for i in range(dz.shape[0]):
        for j in range(dz.shape[1]):
            dz[i, j] *= mask[i, j]


@compiled
def batch_moments(x: Array, scratch: Array, mean: Array, var: Array) -> None:
    """Write μ = (1/m) Σ x and σ² = (1/m) Σ (x − μ)² of every column."""
    m, n = x.shape
    bias_gradient(x, mean)
    for j in range(n):
        mean[j] /= m
    for first in range(0, n, ROOM):
        width = min(ROOM, n - first)
        sums = _zeros(room(), width)
        for i in range(m):
            for j in range(width):
                distance = x[i, first + j] - mean[first + j]
                sums[j] += distance * distance
        for j in range(width):
            var[first + j] = sums[j] / m


@compiled
def running_moments(
    mean: Array, var: Array, running_mean: Array, running_var: Array, count: Array, scratch: Array, beta: float
) -> None:
    """Write v ← β v + (1 − β) θ for θ = μ and σ², and count what they have seen."""
    kept, taken = mean.dtype.type(beta), mean.dtype.type(1 - beta)
    for j in range(mean.size):
        running_mean[j] = kept * running_mean[j] + taken * mean[j]
        running_var[j] = kept * running_var[j] + taken * var[j]
    count[0] += 1


@compiled
def inverse_deviation(var: Array, out: Array, eps: float) -> None:
    """Compute 1/√(σ² + ε)."""
    one, more = var.dtype.type(1), var.dtype.type(eps)
    for j in range(var.size):
        out[j] = one / math.sqrt(var[j] + more)


def batch_norm(x: Array, out: Array, z_norm: Array, mean: Array, inverse_deviation: Array, gamma: Array, beta: Array) -> None:
    """Compute z_norm = (x − μ) / √(σ² + ε) and out = γ z_norm + β. out may be x."""
    if out is not x:
        np.copyto(out, x)
    batch_norm_in_place(out, z_norm, mean, inverse_deviation, gamma, beta)


@compiled
def batch_norm_in_place(x: Array, z_norm: Array, mean: Array, inverse_deviation: Array, gamma: Array, beta: Array) -> None:
    """Compute batch norm of x where x is."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            normal = (x[i, j] - mean[j]) * inverse_deviation[j]
            z_norm[i, j] = normal
            x[i, j] = gamma[j] * normal + beta[j]


@compiled
def batch_norm_gradients(dz: Array, z_norm: Array, dgamma: Array, dbeta: Array) -> None:
    """Write dγ = Σ dz · z_norm and dβ = Σ dz, over the rows."""
    m, n = dz.shape
    for first in range(0, n, ROOM):
        width = min(ROOM, n - first)
        of_gamma, of_beta = _zeros(room(), width), _zeros(room(), width)
        for i in range(m):
            for j in range(first, first + width):
                of_gamma[j - first] += dz[i, j] * z_norm[i, j]
                of_beta[j - first] += dz[i, j]
        for j in range(width):
            dgamma[first + j], dbeta[first + j] = of_gamma[j], of_beta[j]


@compiled
def batch_norm_gain(gamma: Array, inverse_deviation: Array, out: Array) -> None:
    """Compute γ/√(σ² + ε), by which dz is multiplied on the way back."""
    for j in range(gamma.size):
        out[j] = gamma[j] * inverse_deviation[j]


@compiled
def batch_norm_backward(dz: Array, z_norm: Array, gain: Array, dgamma: Array, dbeta: Array) -> None:
    """Turn dz into ∂J/∂x = γ/(m √(σ² + ε)) · (m dz − dβ − z_norm dγ); gain is γ/√(σ² + ε)."""
    m, n = dz.shape
    share = dz.dtype.type(1 / m)
    for i in range(m):
        for j in range(n):
            dz[i, j] = gain[j] * (dz[i, j] - share * (z_norm[i, j] * dgamma[j] + dbeta[j]))


@compiled
def max_norm(w: Array, limit: float, norms: Array) -> None:
    """Shrink every column of W (n_in, units), the weights into one unit, whose norm is above the limit to that norm."""
    squares = np.zeros(w.shape[1])
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            squares[j] += w[i, j] * w[i, j]
    for j in range(w.shape[1]):
        norm = math.sqrt(squares[j])
        norms[j] = limit / norm if norm > limit else 1
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            w[i, j] *= norms[j]
