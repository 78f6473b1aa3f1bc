from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.kernels import Kernels, LossScratch, column
from tests.laws import DTYPES
from tests.strategies import quick


@pytest.mark.parametrize("name", ["numpy", "numba"])
def test_every_cell_of_a_column_is_filled_with_the_function_of_that_name(name: str) -> None:
    assert column(name).name == name
    for cell in fields(Kernels)[1:]:
        assert getattr(column(name), cell.name).__name__ == cell.name


@quick
@given(max_batch=st.integers(1, 20), n_outputs=st.integers(1, 9))
def test_scratch_knows_where_each_row_starts(max_batch: int, n_outputs: int) -> None:
    scratch = LossScratch.for_batches(max_batch, n_outputs, np.float64)
    flat = np.arange(max_batch * n_outputs)
    np.testing.assert_array_equal(flat[scratch.first], flat.reshape(max_batch, n_outputs)[:, 0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_scratch_has_one_number_an_example(dtype: Any) -> None:
    scratch = LossScratch.for_batches(5, 3, dtype)
    vectors = [scratch.rows, scratch.picked, scratch.smoothed, scratch.weights]
    assert all(vector.shape == scratch.index.shape == (5,) for vector in vectors)
    assert all(vector.dtype == dtype for vector in vectors)
    assert len({vector.ctypes.data for vector in vectors}) == len(vectors)
