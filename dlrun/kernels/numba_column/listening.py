"""Listening to Numba's compiler, and telling what it does. Its events come in the thread that caused them."""

from typing import Any

from numba.core.event import Listener, register

from dlrun.kernels.compilation import compiling_begins, loading_begins, loading_ends

COMPILE = "numba:compile"  # what has to be compiled, and cannot be loaded
LOCK = "numba:compiler_lock"  # held while something is compiled, or loaded


class _Loading(Listener):
    def on_start(self, event: Any) -> None:
        loading_begins()

    def on_end(self, event: Any) -> None:
        loading_ends()


class _Compiling(Listener):
    def on_start(self, event: Any) -> None:
        compiling_begins()

    def on_end(self, event: Any) -> None:
        pass


def listen() -> None:
    """Tell of everything that is loaded or compiled from now on."""
    register(LOCK, _Loading())  # type: ignore[no-untyped-call]
    register(COMPILE, _Compiling())  # type: ignore[no-untyped-call]
