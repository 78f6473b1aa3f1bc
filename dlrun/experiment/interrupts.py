"""Ctrl-C and SIGTERM: the first finishes the step, the second leaves at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType

from dlrun.errors import Interrupted


@dataclass
class Interrupts:
    """Which signal has come, if any."""

    number: int | None = None

    def check(self, where: Path) -> None:
        """Raise Interrupted if a signal has come; what was trained is saved in this directory."""
        if self.number is not None:
            raise Interrupted(self.number, f"what was trained until now is saved in {where}")


@contextmanager
def heeded() -> Iterator[Interrupts]:
    """Note the first SIGINT or SIGTERM instead of stopping at once; restore the old handlers at the end."""
    interrupts = Interrupts()
    if current_thread() is not main_thread():  # only the main thread may have handlers
        yield interrupts
        return

    def note(number: int, frame: FrameType | None) -> None:
        if interrupts.number is not None:
            raise Interrupted(number)
        interrupts.number = number

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
