"""What dense layers and dropout do beside their matrix products."""

import numpy as np

from dlrun.arrays import Array


def add_bias(z: Array, b: Array) -> None:
    """Add b (n,) to every row of z (m, n)."""
    np.add(z, b, out=z)


def bias_gradient(dz: Array, ones: Array, db: Array) -> None:
    """Sum the rows: db = 1ᵀ dz. As a matrix product it is faster than `sum(axis=0)`, and it adds in blocks."""
    np.matmul(ones[: len(dz)], dz, out=db)


def dropout(x: Array, out: Array, mask: Array, rng: np.random.Generator, keep_prob: float) -> None:
    """Keep each unit with probability keep_prob and divide by it, so that the mean activation stays. out may be x."""
    rng.random(out=mask, dtype=mask.dtype.type)
    np.less(mask, keep_prob, out=mask)
    np.multiply(mask, 1 / keep_prob, out=mask)
    np.multiply(x, mask, out=out)


def dropout_backward(dz: Array, mask: Array) -> None:
    """Multiply by the same mask as on the way forward."""
    np.multiply(dz, mask, out=dz)
