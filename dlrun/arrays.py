"""Array types, and memory whose first byte is aligned."""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

ALIGNMENT = 64  # bytes: one cache line, and the widest vector register


def aligned_zeros(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Return zeros of this shape whose first byte sits on a cache line.

    `np.empty` promises 16 bytes only, so a little too much is allocated and the start is moved.
    """
    dtype = np.dtype(dtype)
    n_bytes = math.prod(shape) * dtype.itemsize
    memory = np.zeros(n_bytes + ALIGNMENT, dtype=np.uint8)
    offset = -memory.ctypes.data % ALIGNMENT
    return memory[offset : offset + n_bytes].view(dtype).reshape(shape)


def aligned_length(length: int, dtype: npt.DTypeLike) -> int:
    """Round a number of elements up so that whatever follows starts on a cache line again."""
    per_line = ALIGNMENT // np.dtype(dtype).itemsize
    return -(-length // per_line) * per_line


def squared_norm(values: Array) -> float:
    """Return Σ v² of (n,): one BLAS dot that is not finite when any entry is not."""
    return float(values.dot(values))  # the method: np.dot would first ask whose arrays they are, for 0.2 µs


def all_finite(values: Array) -> bool:
    """Say whether all values are finite: one BLAS dot, and another look if their squares are too large for a number."""
    flat = values.ravel()
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(flat).all())
