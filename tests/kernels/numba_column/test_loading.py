"""SciPy's linear algebra is not loaded for our kernels, and is there for whoever else needs it of Numba."""

import subprocess
import sys
from importlib import import_module

import pytest

from dlrun.kernels.numba_column.loading import load

KERNEL = """
import sys
import numpy as np
from dlrun.kernels import column
z = np.ones((3, 2))
column("numba").add_bias(z, np.ones(2))
assert (z == 2).all()
"""
NOBODY_ELSE = KERNEL + "assert 'scipy.linalg' not in sys.modules"
SOMEBODY = """
from numba import njit
from numba.np import arraymath, linalg
assert arraymath.ensure_blas is linalg.ensure_blas
dot = njit(lambda a, b: np.dot(a, b))
assert dot(np.ones(3), np.ones(3)) == 3
assert 'scipy.linalg' in sys.modules
"""
WITHOUT_SCIPY = f"""
import sys
sys.modules["scipy"] = None
{KERNEL}
from numba.np import arraymath
assert not arraymath._HAVE_BLAS
"""


@pytest.mark.parametrize(
    "program", [NOBODY_ELSE, KERNEL + SOMEBODY, WITHOUT_SCIPY], ids=["nobody else", "somebody", "without SciPy"]
)
def test_it_is_loaded_when_it_is_needed(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_numba_that_asks_in_another_way_is_left_to_do_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(import_module("numba.np.linalg"), "ensure_blas")
    monkeypatch.delitem(sys.modules, "numba.np.arraymath")
    load()
    assert "numba.np.arraymath" not in sys.modules
