"""A leash: a process that was started by another one ends when that one does, however it does.

The head keeps the writing end of a pipe and never writes. Each worker waits at the reading end, and reads its end when the head
is gone: the kernel closes what a process held, also of one that was killed.
"""

import os
import signal
from collections.abc import Mapping, MutableMapping
from threading import Thread
from time import sleep

VARIABLE = "DLRUN_LEASH"  # the number of the reading end, in the environment of a worker
SECONDS_TO_SAVE = 1.5  # a worker that is told to stop has so long to save its state; then it is killed, which costs an interval


class Leash:
    """The head's end."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()

    def environment(self) -> Mapping[str, str]:
        """Return what a worker's environment must hold; it must also inherit `reading`."""
        return {VARIABLE: str(self.reading)}

    def close(self) -> None:
        """Let go: workers that are still there end."""
        os.close(self._writing)
        os.close(self.reading)


def follow_the_head(environment: MutableMapping[str, str]) -> None:
    """In a worker, end when the head does; of a process that is none, nothing happens."""
    told = environment.pop(VARIABLE, "")  # what a worker starts itself is on no leash
    if told.isdecimal():
        Thread(target=_wait_for_the_end, args=(int(told),), daemon=True).start()


def _wait_for_the_end(reading: int) -> None:
    try:
        while os.read(reading, 1):
            pass
    except OSError:  # it is not open here: nobody holds us
        return
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(SECONDS_TO_SAVE)
    os.kill(os.getpid(), signal.SIGKILL)
