"""Files that may be compressed: `.gz`, and `.zip` with one file inside; anything else is read as it is."""

import gzip
import hashlib
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader
from typing import IO

from dlrun.data.messages import listed, shown
from dlrun.data.sources.files import open_file, shown_path
from dlrun.errors import InvalidInput, Problem

LARGEST = 2**27  # bytes a small file may grow to; a larger one up to RATIO times its own size
RATIO = 100  # tables shrink to a tenth, hardly to a hundredth; zeros shrink a thousandfold
ENCRYPTED = 1  # a bit of a file's flags in an archive
DAMAGED = (
    EOFError, OSError, RuntimeError, NotImplementedError, ValueError, OverflowError, IndexError, struct.error, zlib.error,
    lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a file holds, unpacked; the name it then has, and the SHA-256 of its bytes as they lie there."""

    data: bytes
    name: str
    sha256: str


def read_content(path: str) -> Content:
    """Read a file, unpacked.

    Errors: InvalidInput if it cannot be read, is cut short or damaged, holds several files, or would fill the memory.
    """
    with open_file(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        try:
            name, data = _unpacked(path, file, size)
        except DAMAGED as error:
            what = f"cannot be unpacked, it is damaged or cut short: {shown(str(error), width=200)}"
            raise InvalidInput(Problem(what=what, where=shown_path(path), cure="copy or download it again")) from None
    return Content(data=data, name=name, sha256=sha256)


def largest_unpacked(size: int) -> int:
    """Return how many bytes a file of this size may unpack to; more is a bomb, or at least does not belong into memory."""
    return max(LARGEST, RATIO * size)


def _unpacked(path: str, file: BufferedReader, size: int) -> tuple[str, bytes]:
    if path.lower().endswith(".gz"):
        with gzip.open(file) as unpacked:
            return path[: -len(".gz")], _limited(path, unpacked, size)
    if path.lower().endswith(".zip"):
        with zipfile.ZipFile(file) as archive:
            entry = _only_file(path, archive)
            with archive.open(entry) as unpacked:
                return entry.filename, _limited(path, unpacked, size)
    return path, file.read()


def _only_file(path: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the one file in an archive; what macOS adds beside it does not count."""
    found = [entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")]
    what = ""
    if len(found) != 1:
        what = (
            f"the archive holds {len(found)} files: {listed(entry.filename for entry in found)}" if found else "it holds no file"
        )
    elif found[0].flag_bits & ENCRYPTED:
        what = "the archive is encrypted"
    if what:
        raise InvalidInput(Problem(what=what, where=shown_path(path), cure="pack one file, or unpack it yourself"))
    return found[0]


def _limited(path: str, unpacked: IO[bytes] | BufferedIOBase, size: int) -> bytes:
    """Read up to what a file of this size may hold."""
    most = largest_unpacked(size)
    data: bytes = unpacked.read(most + 1)
    if len(data) > most:
        what = f"unpacks to more than {most:,} bytes, {most // size:,} times its size"
        raise InvalidInput(Problem(what=what, where=shown_path(path), cure="unpack it yourself if that is meant"))
    return data
