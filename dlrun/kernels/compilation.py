"""Compiling kernels: whoever waits is told, and whoever measures does not count it.

Numba compiles a kernel when it is first called with arguments of some types, in the midst of the first step, and only itself
knows whether the disk has that already. So it is listened to, and nothing is asked beforehand.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import monotonic

from dlrun.kernels.table import Kernels


class Clock:
    """A monotonic clock, in seconds, that can stand still."""

    def __init__(self) -> None:
        self.stood_still = 0.0

    def __call__(self) -> float:
        """Return the time; only differences mean something."""
        return monotonic() - self.stood_still

    def standing_still(self, kernels: Kernels) -> AbstractContextManager[object]:
        """Let it stand still, within the block, while this thread compiles kernels, or loads what has been compiled before."""
        if kernels.name != "numba":
            return nullcontext()
        from dlrun.kernels.numba_column.listening import timed

        return timed(self._add)

    def _add(self, seconds: float) -> None:
        self.stood_still += seconds


def told_of_compiling(kernels: Kernels, tell: Callable[[], None]) -> AbstractContextManager[object]:
    """Call `tell` within the block before this thread compiles the first kernel that is not kept on disk; else never."""
    if kernels.name != "numba":
        return nullcontext()
    from dlrun.kernels.numba_column.listening import told_of_compiling

    return told_of_compiling(tell)
