"""What provenance.json tells of where numbers come from, in a process that has loaded other things too."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from dlrun.experiment.provenance import blas, numpys_own

NUMPY = Path(np.__file__).parent
OTHERS = [{"filepath": str(NUMPY.parent / place)} for place in ("scipy.libs/libopenblas.so", "numpy_like.libs/libopenblas.so")]


@pytest.mark.parametrize("place", ["numpy.libs/libopenblas64_.so", "numpy/.dylibs/libopenblas64_.dylib", "numpy/blas.dll"])
def test_numpys_blas_is_known_in_whatever_order_libraries_were_loaded(place: str) -> None:
    own = {"filepath": str(NUMPY.parent / place)}
    for loaded in permutations([own, *OTHERS]):
        assert numpys_own(loaded) == own


def test_a_shared_blas_is_numpys_too_and_none_is_none() -> None:
    shared = {"filepath": "/usr/lib/libblas.so"}
    assert numpys_own([shared]) == shared
    assert numpys_own([]) == {}


def test_the_blas_of_a_process_that_loaded_scipy_is_the_one_of_a_process_that_did_not() -> None:
    before = blas()
    pytest.importorskip("scipy.linalg")
    assert blas() == before
