"""Files that may be compressed: `.gz`, and `.zip` with one file inside; anything else is read as it is."""

import gzip
import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader
from typing import IO

from dlrun.data.messages import listed
from dlrun.data.sources.files import open_file, shown_path
from dlrun.errors import InvalidInput, Problem

LARGEST = 2**30  # bytes a small file may grow to; a larger one up to RATIO times its own size
RATIO = 100  # tables shrink to a tenth, hardly to a hundredth; zeros shrink a thousandfold


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a file holds, unpacked; its name without the ending of the packing, and the SHA-256 of its bytes as they lie there."""

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
            data = _unpacked(path, file, size)
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            what = f"cannot be unpacked, it is damaged or cut short: {error}"
            raise InvalidInput(Problem(what=what, where=shown_path(path), cure="copy or download it again")) from None
    for ending in (".gz", ".zip"):
        path = path[: -len(ending)] if path.lower().endswith(ending) else path
    return Content(data=data, name=path, sha256=sha256)


def largest_unpacked(size: int) -> int:
    """Return how many bytes a file of this size may unpack to; more is a bomb, or at least does not belong into memory."""
    return max(LARGEST, RATIO * size)


def _unpacked(path: str, file: BufferedReader, size: int) -> bytes:
    if path.lower().endswith(".gz"):
        with gzip.open(file) as unpacked:
            return _limited(path, unpacked, size)
    if path.lower().endswith(".zip"):
        with zipfile.ZipFile(file) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
            if len(names) != 1:
                what = f"the archive holds {len(names)} files: {listed(names)}" if names else "the archive is empty"
                raise InvalidInput(Problem(what=what, where=shown_path(path), cure="pack one file, or unpack it yourself"))
            with archive.open(names[0]) as unpacked:
                return _limited(path, unpacked, size)
    return file.read()


def _limited(path: str, unpacked: IO[bytes] | BufferedIOBase, size: int) -> bytes:
    """Read up to what a file of this size may hold."""
    most = largest_unpacked(size)
    data: bytes = unpacked.read(most + 1)
    if len(data) > most:
        what = f"unpacks to more than {most:,} bytes, {most // size:,} times its size"
        raise InvalidInput(Problem(what=what, where=shown_path(path), cure="unpack it yourself if that is meant"))
    return data
