"""Run files, whole: replaced at once, and read as far as they may be read.

An OSError leaves here as a DlrunError that says what could not be done, to which file, and why.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal

from dlrun.errors import DlrunError, Problem
from dlrun.rundir import disk

LARGEST_JSON = 16 * 2**20  # bytes; a run directory may come from others

Bytes = bytes | memoryview
Flushed = Literal["bytes and name", "bytes", "nothing"]
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")

CURES = {
    errno.ENOSPC: "free some space on this disk, or write elsewhere with --runs-dir",
    errno.EDQUOT: "the quota is used up: delete something, or write elsewhere with --runs-dir",
    errno.EFBIG: "the limit on file sizes is too small (ulimit -f)",
    errno.EROFS: "this disk can only be read: train elsewhere with --runs-dir, or go on with a copy of the run",
    errno.EACCES: "change its permissions, or use another directory with --runs-dir",
    errno.EPERM: "change its permissions, or use another directory with --runs-dir",
}


@contextmanager
def explained(action: str, path: Path) -> Iterator[None]:
    """Turn an OSError into a DlrunError: `<path>: cannot <action>: no space left on device`, with a cure where one is known."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        cure = CURES.get(error.errno or 0, "")
        raise DlrunError(Problem(what=f"cannot {action}: {reason}", where=str(path), cure=cure)) from error


def open_regular(path: Path, flags: int) -> int:
    """Open a regular file and return its descriptor; refuse what a hostile directory holds instead: a FIFO, a device, a folder.

    Errors: OSError; whoever calls says what it was for.
    """
    fd = disk.open_file(path, flags | os.O_NONBLOCK)  # without O_NONBLOCK a FIFO would wait for its other end
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file")
    return fd


def write_all(fd: int, data: Bytes) -> None:
    """Write every byte: one system call, unless the kernel takes less, as it does when the disk is nearly full."""
    view = memoryview(data)
    while view:
        view = view[disk.write(fd, view) :]


def encoded(text: str) -> bytes:
    """Return UTF-8; a file name or argument that is none holds lone surrogates, written as JSON escapes them."""
    return text.encode("utf-8", "backslashreplace")


def write_atomically(path: Path, data: bytes | str) -> None:
    """Replace a file so that any crash leaves the old one or the new one, whole."""
    with replacing(path) as write:
        write(encoded(data) if isinstance(data, str) else data)


@contextmanager
def replacing(path: Path, *, flushed: Flushed = "bytes and name") -> Iterator[Callable[[Bytes], None]]:
    """Yield what writes the next bytes of a file that replaces the old one when the block ends; if it fails, the old one stays.

    The bytes go to a temporary file in the same directory and reach the disk (fsync) before the name does (rename); the name
    reaches it when the directory is flushed: here, or once for several files by whoever calls. With `nothing` flushed, a power
    loss may leave anything under the name.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with explained("write", path):
        try:
            fd = disk.open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            try:
                yield partial(write_all, fd)
                if flushed != "nothing":
                    disk.flush(fd)
            finally:
                os.close(fd)
            disk.rename(temporary, path)
        except BaseException:  # Ctrl-C too
            with suppress(OSError):
                disk.remove(temporary)
            raise
        if flushed == "bytes and name":
            disk.flush_directory(path.parent)


def sweep(*directories: Path) -> None:
    """Remove the temporary files that a process which was killed has left; whoever calls is the only writer."""
    for directory in directories:
        for path in directory.glob(".*.tmp"):
            if TEMPORARY.fullmatch(path.name):
                with suppress(OSError):  # it costs room, no more
                    disk.remove(path)


def append_text(path: Path, text: str) -> None:
    """Add text to the end of a file in one write; for what nobody resumes from, so it is not flushed."""
    with explained("append to", path):
        fd = open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW)
        try:
            write_all(fd, encoded(text))
        finally:
            os.close(fd)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with explained("read", path), open(open_regular(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, tree: Mapping[str, Any]) -> None:
    """Write a tree as JSON, atomically, keys in their own order; NaN and infinities, which JSON has no word for, become null."""
    write_atomically(path, as_json(tree) + "\n")


def as_json(tree: object) -> str:
    """Return a tree as JSON text for people: indented, keys in their own order, NaN and infinities as null."""
    return json.dumps(_plain(tree), indent=2, ensure_ascii=False, allow_nan=False)


def json_line(tree: object) -> str:
    """Return a tree as JSON on one line, otherwise as `as_json`."""
    return json.dumps(_plain(tree), ensure_ascii=False, allow_nan=False)


def _plain(tree: object) -> object:
    """Return the tree in JSON's own types; NumPy numbers become Python's."""
    if tree is None or type(tree) is str or type(tree) is int or type(tree) is bool:  # most of it, and asking ABCs takes long
        return tree
    if type(tree) is dict:
        return {key: _plain(value) for key, value in tree.items()}
    if type(tree) is float:
        return tree if isfinite(tree) else None
    match tree:
        case Mapping():
            return {key: _plain(value) for key, value in tree.items()}
        case list() | tuple():
            return [_plain(value) for value in tree]
        case bool():
            return tree
        case Integral():
            return int(tree)
        case Real():
            return float(tree) if isfinite(tree) else None
        case _:
            return tree


def read_json(path: Path, largest: int = LARGEST_JSON) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Errors: DlrunError with the file's name if it is missing, too large, broken, nested too deeply, or not an object.
    """
    return json_object(read_bytes(path, largest), path)


def json_object(data: bytes, path: Path) -> dict[str, Any]:
    """Return the object that the bytes of a JSON file hold.

    Errors: DlrunError with the file's name if they are broken, nested too deeply, or not an object.
    """
    try:
        tree = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # ValueError: also bytes that are no UTF-8, numbers of 5,000 digits
        raise DlrunError(Problem(what=f"this is not the JSON that dlrun wrote: {error}", where=str(path))) from error
    if not isinstance(tree, dict):
        raise DlrunError(Problem(what="this JSON is not an object", where=str(path)))
    return tree


def read_bytes(path: Path, largest: int) -> bytes:
    """Return the bytes of a regular file.

    Errors: DlrunError if it cannot be read, or is larger than `largest` bytes.
    """
    with explained("read", path), open(open_regular(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(min(size, largest) + 1)  # a buffer for the largest would take longer than reading a small file
        if size < len(data) <= largest:  # it has grown
            data += file.read(largest + 1 - len(data))
    if len(data) > largest:
        raise DlrunError(Problem(what=f"this file is larger than {largest // 2**20} MiB", where=str(path)))
    return data


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
