"""A CSV file that somebody else is writing: its rows as they come."""

import os
from pathlib import Path

from dlrun.rundir.files import open_regular

MOST = 2**18  # bytes that are read at once: what is older than the last of them is passed over


class Follower:
    """Reads the rows that a growing file has gained since the last look; it is never waited for, and never an error."""

    def __init__(self, path: Path) -> None:
        self.path, self._from = path, 0
        self._columns: list[str] = []

    def new_rows(self) -> list[dict[str, str]]:
        """Return the whole rows since the last time, oldest first, by the names of their columns."""
        try:
            data = self._read()
        except OSError:  # it is not there yet, or no more
            return []
        *lines, _ = data.decode("utf-8", "replace").split("\n")  # what no line end follows is not whole yet
        rows = [line.split(",") for line in lines]
        return [dict(zip(self._columns, row, strict=True)) for row in rows if len(row) == len(self._columns)]

    def _read(self) -> bytes:
        fd = open_regular(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            size = os.fstat(fd).st_size
            if not self._columns:
                heading, end, _ = os.pread(fd, MOST, 0).partition(b"\n")
                if not end:
                    return b""
                self._columns, self._from = heading.decode("utf-8", "replace").split(","), len(heading) + 1
            self._from = max(min(self._from, size), size - MOST)  # a run that is resumed cuts its files back
            data = os.pread(fd, MOST, self._from)
            whole = data[: data.rfind(b"\n") + 1]
            self._from += len(whole)
            return whole
        finally:
            os.close(fd)
