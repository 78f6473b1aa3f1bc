"""Files that grow by whole rows, and can be cut back to what they held at some moment."""

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from dlrun.errors import DlrunError, Problem
from dlrun.rundir import disk
from dlrun.rundir.files import encoded, explained, open_regular, write_all

BLOCK = 2**20  # bytes that are read at once


class Prefix(NamedTuple):
    """How a growing file began at some moment: so many bytes, with this SHA-256."""

    size: int
    sha256: str


def begins_with(path: Path, prefix: Prefix) -> bool:
    """Return whether a file still begins as it did; a file that is missing does if it had no bytes.

    Errors: DlrunError if it cannot be read.
    """
    with explained("read", path):
        try:
            fd = open_regular(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return prefix.size == 0
        try:
            return 0 <= prefix.size <= os.fstat(fd).st_size and _digest(fd, prefix.size).hexdigest() == prefix.sha256
        finally:
            os.close(fd)


def cut_back(path: Path, size: int) -> None:
    """Cut a file off after so many bytes, and see that this is on the disk; with none, it is removed."""
    with explained("cut back", path):
        if size == 0:
            with suppress(FileNotFoundError):
                disk.remove(path)
            return
        fd = open_regular(path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_size != size:
                disk.truncate(fd, size)
                disk.flush(fd)
        finally:
            os.close(fd)


def _digest(fd: int, size: int) -> "hashlib._Hash":
    """Return the running SHA-256 of the first `size` bytes of a file."""
    digest, done = hashlib.sha256(), 0
    while block := os.pread(fd, min(size - done, BLOCK), done):
        digest.update(block)
        done += len(block)
    return digest


class AppendFile:
    """A CSV file that grows by whole rows: each row, or block of rows, is one write.

    A file that exists is continued if its header is the same; a symbolic link is refused, since it may lead anywhere. A write
    that fails half-way is cut back: the file ends with a whole row, unless the machine dies within that one call.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        with explained("open", path):
            self._fd = open_regular(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW)
        try:
            self._begin(csv_bytes([columns]))
        except BaseException:
            self.close()
            raise

    def _begin(self, header: bytes) -> None:
        with explained("read", self.path):
            self.size = os.fstat(self._fd).st_size  # bytes, all of them whole rows
            found = os.pread(self._fd, len(header), 0)
            self._digest = _digest(self._fd, self.size)
        if not found:
            self._write(header)
            with explained("create", self.path):
                disk.flush_directory(self.path.parent)  # a checkpoint will count on its name, too
        elif found != header:
            raise DlrunError(Problem(what=f"the columns are not {header.decode().strip()}", where=str(self.path)))

    def append(self, *rows: Sequence[object]) -> None:
        """Add rows; floats are written so that reading them gives the same bits, None as an empty cell."""
        self._write(csv_bytes(rows))

    def append_lines(self, lines: str) -> None:
        """Add rows that are lines of CSV already, each with its end."""
        self._write(encoded(lines))

    def _write(self, data: bytes) -> None:
        with explained("append to", self.path):
            try:
                write_all(self._fd, data)
            except BaseException:
                with suppress(OSError):
                    disk.truncate(self._fd, self.size)
                raise
        self.size += len(data)
        self._digest.update(data)

    @property
    def prefix(self) -> Prefix:
        """How the file begins so far."""
        return Prefix(self.size, self._digest.hexdigest())

    def flush(self) -> None:
        """Make what is written so far durable."""
        with explained("flush", self.path):
            disk.flush(self._fd)

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV; floats are written so that reading them gives the same bits, None as an empty cell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return encoded(text.getvalue())
