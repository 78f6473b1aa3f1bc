"""Activations of x + b and their slopes, each in one pass, or in two around a function that NumPy computes faster.

b is None or the bias of the layer before, whose memory x is. Compiled code works in place: where out is not x, x is copied first.
NaN stays NaN: comparisons are written so that it takes the branch of x itself.
"""

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numba_column.layers import bias_gradient
from dlrun.kernels.numpy_column.activations import GELU_CUBIC, GELU_SATURATED, GELU_SCALE


def relu(x: Array, b: Array | None, out: Array, mask: BoolArray) -> None:
    """Compute a = max(x + b, 0); mask keeps on which side of the kink each unit was. out may be x."""
    if out is not x:
        np.copyto(out, x)
    relu_in_place(out, b, mask)


@compiled
def relu_in_place(x: Array, b: Array | None, mask: BoolArray) -> None:
    """Compute relu of x + b where x is."""
    zero = x.dtype.type(0)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            z = x[i, j] if b is None else x[i, j] + b[j]
            mask[i, j] = z > zero
            x[i, j] = zero if z <= zero else z


@compiled
def relu_backward(dz: Array, mask: BoolArray, db: Array | None) -> None:
    """Multiply by g′(z) = 1 where z > 0, else 0; db = Σ rows."""
    for i in range(dz.shape[0]):
        for j in range(dz.shape[1]):
            dz[i, j] *= mask[i, j]
    if db is not None:
        bias_gradient(dz, db)


def leaky_relu(x: Array, b: Array | None, out: Array, mask: BoolArray, slopes: Array, slope: float) -> None:
    """Compute a = x where x > 0, slope · x elsewhere; mask keeps x > 0, slopes g′(x). out may be x."""
    if out is not x:
        np.copyto(out, x)
    leaky_relu_in_place(out, b, mask, slopes, slope)


@compiled
def leaky_relu_in_place(x: Array, b: Array | None, mask: BoolArray, slopes: Array, slope: float) -> None:
    """Compute leaky relu of x + b where x is."""
    one, below = x.dtype.type(1), x.dtype.type(slope)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            z = x[i, j] if b is None else x[i, j] + b[j]
            mask[i, j] = z > 0
            slopes[i, j] = one if z > 0 else below
            x[i, j] = z * slopes[i, j]


def elu(x: Array, b: Array | None, out: Array, mask: BoolArray, slopes: Array, alpha: float) -> None:
    """Compute a = x where x > 0, α(eˣ − 1) elsewhere; mask keeps x > 0, slopes g′(x) = 1 or αeˣ. out may be x."""
    if out is not x:
        np.copyto(out, x)
    _below_zero(out, b, slopes)
    np.expm1(slopes, out=slopes)
    _elu(out, mask, slopes, alpha)


@compiled
def _below_zero(x: Array, b: Array | None, low: Array) -> None:
    """x += b; low = min(x, 0)."""
    zero = x.dtype.type(0)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            z = x[i, j] if b is None else x[i, j] + b[j]
            x[i, j] = z
            low[i, j] = zero if z >= zero else z


@compiled
def _elu(x: Array, mask: BoolArray, slopes: Array, alpha: float) -> None:
    """Slopes holds e^min(x, 0) − 1."""
    one, scale = x.dtype.type(1), x.dtype.type(alpha)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            on, low = x[i, j] > 0, scale * slopes[i, j]
            mask[i, j] = on
            x[i, j] = x[i, j] if on else low
            slopes[i, j] = one if on else low + scale


def gelu(x: Array, b: Array | None, out: Array, slopes: Array) -> None:
    """Compute a = ½ x (1 + t) with t = tanh u, u = c (x + k x³); slopes keeps g′(x) = ½ (1 + t)(1 + x u′ (1 − t)).

    c = √(2/π), k = 0.044715. out must not be x, which is needed to the end.
    """
    _gelu_inside(x, b, out)
    np.tanh(out, out=out)
    _gelu(x, out, slopes)


@compiled
def _gelu_inside(x: Array, b: Array | None, u: Array) -> None:
    """x += b; u = c (x + k x³), of an x within ±10: beyond it tanh u is ±1 to the last bit, and x³ cannot overflow."""
    scale, cubic, most = x.dtype.type(GELU_SCALE), x.dtype.type(GELU_SCALE * GELU_CUBIC), x.dtype.type(GELU_SATURATED)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            z = x[i, j] if b is None else x[i, j] + b[j]
            x[i, j] = z
            z = most if z > most else -most if z < -most else z
            u[i, j] = z * (z * z * cubic + scale)


@compiled
def _gelu(x: Array, a: Array, slopes: Array) -> None:
    """Make a of t = tanh u, which stands in its place; x u′ = c x + 3ck x³."""
    scale, cubic, most = x.dtype.type(GELU_SCALE), x.dtype.type(3 * GELU_SCALE * GELU_CUBIC), x.dtype.type(GELU_SATURATED)
    half, one, two = x.dtype.type(0.5), x.dtype.type(1), x.dtype.type(2)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            t, z = a[i, j], x[i, j]
            held = most if z > most else -most if z < -most else z
            slopes[i, j] = half * (one + t) * (one + held * (scale + cubic * held * held) * (one - t))
            a[i, j] = (two - (one - t)) * half * z


@compiled
def slopes_backward(dz: Array, slopes: Array, db: Array | None) -> None:
    """Multiply by the slopes g′(z) kept on the way forward; db = Σ rows."""
    for i in range(dz.shape[0]):
        for j in range(dz.shape[1]):
            dz[i, j] *= slopes[i, j]
    if db is not None:
        bias_gradient(dz, db)


@compiled
def tanh_backward(dz: Array, a: Array, db: Array | None) -> None:
    """Multiply by g′(z) = 1 − a²; db = Σ rows."""
    one = dz.dtype.type(1)
    for i in range(dz.shape[0]):
        for j in range(dz.shape[1]):
            dz[i, j] *= one - a[i, j] * a[i, j]
    if db is not None:
        bias_gradient(dz, db)


@compiled
def sigmoid_backward(dz: Array, a: Array, db: Array | None) -> None:
    """Multiply by g′(z) = a (1 − a); db = Σ rows."""
    one = dz.dtype.type(1)
    for i in range(dz.shape[0]):
        for j in range(dz.shape[1]):
            dz[i, j] *= a[i, j] * (one - a[i, j])
    if db is not None:
        bias_gradient(dz, db)
