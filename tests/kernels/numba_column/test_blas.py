"""Products from compiled code are NumPy's own, bit for bit: in every shape, and whichever way the factors lie in memory."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from dlrun.kernels.numba_column import blas
from dlrun.kernels.playing import openblas
from tests.laws import each_dtype

SIZES = (1, 2, 3, 10, 33, 64)
DEPTHS = (*SIZES, 784)


@pytest.mark.skipif(not openblas.ADDRESSES, reason="NumPy has another BLAS")
@each_dtype
@pytest.mark.parametrize(("a_turned", "b_turned"), [(False, False), (True, False), (False, True)])
def test_a_product_is_numpys_to_the_last_bit(a_turned: bool, b_turned: bool, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    for m, n, k in product(SIZES, SIZES, DEPTHS):
        if m == n == 1:
            continue  # NumPy's dot, which a tape leaves to it
        a, b = (
            rng.standard_normal(shape).astype(dtype) for shape in ((k, m) if a_turned else (m, k), (n, k) if b_turned else (k, n))
        )
        c = np.full((m, n), np.nan, dtype)
        blas.product(c.itemsize, a.ctypes.data, b.ctypes.data, c.ctypes.data, m, n, k, a_turned, b_turned)
        expected = np.dot(a.T if a_turned else a, b.T if b_turned else b)
        np.testing.assert_array_equal(c, expected, err_msg=f"{m} {n} {k}")
