"""NumPy archives: x and y, or the parts of a data set that is already divided."""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from io import BufferedReader
from typing import ClassVar, Literal

import numpy as np

from dlrun.data.messages import shown
from dlrun.data.raw import RawArray, RawData
from dlrun.data.sources.array_names import KNOWN, not_used, parts_of
from dlrun.data.sources.files import FilePath, open_file, shown_path
from dlrun.data.sources.pairs import Pair, paired
from dlrun.errors import InvalidInput, Problem, raise_all

UNREADABLE = (ValueError, OSError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error)

Arrays = dict[str, RawArray]


@dataclass(frozen=True, kw_only=True)
class Npz:
    """A NumPy archive with `x, y` (to be split), or `x_train, y_train` and optional pairs for the other parts.

    These are `x_train_dev, y_train_dev` (or `x_traindev, y_traindev`), `x_dev, y_dev`, `x_test, y_test`. x is (m, n), or has
    more dimensions and is flattened; y is (m,) or (m, 1). Unsigned bytes, and whatever had more than two dimensions, are
    images. NaN in x is a missing cell (`data.missing`). Other arrays are left alone and named in the notes.
    """

    kind: Literal["npz"] = "npz"
    path: FilePath
    """The file; a relative path starts at the file that names it."""
    endings: ClassVar[tuple[str, ...]] = (".npz",)

    def load(self, seed: int) -> RawData:
        """Read the archive; the seed has no effect."""
        file = shown_path(self.path)
        with open_file(self.path) as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
            opened.seek(0)
            arrays, names = _read(file, opened)
        pairs = {
            part: Pair(x=arrays[x], y=arrays[y], file=file, label_file=file, inputs=x, label=y)
            for part, (x, y) in parts_of(file, names).items()
        }
        return paired(pairs, sha256, not_used(file, names))


def _read(name: str, file: BufferedReader) -> tuple[Arrays, list[str]]:
    """Return the arrays with known names, and the names of all; the others are not read."""
    if not zipfile.is_zipfile(file):
        cure = "write it with numpy.savez(path, x=x, y=y)"
        raise InvalidInput(Problem(what="is not a NumPy archive", where=name, cure=cure))
    file.seek(0)
    arrays, problems, names = {}, [], []
    try:
        with np.load(file, allow_pickle=False) as archive:
            names = list(archive.files)
            for key in [key for key in names if key in KNOWN]:
                try:
                    arrays[key] = np.asarray(archive[key])
                except UNREADABLE as error:
                    problems.append(Problem(what=unreadable(error), where=f"{name}:{key}"))
    except UNREADABLE as error:
        problems.append(Problem(what=unreadable(error), where=name))
    raise_all(problems)
    return arrays, names


def unreadable(error: Exception) -> str:
    """Return why NumPy cannot read an array."""
    if "allow_pickle" in str(error):
        return "is an array of Python objects, which may run code when it is read; store numbers or text"
    return f"cannot be read: {shown(str(error) or type(error).__name__, width=200)}"
