"""Elementwise kernels: one table of functions, one column for each way to compute them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib.util import find_spec

import numpy.typing as npt

from dlrun.arrays import Array, IntArray
from dlrun.kernels.compilation import Clock, told_of_compiling
from dlrun.kernels.numpy_column import NUMPY
from dlrun.kernels.table import Kernels, LossScratch, Measured, Passed, Tape

__all__ = [
    "NUMPY", "PLAYED", "Clock", "Kernels", "LossScratch", "Measured", "Passed", "Tape", "at_work", "column", "leave_to_layers",
    "numba_is_installed", "record", "require_numba", "told_of_compiling",
]  # fmt: skip

# NumPy's kernels, until a training begins: then what a tape can hold is played in machine code, and the rest left to Numba's
PLAYED = replace(NUMPY, name="numba", plays=True)


def numba_is_installed() -> bool:
    """Say whether the Numba column can be had; nothing is imported."""
    return find_spec("numba") is not None


def column(name: str) -> Kernels:
    """Return the column of this name; of Numba's, nothing is imported before it is needed."""
    return NUMPY if name == "numpy" else PLAYED


def require_numba(dtype: npt.DTypeLike, *, layers: bool) -> None:
    """Have whatever a training on numbers of this type needs of Numba: nothing, if its machine code is kept, but for its layers.

    Errors: ImportError if Numba is needed and not installed, or does not go with this NumPy.
    """
    from dlrun.kernels.playing.entrance import is_kept, is_possible

    if layers or not (is_possible(dtype) and is_kept(dtype)):
        import dlrun.kernels.numba_column  # noqa: F401


def record(kernels: Kernels, x: Array, y: Array | IntArray, run: Callable[[], Passed]) -> tuple[Passed, Tape | None]:
    """Run a pass over the mini-batch x, y; return what it returns, and its tape, or None if there can be none.

    While it runs, the functions of these very `kernels` note their calls; they must be at work.
    """
    from dlrun.kernels.playing.tape import record

    return record(kernels, x, y, run)


def at_work(kernels: Kernels, dtype: npt.DTypeLike) -> AbstractContextManager[None]:
    """While it lasts, these very `kernels` are computed in machine code, if they can be.

    By as many threads as the BLAS library is held at.
    """
    if not kernels.plays:
        return nullcontext()
    from dlrun.kernels.playing.entrance import is_possible

    if not is_possible(dtype):
        leave_to_layers(kernels)
        return nullcontext()
    from dlrun.kernels.playing.work import at_work

    return at_work(kernels, dtype)


def leave_to_layers(kernels: Kernels) -> None:
    """Have these very `kernels` computed one by one from now on, each compiled by Numba; what a team does, it goes on doing."""
    from dlrun.kernels.numba_column import NUMBA

    theirs = kernels.team.kernels().keys() if kernels.team else set()
    vars(kernels).update({name: value for name, value in vars(NUMBA).items() if callable(value) and name not in theirs})
    kernels.plays = False
