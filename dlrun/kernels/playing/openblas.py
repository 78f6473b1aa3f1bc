"""The OpenBLAS of NumPy: where its routines are, so that compiled code can call them, and how many threads it uses.

It is looked for among the libraries that NumPy itself is linked to, since others may have brought a second one. Where NumPy has
none (but Accelerate, or MKL), or the system does not look there (Windows), it is not found, and NumPy makes all products.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Lock
from typing import Any

SPELLINGS = ("scipy_cblas_{}64_", "cblas_{}64_")  # with 64-bit integers, as in NumPy's wheels
SPELLINGS_OF_THREADS = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_")
ROUTINES = ("sgemm", "dgemm", "sgemv", "dgemv", "sdot", "ddot")


def symbol(routine: str) -> str:
    """Return the name that compiled code calls a routine by."""
    return f"dlrun_{routine}"


def _symbol(library: Any, spellings: tuple[str, ...], routine: str) -> Any:
    """Return a routine of the library, or None if it has none under any of these names."""
    named = (spelling.format(routine) for spelling in spellings)
    return next((getattr(library, name) for name in named if hasattr(library, name)), None)


def _library() -> Any:
    numpy = find_spec("numpy._core._multiarray_umath")
    return ctypes.CDLL(numpy.origin) if numpy and numpy.origin else None


def _addresses() -> dict[str, int]:
    """Return where each routine is, or nothing if one is missing, or the number of threads cannot be held."""
    symbols = {routine: _symbol(LIBRARY, SPELLINGS, routine) for routine in ROUTINES}
    threads = [_symbol(LIBRARY, SPELLINGS_OF_THREADS, what) for what in ("get", "set")]
    if not all([*symbols.values(), *threads]):
        return {}
    return {routine: ctypes.cast(symbol, ctypes.c_void_p).value or 0 for routine, symbol in symbols.items()}


LIBRARY = _library()
ADDRESSES = _addresses()  # of each routine, by its name in CBLAS; empty if they are not to be had
LOCK, RESTED = Lock(), list[int]()  # the number of threads before, and again for each block that is under way


def threads() -> int:
    """Return how many threads OpenBLAS makes its products with."""
    return int(_symbol(LIBRARY, SPELLINGS_OF_THREADS, "get")())


def hold_at(threads: int) -> None:
    """Have OpenBLAS make its products with so many threads from now on, in the whole process."""
    _symbol(LIBRARY, SPELLINGS_OF_THREADS, "set")(threads)


@contextmanager
def resting() -> Iterator[int]:
    """Hold OpenBLAS at one thread; give how many it had. Of blocks that overlap, the first remembers them, the last restores."""
    with LOCK:
        if not RESTED:
            RESTED.append(threads())
        RESTED.append(RESTED[0])
        hold_at(1)
    try:
        yield RESTED[0]
    finally:
        with LOCK:
            RESTED.pop()
            if len(RESTED) == 1:
                hold_at(RESTED.pop())
