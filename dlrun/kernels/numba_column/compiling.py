"""How kernels are compiled: once for each kind of arguments, and then kept on disk.

Nothing is rearranged and no product fused with a sum: NaN and ±∞ stay what they are, and what a network makes of its inputs is
what the NumPy column makes of them, bit for bit. Python's global lock is let go meanwhile.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

from dlrun.kernels.numba_column.loading import load
from dlrun.kernels.sources import SOURCES

load()
F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return a function as machine code, made when it is first called, and kept under a name that says of which sources.

    Numba asks whether a function's own file has changed, but not those it takes other functions, numbers or options from.
    """
    function.__qualname__ += f"_{SOURCES}"
    try:
        return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # no directory to keep it in, neither beside the file nor in the user's cache
        return cast(F, njit(nogil=True, error_model="numpy")(function))
