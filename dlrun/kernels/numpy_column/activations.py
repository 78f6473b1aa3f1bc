"""Activations of x + b and their slopes. b is None or the bias of the layer before, whose memory x is: it may be overwritten."""

import math

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.kernels.numpy_column.layers import sum_rows

GELU_SCALE, GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715
GELU_SATURATED = 10.0  # beyond it tanh u is ±1 to the last bit


def relu(x: Array, b: Array | None, out: Array, mask: BoolArray) -> None:
    """Compute a = max(x + b, 0); mask keeps on which side of the kink each unit was. out may be x."""
    _add(b, x)
    np.greater(x, 0, out=mask)
    np.maximum(x, 0, out=out)


def relu_backward(dz: Array, mask: BoolArray, db: Array | None) -> None:
    """Multiply by g′(z) = 1 where z > 0, else 0 (masked assignment is ten times slower)."""
    np.multiply(dz, mask, out=dz)
    _sum(dz, db)


def leaky_relu(x: Array, b: Array | None, out: Array, mask: BoolArray, slopes: Array, slope: float) -> None:
    """Compute a = x where x > 0, slope · x elsewhere; mask keeps x > 0, slopes g′(x). out may be x."""
    _add(b, x)
    np.greater(x, 0, out=mask)
    np.copyto(slopes, mask)
    np.maximum(slopes, slope, out=slopes)
    np.multiply(x, slopes, out=out)


def elu(x: Array, b: Array | None, out: Array, mask: BoolArray, slopes: Array, alpha: float) -> None:
    """Compute a = x where x > 0, α(eˣ − 1) elsewhere; mask keeps x > 0, slopes g′(x) = 1 or αeˣ. out may be x."""
    _add(b, x)
    np.greater(x, 0, out=mask)
    np.minimum(x, 0, out=slopes)
    np.expm1(slopes, out=slopes)
    np.multiply(slopes, alpha, out=slopes)
    np.maximum(x, 0, out=out)
    np.add(out, slopes, out=out)
    np.add(slopes, alpha, out=slopes)
    if alpha != 1:  # where x > 0 this is α, and should be 1; a masked assignment would be ten times slower
        np.logical_not(mask, out=mask)
        np.multiply(slopes, mask, out=slopes)
        np.logical_not(mask, out=mask)
        np.add(slopes, mask, out=slopes)


def gelu(x: Array, b: Array | None, out: Array, slopes: Array) -> None:
    """Compute a = ½ x (1 + t) with t = tanh u, u = c (x + k x³); slopes keeps g′(x) = ½ (1 + t)(1 + x u′ (1 − t)).

    c = √(2/π), k = 0.044715. out must not be x, which is needed to the end.
    """
    _add(b, x)
    np.clip(x, -GELU_SATURATED, GELU_SATURATED, out=slopes)  # so that x³ cannot overflow
    np.multiply(slopes, slopes, out=out)
    np.multiply(out, GELU_SCALE * GELU_CUBIC, out=out)
    np.add(out, GELU_SCALE, out=out)
    np.multiply(out, slopes, out=out)  # u
    np.multiply(slopes, -2 / 3 * GELU_SCALE, out=slopes)
    np.add(slopes, out, out=slopes)
    np.multiply(slopes, 3, out=slopes)  # x u′ = 3u − 2cx
    np.tanh(out, out=out)
    np.subtract(1, out, out=out)  # 1 − t
    np.multiply(slopes, out, out=slopes)
    np.add(slopes, 1, out=slopes)
    np.subtract(2, out, out=out)  # 1 + t
    np.multiply(out, 0.5, out=out)
    np.multiply(slopes, out, out=slopes)
    np.multiply(out, x, out=out)


def slopes_backward(dz: Array, slopes: Array, db: Array | None) -> None:
    """Multiply by the slopes g′(z) kept on the way forward."""
    np.multiply(dz, slopes, out=dz)
    _sum(dz, db)


def tanh(x: Array, b: Array | None, out: Array) -> None:
    """Compute the hyperbolic tangent of x + b. out may be x."""
    _add(b, x)
    np.tanh(x, out=out)


def tanh_backward(dz: Array, a: Array, db: Array | None) -> None:
    """Multiply by g′(z) = 1 − a²; nobody needs a afterwards, so its memory holds the slope."""
    np.multiply(a, a, out=a)
    np.subtract(1, a, out=a)
    np.multiply(dz, a, out=dz)
    _sum(dz, db)


def sigmoid(x: Array, b: Array | None, out: Array) -> None:
    """Compute a = 1 / (1 + e⁻ˣ) of x + b, written as ½ + ½ tanh(x/2), which cannot overflow. out may be x."""
    _add(b, x)
    np.multiply(x, 0.5, out=out)
    np.tanh(out, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 0.5, out=out)


def sigmoid_backward(dz: Array, a: Array, db: Array | None) -> None:
    """Multiply by g′(z) = a (1 − a), in two passes that need no memory but a's own."""
    np.multiply(dz, a, out=dz)
    np.subtract(1, a, out=a)
    np.multiply(dz, a, out=dz)
    _sum(dz, db)


def _add(b: Array | None, x: Array) -> None:
    if b is not None:
        np.add(x, b, out=x)


def _sum(dz: Array, db: Array | None) -> None:
    if db is not None:
        sum_rows(dz, db)
