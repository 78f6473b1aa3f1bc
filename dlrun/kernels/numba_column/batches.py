"""How mini-batches are gathered. Rows lie anywhere in memory: the next ones are asked for while one is copied."""

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.kernels.numba_column.atomics import prefetch
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numpy_column import batches

SHORT = 256  # bytes: NumPy copies rows below that sooner
LINE = 64  # bytes of memory that come at once
AHEAD = 6 << 10  # bytes, but two rows at least


def gather(x: Array, rows: IntArray, out: Array) -> None:
    """Write x[rows], rows within range, into out (len(rows), n)."""
    if is_long(x, rows, out):
        gather_rows(x, rows, out)
    else:
        batches.gather(x, rows, out)


def is_long(x: Array, rows: IntArray, out: Array) -> bool:
    """Say whether rows are long enough for compiled code, and lie as it expects them."""
    plain = x.flags.c_contiguous and rows.flags.c_contiguous and out.flags.c_contiguous
    return plain and x.dtype == out.dtype and rows.dtype == np.int64 and out.nbytes >= SHORT * len(out)


@compiled
def gather_rows(x: Array, rows: IntArray, out: Array) -> None:
    """Copy the rows one after another."""
    m, n = out.shape
    length = n * x.itemsize
    ahead = max(2, AHEAD // length)
    for i in range(m):
        coming = x.ctypes.data + rows[min(i + ahead, m - 1)] * length
        for line in range(0, length, LINE):
            prefetch(coming + line)
        row = rows[i]
        for j in range(n):
            out[i, j] = x[row, j]
