"""Ctrl-C and SIGTERM: the first finishes the step, the second leaves at once; neither breaks into a save."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from dlrun.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Which signal has come, if any, and whether a second one may break in now."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._shielded = 0
        self._leaving = False

    def note(self, number: int, frame: FrameType | None = None) -> None:
        """Remember a first signal; raise Interrupted at a second one, wherever the program is, unless it is shielded.

        Whatever comes after that changes nothing: the end is being put on record.
        """
        if self._leaving:
            return
        if self.number is not None and not self._shielded:
            self._leaving = True
            raise Interrupted(number)
        self.number = number

    def check(self, cure: str) -> None:
        """Raise Interrupted if a signal has come; cure says what has become of the work, and how it goes on."""
        if self.number is not None:
            self._leaving = True
            raise Interrupted(self.number, cure)

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let nothing break in until the block is left: a file is being written."""
        self._shielded += 1
        try:
            yield
        finally:
            self._shielded -= 1


@contextmanager
def undisguised() -> Iterator[None]:
    """Raise Interrupted where a library, in whose midst the signal broke in, has made an error of its own out of it."""
    try:
        yield
    except Interrupted:  # as it is, with all that was noted on it
        raise
    except Exception as error:
        cause = error.__cause__
        while cause is not None and not isinstance(cause, Interrupted):
            cause = cause.__cause__
        if cause is None:
            raise
        raise Interrupted(cause.number) from error


@contextmanager
def heeded() -> Iterator[Interrupts]:
    """Handle SIGINT and SIGTERM inside the block, and restore the old handlers at its end."""
    interrupts = Interrupts()
    if current_thread() is not main_thread():  # only the main thread may have handlers
        yield interrupts
        return
    ours = [number for number in SIGNALS if signal.getsignal(number) is not None]  # None: not Python's, it could not be restored
    before = {number: signal.signal(number, interrupts.note) for number in ours}
    try:
        with undisguised():
            yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
