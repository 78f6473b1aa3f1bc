"""eˣ of many numbers at once, compiled: without a branch or a call for each, so that it becomes vector instructions."""

import math

import numpy as np

from dlrun.arrays import Array
from dlrun.kernels.numba_column.addresses import vector_at
from dlrun.kernels.numba_column.compiling import compiled

PER_LN2 = np.float32(1 / math.log(2))
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(math.log(2) - 0.693359375)  # n · high is exact for every n that occurs
ROUNDING = np.float32(1.5 * 2**23)  # added and taken away again, it rounds to a whole number, to even at a half
LOWEST = np.float32(-87.33)  # e to this is about the smallest normal number; below it the result is 0
ONE = np.float32(1)
# of (eʳ − 1 − r)/r², |r| ≤ ½ ln 2, by powers: Cephes, expf
C0, C1, C2 = np.float32(5.0000001201e-1), np.float32(1.6666665459e-1), np.float32(4.1665795894e-2)
C3, C4, C5 = np.float32(8.3334519073e-3), np.float32(1.3981999507e-3), np.float32(1.9875691500e-4)


@compiled
def exponentials(x: Array) -> None:
    """Replace every x ≤ 0 of x (m, n), without gaps, by eˣ, within one unit in the last place; below −87.33 float32 gives 0.

    NaN stays NaN.

    eˣ = 2ⁿ eʳ with n = round(x / ln 2), r = x − n ln 2, and eʳ = 1 + r + r² P(r).
    """
    flat = vector_at(x.ctypes.data, x, x.size)  # rows of ten would be too short for vector instructions
    for i in range(flat.size):
        flat[i] = _single(flat[i]) if flat.itemsize == 4 else math.exp(flat[i])


@compiled
def _single(x: np.float32) -> np.float32:
    held = LOWEST if x < LOWEST else x
    n = (held * PER_LN2 + ROUNDING) - ROUNDING
    r = (held - n * LN2_HIGH) - n * LN2_LOW
    series = ((((C5 * r + C4) * r + C3) * r + C2) * r + C1) * r + C0
    power = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)  # 2ⁿ: n is its exponent
    result = power * (series * (r * r) + r + ONE)
    return np.float32(0) if x < LOWEST else result
