"""Matrix products in compiled code: NumPy's own OpenBLAS, a whole product called as NumPy calls it, so with the same bits."""

from typing import Any

import llvmlite.binding as llvm
from numba import types

from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.playing import openblas

ROW_MAJOR, AS_IS, TRANSPOSED = 101, 111, 112  # CBLAS_ORDER, CBLAS_TRANSPOSE


def _external(routine: str) -> Any:
    """Declare a routine of CBLAS: C = op(A) op(B), y = op(A) x, or xᵀ y."""
    real = types.float32 if routine[0] == "s" else types.float64
    flag, size, memory = types.int32, types.int64, types.voidptr
    if routine.endswith("dot"):
        return types.ExternalFunction(openblas.symbol(routine), real(size, memory, size, memory, size))
    flags, sizes = ([flag] * 3, [size] * 3) if routine.endswith("mm") else ([flag] * 2, [size] * 2)
    arguments = [*flags, *sizes, real, memory, size, memory, size, real, memory, size]
    return types.ExternalFunction(openblas.symbol(routine), types.void(*arguments))


for _routine, _address in openblas.ADDRESSES.items():
    llvm.add_symbol(openblas.symbol(_routine), _address)
sgemm, dgemm, sgemv, dgemv, sdot, ddot = map(_external, openblas.ROUTINES)


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
