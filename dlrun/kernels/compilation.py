"""Compiling kernels: whoever waits is told, and whoever measures does not count it.

Kernels are compiled, or loaded, when they are first needed, in the midst of the first step, and only those who do it know. So
they tell, and nothing is asked beforehand. Each thread hears of what it does itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from time import monotonic


class _Thread(local):
    """Who listens in this thread, and since when kernels are loaded; who loads them may begin again meanwhile."""

    def __init__(self) -> None:
        self.clocks: list[Clock] = []
        self.tellers: list[Callable[[], None]] = []
        self.loading, self.began = 0, 0.0


class Clock:
    """A monotonic clock, in seconds, that can stand still."""

    def __init__(self) -> None:
        self.stood_still = 0.0

    def __call__(self) -> float:
        """Return the time; only differences mean something."""
        return monotonic() - self.stood_still

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Let it stand still, within the block, while this thread compiles kernels, or loads what has been compiled before."""
        HERE.clocks.append(self)
        try:
            yield
        finally:
            HERE.clocks.remove(self)


HERE = _Thread()


@contextmanager
def told_of_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` within the block before this thread compiles the first kernel that is not kept on disk; else never."""
    HERE.tellers.append(tell)
    try:
        yield
    finally:
        if tell in HERE.tellers:
            HERE.tellers.remove(tell)


@contextmanager
def loading() -> Iterator[None]:
    """Tell that this thread compiles or loads kernels within the block: clocks stand still."""
    loading_begins()
    try:
        yield
    finally:
        loading_ends()


def loading_begins() -> None:
    """Tell that this thread begins to load kernels, or to compile them."""
    if not HERE.loading:
        HERE.began = monotonic()
    HERE.loading += 1


def loading_ends() -> None:
    """Tell that it has ended; of what was begun before anybody listened, too."""
    HERE.loading = max(HERE.loading - 1, 0)
    if not HERE.loading:
        for clock in HERE.clocks:
            clock.stood_still += monotonic() - HERE.began


def compiling_begins() -> None:
    """Tell that this thread begins to compile a kernel: those who wait hear of it, each once."""
    while HERE.tellers:
        HERE.tellers.pop(0)()
