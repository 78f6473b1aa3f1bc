"""Elementwise kernels: one table of functions, one column for each way to compute them."""

from importlib.util import find_spec

from dlrun.kernels.numpy_column import NUMPY
from dlrun.kernels.table import Kernels, LossScratch, Measured

__all__ = ["NUMPY", "Kernels", "LossScratch", "Measured", "column", "numba_is_installed"]


def numba_is_installed() -> bool:
    """Say whether the Numba column can be had; nothing is imported."""
    return find_spec("numba") is not None


def column(name: str) -> Kernels:
    """Return the column of this name; Numba's is imported now, and each of its kernels compiled when it is first called.

    Errors: ImportError if Numba is not installed, or does not go with this NumPy.
    """
    if name == "numpy":
        return NUMPY
    from dlrun.kernels.numba_column import NUMBA

    return NUMBA
