"""What dense layers and dropout do beside their matrix products."""

from functools import lru_cache
from typing import Any

import numpy as np

from dlrun.arrays import Array


def product(a: Array, b: Array, out: Array) -> None:
    """Compute out = a b: with `dot`, the same as matmul half a microsecond sooner."""
    np.dot(a, b, out=out)


def add_bias(z: Array, b: Array) -> None:
    """Add b (n,) to every row of z (m, n)."""
    np.add(z, b, out=z)


def bias_gradient(dz: Array, db: Array) -> None:
    """Sum the rows: db = 1ᵀ dz."""
    sum_rows(dz, db)


def sum_rows(x: Array, out: Array) -> None:
    """Write the sum of the rows. As a matrix product it is faster than `sum(axis=0)`, and it adds in blocks."""
    np.matmul(_ones(len(x), x.dtype), x, out=out)


@lru_cache(maxsize=8)
def _ones(m: int, dtype: np.dtype[Any]) -> Array:
    """Return m ones: made once for each size of a mini-batch."""
    ones = np.ones(m, dtype)
    ones.flags.writeable = False
    return ones


def dropout(x: Array, out: Array, mask: Array, rng: np.random.Generator, keep_prob: float) -> None:
    """Keep each unit with probability keep_prob and divide by it, so that the mean activation stays. out may be x."""
    rng.random(out=mask, dtype=mask.dtype.type)
    np.less(mask, keep_prob, out=mask)
    np.multiply(mask, 1 / keep_prob, out=mask)
    np.multiply(x, mask, out=out)


def dropout_backward(dz: Array, mask: Array) -> None:
    """Multiply by the same mask as on the way forward."""
    np.multiply(dz, mask, out=dz)


def batch_moments(x: Array, scratch: Array, mean: Array, var: Array) -> None:
    """Write μ = (1/m) Σ x and σ² = (1/m) Σ (x − μ)² of every column; scratch is overwritten."""
    m = len(x)
    sum_rows(x, mean)
    np.divide(mean, m, out=mean)
    np.subtract(x, mean, out=scratch)
    np.multiply(scratch, scratch, out=scratch)
    sum_rows(scratch, var)
    np.divide(var, m, out=var)


def running_moments(
    mean: Array, var: Array, running_mean: Array, running_var: Array, count: Array, scratch: Array, beta: float
) -> None:
    """Write v ← β v + (1 − β) θ for θ = μ and σ², and count what they have seen; scratch is overwritten."""
    for v, value in ((running_mean, mean), (running_var, var)):
        np.multiply(v, beta, out=v)
        np.multiply(value, 1 - beta, out=scratch)
        np.add(v, scratch, out=v)
    np.add(count, 1, out=count)


def inverse_deviation(var: Array, out: Array, eps: float) -> None:
    """Compute 1/√(σ² + ε)."""
    np.add(var, eps, out=out)
    np.sqrt(out, out=out)
    np.divide(1, out, out=out)


def batch_norm(x: Array, out: Array, z_norm: Array, mean: Array, inverse_deviation: Array, gamma: Array, beta: Array) -> None:
    """Compute z_norm = (x − μ) / √(σ² + ε) and out = γ z_norm + β. out may be x."""
    np.subtract(x, mean, out=z_norm)
    np.multiply(z_norm, inverse_deviation, out=z_norm)
    np.multiply(z_norm, gamma, out=out)
    np.add(out, beta, out=out)


def batch_norm_gradients(dz: Array, z_norm: Array, dgamma: Array, dbeta: Array) -> None:
    """Write dγ = Σ dz · z_norm and dβ = Σ dz, over the rows."""
    sum_rows(dz, dbeta)
    np.einsum("ij,ij->j", dz, z_norm, out=dgamma)


def batch_norm_gain(gamma: Array, inverse_deviation: Array, out: Array) -> None:
    """Compute γ/√(σ² + ε), by which dz is multiplied on the way back."""
    np.multiply(gamma, inverse_deviation, out=out)


def batch_norm_backward(dz: Array, z_norm: Array, gain: Array, dgamma: Array, dbeta: Array) -> None:
    """Turn dz into ∂J/∂x = γ/(m √(σ² + ε)) · (m dz − dβ − z_norm dγ); gain is γ/√(σ² + ε), z_norm is overwritten."""
    m = len(dz)
    np.multiply(z_norm, dgamma, out=z_norm)
    np.add(z_norm, dbeta, out=z_norm)
    np.divide(z_norm, m, out=z_norm)
    np.subtract(dz, z_norm, out=dz)
    np.multiply(dz, gain, out=dz)


def max_norm(w: Array, limit: float, norms: Array) -> None:
    """Shrink every column of W (n_in, units), the weights into one unit, whose norm is above the limit to that norm."""
    np.einsum("ij,ij->j", w, w, out=norms)
    np.sqrt(norms, out=norms)
    np.maximum(norms, limit, out=norms)
    np.divide(limit, norms, out=norms)  # exactly 1 where the norm is small enough
    np.multiply(w, norms, out=w)
