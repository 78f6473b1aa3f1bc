"""A disk that fails when it is told to: every call that changes files goes through `dlrun.rundir.disk`."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dlrun.rundir import disk

CALLS = (
    "open_file", "write", "truncate", "flush", "flush_directory", "rename", "remove", "make_directory", "make_directories",
    "link", "remove_tree",
)  # fmt: skip
Fault = Callable[[str, tuple[Any, ...]], None]  # what happens instead of a call, or before it


def changes_files(name: str, arguments: tuple[Any, ...]) -> bool:
    """Say whether a call can change what is on disk: opening a file that is there, to read it, cannot."""
    return name != "open_file" or bool(arguments[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR))


@contextmanager
def watched(before: Callable[[str, tuple[Any, ...]], None]) -> Iterator[None]:
    """Do something before each changing call."""
    originals = {name: getattr(disk, name) for name in CALLS}

    def watching(name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if changes_files(name, arguments):
                before(name, arguments)
            return originals[name](*arguments)

        return call

    for name in CALLS:
        setattr(disk, name, watching(name))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(disk, name, original)


class Counter:
    """Counts the calls, and does something at some of them."""

    def __init__(self, at: int = -1, fault: Fault | None = None, *, lasting: bool = False) -> None:
        self.calls: list[str] = []
        self.at, self.fault, self.lasting = at, fault, lasting

    def __call__(self, name: str, arguments: tuple[Any, ...]) -> None:
        number = len(self.calls)
        self.calls.append(f"{name} {arguments[1].name}" if name == "rename" else name)
        if self.fault and (number == self.at or (self.lasting and number > self.at >= 0)):
            self.fault(name, arguments)


def kill(name: str, arguments: tuple[Any, ...]) -> None:
    """End the process before the call."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_half_way(name: str, arguments: tuple[Any, ...]) -> None:
    """End the process when half of the bytes are written."""
    if name == "write":
        fd, data = arguments
        os.write(fd, data[: len(data) // 2])
    kill(name, arguments)


def refuse(error: int) -> Fault:
    """Let the call fail with this error number; a write takes half of the bytes first, as a disk does that fills up."""

    def fail(name: str, arguments: tuple[Any, ...]) -> None:
        if name == "write":
            fd, data = arguments
            os.write(fd, data[: len(data) // 2])
        raise OSError(error, os.strerror(error))

    return fail
