"""Elementwise kernels: one table of functions, one column for each way to compute them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec

import numpy.typing as npt

from dlrun.arrays import Array, IntArray
from dlrun.kernels.compilation import Clock, told_of_compiling
from dlrun.kernels.numpy_column import NUMPY
from dlrun.kernels.table import Kernels, LossScratch, Measured, Passed, Tape

__all__ = [
    "NUMPY", "Clock", "Kernels", "LossScratch", "Measured", "Passed", "Tape", "at_work", "column", "numba_is_installed", "record",
    "told_of_compiling",
]  # fmt: skip


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


def record(kernels: Kernels, x: Array, y: Array | IntArray, run: Callable[[], Passed]) -> tuple[Passed, Tape | None]:
    """Run a pass over the mini-batch x, y; return what it returns, and its tape, or None if there can be none.

    While it runs, the functions of these very `kernels` note their calls.
    """
    if kernels.name != "numba":
        return run(), None
    from dlrun.kernels.numba_column import tape

    return tape.record(kernels, x, y, run)


def at_work(kernels: Kernels, dtype: npt.DTypeLike) -> AbstractContextManager[None]:
    """While it lasts, these very `kernels` are computed by as many threads as the BLAS library is held at, if they can be."""
    if kernels.name != "numba":
        return nullcontext()
    from dlrun.kernels.numba_column import team

    return team.at_work(kernels, dtype)
