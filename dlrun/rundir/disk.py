"""Every call that changes a run's files, one function each; nothing else in these rooms makes one.

Tests put their faults here: they count the calls, refuse one, end the process at one, or keep a log of what reached the disk.
"""

import os
import shutil
from pathlib import Path


def open_file(path: Path, flags: int) -> int:
    """Open a file, which makes it where flags say O_CREAT, and return its descriptor."""
    return os.open(path, flags | os.O_CLOEXEC, 0o666)


def write(fd: int, data: memoryview) -> int:
    """Write some of the bytes, and return how many."""
    return os.write(fd, data)


def truncate(fd: int, size: int) -> None:
    """Cut a file off after so many bytes."""
    os.ftruncate(fd, size)


def flush(fd: int) -> None:
    """Wait until the bytes of a file are on the disk."""
    os.fsync(fd)


def flush_directory(directory: Path) -> None:
    """Wait until the names in a directory are on the disk: without it a power loss may undo a rename or a mkdir."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def rename(old: Path, new: Path) -> None:
    """Give a file another name; a file that has it is replaced in the same step."""
    os.rename(old, new)  # noqa: PTH104  # one name for one call


def remove(path: Path) -> None:
    """Remove a name."""
    os.unlink(path)  # noqa: PTH108


def make_directory(path: Path) -> None:
    """Make a directory; FileExistsError if there is anything of that name."""
    os.mkdir(path)  # noqa: PTH102


def make_directories(path: Path) -> None:
    """Make a directory and those above it, as far as they are missing."""
    path.mkdir(parents=True, exist_ok=True)


def link(target: str, path: Path) -> None:
    """Make a symbolic link."""
    os.symlink(target, path)  # noqa: PTH211


def remove_tree(directory: Path) -> None:
    """Remove a directory with all that is in it; links are removed, not followed."""
    shutil.rmtree(directory)
