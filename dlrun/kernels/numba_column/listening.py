"""Listening to Numba's compiler. Its events are those of the whole process: what other threads compile is not ours."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import get_ident
from time import monotonic
from typing import Any

from numba.core.event import Listener, install_listener

COMPILE = "numba:compile"  # what has to be compiled, and cannot be loaded
LOCK = "numba:compiler_lock"  # held while something is compiled, or loaded


def timed(add: Callable[[float], None]) -> AbstractContextManager[object]:
    """Call `add` with the seconds, whenever this thread has compiled or loaded something."""
    return install_listener(LOCK, _Timing(add))


def told_of_compiling(tell: Callable[[], None]) -> AbstractContextManager[object]:
    """Call `tell` when this thread begins to compile, once."""
    return install_listener(COMPILE, _Telling(tell))


class _Timing(Listener):
    """Times how long the lock is held, or waited for; whoever holds it may take it again."""

    def __init__(self, add: Callable[[float], None]) -> None:
        self.add, self.thread = add, get_ident()
        self.held, self.began = 0, 0.0

    def on_start(self, event: Any) -> None:
        if get_ident() == self.thread:
            if not self.held:
                self.began = monotonic()
            self.held += 1

    def on_end(self, event: Any) -> None:
        if get_ident() == self.thread and self.held:
            self.held -= 1
            if not self.held:
                self.add(monotonic() - self.began)


class _Telling(Listener):
    def __init__(self, tell: Callable[[], None]) -> None:
        self.tell, self.thread, self.told = tell, get_ident(), False

    def on_start(self, event: Any) -> None:
        if get_ident() == self.thread and not self.told:
            self.told = True
            self.tell()

    def on_end(self, event: Any) -> None:
        pass
