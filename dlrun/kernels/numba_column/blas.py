"""Matrix products from compiled code: NumPy's own OpenBLAS, a whole product called as NumPy calls it, so with the same bits.

It is looked for among the libraries that NumPy itself is linked to, since others may have brought a second one. Where NumPy has
none (but Accelerate, or MKL), or the system does not look there (Windows), it is not found, and NumPy makes all products.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Lock
from typing import Any

import llvmlite.binding as llvm
from numba import types

from dlrun.kernels.numba_column.compiling import compiled

ROW_MAJOR, AS_IS, TRANSPOSED = 101, 111, 112  # CBLAS_ORDER, CBLAS_TRANSPOSE
SPELLINGS = ("scipy_cblas_{}64_", "cblas_{}64_")  # with 64-bit integers, as in NumPy's wheels
SPELLINGS_OF_THREADS = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_")
ROUTINES = ("sgemm", "dgemm", "sgemv", "dgemv", "sdot", "ddot")


def _symbol(library: Any, spellings: tuple[str, ...], routine: str) -> Any:
    """Return a routine of the library, or None if it has none under any of these names."""
    named = (spelling.format(routine) for spelling in spellings)
    return next((getattr(library, name) for name in named if hasattr(library, name)), None)


def _found() -> bool:
    """Tell the compiler where each routine is; say whether all of them are there."""
    for routine in ROUTINES:
        symbol = _symbol(LIBRARY, SPELLINGS, routine)
        if symbol is None:
            return False
        llvm.add_symbol(f"dlrun_{routine}", ctypes.cast(symbol, ctypes.c_void_p).value)
    return all(_symbol(LIBRARY, SPELLINGS_OF_THREADS, what) for what in ("get", "set"))


def _external(routine: str) -> Any:
    """Declare a routine of CBLAS: C = op(A) op(B), y = op(A) x, or xᵀ y."""
    real = types.float32 if routine[0] == "s" else types.float64
    flag, size, memory = types.int32, types.int64, types.voidptr
    if routine.endswith("dot"):
        return types.ExternalFunction(f"dlrun_{routine}", real(size, memory, size, memory, size))
    flags, sizes = ([flag] * 3, [size] * 3) if routine.endswith("mm") else ([flag] * 2, [size] * 2)
    arguments = [*flags, *sizes, real, memory, size, memory, size, real, memory, size]
    return types.ExternalFunction(f"dlrun_{routine}", types.void(*arguments))


def _library() -> Any:
    numpy = find_spec("numpy._core._multiarray_umath")
    return ctypes.CDLL(numpy.origin) if numpy and numpy.origin else None


LIBRARY = _library()
IS_FOUND = _found()
LOCK, RESTED = Lock(), list[int]()  # the number of threads before, and again for each block that is under way
sgemm, dgemm, sgemv, dgemv, sdot, ddot = map(_external, ROUTINES)


def threads() -> int:
    """Return how many threads OpenBLAS makes its products with."""
    return int(_symbol(LIBRARY, SPELLINGS_OF_THREADS, "get")())


def hold_at(threads: int) -> None:
    """Have OpenBLAS make its products with so many threads from now on, in the whole process."""
    _symbol(LIBRARY, SPELLINGS_OF_THREADS, "set")(threads)


@contextmanager
def resting() -> Iterator[int]:
    """Hold OpenBLAS at one thread; give how many it had. Of blocks that overlap, the first remembers them, the last restores."""
    with LOCK:
        if not RESTED:
            RESTED.append(threads())
        RESTED.append(RESTED[0])
        hold_at(1)
    try:
        yield RESTED[0]
    finally:
        with LOCK:
            RESTED.pop()
            if len(RESTED) == 1:
                hold_at(RESTED.pop())


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
        _gemm(itemsize, a, b, c, m, n, k, m if a_turned else k, k if b_turned else n, n, a_turned, b_turned)


@compiled
def rows_of_product(
    itemsize: int, a: int, b: int, c: int, m: int, n: int, k: int, a_turned: bool, b_turned: bool, first: int, last: int,
) -> None:  # fmt: skip
    """Write the rows from first to last of C = A B, neither of which is a vector."""
    row_of_a, row_of_b = m if a_turned else k, k if b_turned else n
    a, c = a + itemsize * first * (1 if a_turned else k), c + itemsize * first * n
    _gemm(itemsize, a, b, c, last - first, n, k, row_of_a, row_of_b, n, a_turned, b_turned)


@compiled
def columns_of_product(
    itemsize: int, a: int, b: int, c: int, m: int, n: int, k: int, a_turned: bool, b_turned: bool, first: int, last: int,
) -> None:  # fmt: skip
    """Write the columns from first to last of C = A B, neither of which is a vector."""
    row_of_a, row_of_b = m if a_turned else k, k if b_turned else n
    b, c = b + itemsize * first * (k if b_turned else 1), c + itemsize * first
    _gemm(itemsize, a, b, c, m, last - first, k, row_of_a, row_of_b, n, a_turned, b_turned)


@compiled
def _gemm(
    itemsize: int, a: int, b: int, c: int, m: int, n: int, k: int,
    row_of_a: int, row_of_b: int, row_of_c: int, a_turned: bool, b_turned: bool,
) -> None:  # fmt: skip
    """Write C = A B; how long a row is says how far the next one is in memory."""
    of_a, of_b = TRANSPOSED if a_turned else AS_IS, TRANSPOSED if b_turned else AS_IS
    if itemsize == 4:
        sgemm(ROW_MAJOR, of_a, of_b, m, n, k, 1.0, a, row_of_a, b, row_of_b, 0.0, c, row_of_c)
    else:
        dgemm(ROW_MAJOR, of_a, of_b, m, n, k, 1.0, a, row_of_a, b, row_of_b, 0.0, c, row_of_c)


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
