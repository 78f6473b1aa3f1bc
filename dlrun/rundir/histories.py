"""Columns of a run's growing CSV files, read so that a row half written, or a file from others, does no harm."""

from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path

from dlrun.errors import DlrunError
from dlrun.rundir.files import read_bytes

LARGEST = 64 * 2**20  # bytes: 100,000 steps take 6 MB


def read_columns(path: Path, names: Sequence[str]) -> Iterator[list[str]]:
    """Yield these cells of every whole row; nothing if the file is not there, cannot be read, or lacks a column."""
    try:
        data = read_bytes(path, LARGEST)
    except DlrunError:
        return
    heading, *lines = data.decode("utf-8", "replace").split("\n")[:-1] or [""]  # what no line end follows is not whole yet
    found = heading.split(",")
    if not set(names) <= set(found):
        return
    places = [found.index(name) for name in names]
    for cells in (line.split(",") for line in lines):
        if len(cells) == len(found):
            yield [cells[place] for place in places]


def finite(cell: str) -> float | None:
    """Return the number in a cell, None if there is no finite one."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) else None
