"""How Numba is loaded: without SciPy's linear algebra, which nothing here needs.

Before it compiles or loads anything, Numba asks whether there is a BLAS, and imports SciPy's where SciPy is installed: a tenth of
a second. It is told so without the import; the functions that need it, in whoever else's code, import it when they are compiled.
"""

import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def load() -> None:
    """Import the module of Numba that asks, if nobody has; one that asks in another way is left to do so."""
    if "numba.np.arraymath" in sys.modules:
        return
    linalg: Any = import_module("numba.np.linalg")
    with suppress(AttributeError):
        asking = linalg.ensure_blas
        linalg.ensure_blas = _require_scipy
        try:
            arraymath: Any = import_module("numba.np.arraymath")
            arraymath.ensure_blas = asking
        finally:
            linalg.ensure_blas = asking


def _require_scipy() -> None:
    """Raise ImportError if SciPy is not installed."""
    if find_spec("scipy") is None:
        raise ImportError("no SciPy")
