"""Random inputs for properties."""

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

quick = settings(max_examples=50, deadline=None)  # the first example of a test pays for imports and caches

seeds = st.integers(0, 2**32 - 1)


def matrices(
    rows: st.SearchStrategy[int], columns: st.SearchStrategy[int], *, limit: float = 20.0
) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    """Draw float64 matrices with entries within ±limit."""
    return st.tuples(rows, columns).flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=_within(limit)))


def vectors(n: int, *, limit: float = 20.0) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    """Draw float64 vectors of n entries within ±limit."""
    return hnp.arrays(np.float64, n, elements=_within(limit))


def _within(limit: float) -> st.SearchStrategy[Any]:
    return st.floats(-limit, limit, allow_subnormal=False)
