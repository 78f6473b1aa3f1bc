"""Matrix products from compiled code: NumPy's own OpenBLAS, called as NumPy calls it, so with the same bits.

It is looked for among the libraries that NumPy itself is linked to, since others may have brought a second one. Where NumPy has
none (but Accelerate, or MKL), or the system does not look there (Windows), it is not found, and NumPy makes all products.
"""

import ctypes
from importlib.util import find_spec
from typing import Any

import llvmlite.binding as llvm
from numba import types

from dlrun.kernels.numba_column.compiling import compiled

ROW_MAJOR, AS_IS, TRANSPOSED = 101, 111, 112  # CBLAS_ORDER, CBLAS_TRANSPOSE
SPELLINGS = ("scipy_cblas_{}64_", "cblas_{}64_")  # with 64-bit integers, as in NumPy's wheels
ROUTINES = ("sgemm", "dgemm", "sgemv", "dgemv", "sdot", "ddot")


def _found() -> bool:
    """Tell the compiler where each routine is; say whether all of them are there."""
    numpy = find_spec("numpy._core._multiarray_umath")
    library = ctypes.CDLL(numpy.origin) if numpy and numpy.origin else None
    for routine in ROUTINES:
        named = (spelling.format(routine) for spelling in SPELLINGS)
        symbol = next((getattr(library, name) for name in named if hasattr(library, name)), None)
        if symbol is None:
            return False
        llvm.add_symbol(f"dlrun_{routine}", ctypes.cast(symbol, ctypes.c_void_p).value)
    return True


def _external(routine: str) -> Any:
    """Declare a routine of CBLAS: C = op(A) op(B), y = op(A) x, or xᵀ y."""
    real = types.float32 if routine[0] == "s" else types.float64
    flag, size, memory = types.int32, types.int64, types.voidptr
    if routine.endswith("dot"):
        return types.ExternalFunction(f"dlrun_{routine}", real(size, memory, size, memory, size))
    flags, sizes = ([flag] * 3, [size] * 3) if routine.endswith("mm") else ([flag] * 2, [size] * 2)
    arguments = [*flags, *sizes, real, memory, size, memory, size, real, memory, size]
    return types.ExternalFunction(f"dlrun_{routine}", types.void(*arguments))


IS_FOUND = _found()
sgemm, dgemm, sgemv, dgemv, sdot, ddot = map(_external, ROUTINES)


@compiled
def product(itemsize: int, a: int, b: int, c: int, m: int, n: int, k: int, a_turned: bool, b_turned: bool) -> None:
    """Write C (m, n) = A (m, k) B (k, n), each at its address; a turned one lies there as its transpose does.

    A single column, or row, is made by gemv, as NumPy does. Not both: NumPy would call dot.
    """
    if n == 1 and m > 1 and k > 1:
        _gemv(itemsize, a, b, c, k if a_turned else m, m if a_turned else k, TRANSPOSED if a_turned else AS_IS)
    elif m == 1 and n > 1 and k > 1:
        _gemv(itemsize, b, a, c, n if b_turned else k, k if b_turned else n, AS_IS if b_turned else TRANSPOSED)
    else:
        of_a, of_b = TRANSPOSED if a_turned else AS_IS, TRANSPOSED if b_turned else AS_IS
        row_of_a, row_of_b = m if a_turned else k, k if b_turned else n
        if itemsize == 4:
            sgemm(ROW_MAJOR, of_a, of_b, m, n, k, 1.0, a, row_of_a, b, row_of_b, 0.0, c, n)
        else:
            dgemm(ROW_MAJOR, of_a, of_b, m, n, k, 1.0, a, row_of_a, b, row_of_b, 0.0, c, n)


@compiled
def _gemv(itemsize: int, a: int, x: int, y: int, rows: int, columns: int, turned: int) -> None:
    """Write y = A x, or Aᵀ x, of A (rows, columns)."""
    if itemsize == 4:
        sgemv(ROW_MAJOR, turned, rows, columns, 1.0, a, columns, x, 1, 0.0, y, 1)
    else:
        dgemv(ROW_MAJOR, turned, rows, columns, 1.0, a, columns, x, 1, 0.0, y, 1)


@compiled
def squared_norm(itemsize: int, a: int, n: int) -> float:
    """Return Σ a² of the n numbers at an address."""
    if itemsize == 4:
        return float(sdot(n, a, 1, a, 1))
    return float(ddot(n, a, 1, a, 1))
