import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import ALIGNMENT, aligned_length, aligned_zeros, all_finite
from tests.strategies import quick

dtypes = st.sampled_from([np.float32, np.float64])
shapes = st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple)


@quick
@given(shape=shapes, dtype=dtypes)
def test_zeros_start_on_a_cache_line(shape: tuple[int, ...], dtype: Any) -> None:
    zeros = aligned_zeros(shape, dtype)
    assert zeros.shape == shape
    assert zeros.dtype == dtype
    assert zeros.ctypes.data % ALIGNMENT == 0 or not zeros.size  # of nothing NumPy reports no address
    assert zeros.flags.c_contiguous
    assert zeros.flags.writeable
    assert not zeros.any()


@pytest.mark.parametrize("n", [1, 3, 100, 100_000])  # small and large blocks come from different allocators
def test_arrays_do_not_overlap(n: int) -> None:
    arrays = [aligned_zeros((n,), np.float32) for _ in range(8)]
    for value, array in enumerate(arrays):
        array[...] = value
    assert [set(array.tolist()) for array in arrays] == [{float(value)} for value in range(8)]


@quick
@given(length=st.integers(0, 10_000), dtype=dtypes)
def test_length_is_rounded_up_to_the_next_cache_line(length: int, dtype: Any) -> None:
    per_line = ALIGNMENT // np.dtype(dtype).itemsize
    assert aligned_length(length, dtype) == math.ceil(length / per_line) * per_line


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore:overflow")  # a run ignores them all, and looks for itself
def test_all_finite(dtype: str) -> None:
    values = np.linspace(-1, 1, 60, dtype=dtype).reshape(12, 5)
    assert all_finite(values)
    for poison in (np.nan, np.inf, -np.inf):
        for place in ((0, 0), (5, 3), (11, 4)):
            before, values[place] = values[place], poison
            assert not all_finite(values)
            values[place] = before
    values[3] = np.finfo(dtype).max  # whose square is no number
    assert all_finite(values)
    assert all_finite(np.zeros((0, 3), dtype))
