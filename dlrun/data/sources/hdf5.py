"""HDF5: arrays by name, as the course's own files have them; one file, or a file for each part."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from dlrun.data.messages import listed, shown
from dlrun.data.raw import RawArray, RawData
from dlrun.data.sources.array_names import Names, names_in_a_file_of, not_used, parts_of
from dlrun.data.sources.cells import LONGEST_LABEL
from dlrun.data.sources.compressed import largest_unpacked
from dlrun.data.sources.extras import from_extra
from dlrun.data.sources.files import FilePath, open_file, sha256_of_all, shown_path
from dlrun.data.sources.frames import files_of_parts
from dlrun.data.sources.pairs import Pair, paired
from dlrun.errors import InvalidInput, Problem

if TYPE_CHECKING:
    import h5py

UNREADABLE = (OSError, ValueError, TypeError, KeyError, RuntimeError, MemoryError)


@dataclass(frozen=True, kw_only=True)
class Hdf5:
    """An HDF5 file with `x, y` (to be split), or `x_train, y_train` and optional pairs for the other parts.

    `train_set_x, train_set_y`, `test_set_x, test_set_y`, the names in the course's files, mean the same; so do the names of npz.
    A part may have a file of its own, with `x, y` or its own names. x is (m, n), or has more dimensions and is flattened; y is
    (m,) or (m, 1), numbers or text. Unsigned bytes, and whatever had more than two dimensions, are images. NaN in x is a missing
    cell (`data.missing`). Other arrays are left alone and named in the notes. Needs the extra `hdf5`.
    """

    kind: Literal["hdf5"] = "hdf5"
    path: FilePath
    """The file; a relative path starts at the file that names it."""
    train_dev: FilePath | None = None
    """A file of more examples from the training distribution, held out: it tells variance from data mismatch."""
    dev: FilePath | None = None
    """A file of its own for dev, which may come from another distribution than train."""
    test: FilePath | None = None
    """A file of its own for test, from the distribution of dev."""
    endings: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    def load(self, seed: int) -> RawData:
        """Read the files; the seed has no effect."""
        (pool, path), *others = files_of_parts(self.path, train_dev=self.train_dev, dev=self.dev, test=self.test).items()
        with _opened(path) as file:
            chosen = parts_of(file.name, file.names)
            pairs = {pool if part == "all" else part: file.pair(names) for part, names in chosen.items()}
            digests, notes = [file.sha256], [*not_used(file.name, file.names)]
        for part, path in others:
            with _opened(path) as file:
                if part in pairs:
                    what = f"the {part} part comes twice: {file.name}, and {listed(chosen[part])} in {shown_path(self.path)}"
                    raise InvalidInput(Problem(what=what, where=f"data.source.{part}", cure="leave this out"))
                pairs[part] = file.pair(names_in_a_file_of(part, file.name, file.names))
                digests.append(file.sha256)
                notes += not_used(file.name, file.names)
        return paired(pairs, sha256_of_all(digests), tuple(notes))


@dataclass(frozen=True, kw_only=True)
class _File:
    """An open file: its name as messages show it, its digest, its size in bytes, and the names of its arrays."""

    name: str
    sha256: str
    size: int
    names: tuple[str, ...]
    group: "h5py.File"

    def pair(self, names: Names) -> Pair:
        """Read inputs and labels."""
        x, y = (self._array(name) for name in names)
        return Pair(x=x, y=y, file=self.name, label_file=self.name, inputs=names[0], label=names[1])

    def _array(self, name: str) -> RawArray:
        """Read one array; text comes as text."""
        where = f"{self.name}:{name}"
        try:
            dataset = self.group[name]
            self._check(dataset, where)
            if dataset.dtype.kind in "SO":
                return _texts(dataset, where)
            return np.asarray(dataset[()])
        except UNREADABLE as error:
            raise InvalidInput(Problem(what=f"cannot be read: {_reason(error)}", where=where)) from None

    def _check(self, dataset: Any, where: str) -> None:
        """Refuse what lies in other files, and what would fill the memory, before any of it is read."""
        if dataset.external or dataset.is_virtual:
            what = "lies in another file"
            raise InvalidInput(Problem(what=what, where=where, cure="copy the numbers into this file"))
        promised = dataset.size * dataset.dtype.itemsize if dataset.size else 0
        if promised > largest_unpacked(self.size):
            what = f"has the shape {dataset.shape}, {promised:,} bytes in a file of {self.size:,}"
            raise InvalidInput(Problem(what=what, where=where, cure="is this the right file?"))


@contextmanager
def _opened(path: str) -> Iterator[_File]:
    """Open a file and list its arrays: those that lie in it, not in groups and not behind links."""
    with from_extra("hdf5"):
        import h5py
    name = shown_path(path)
    with open_file(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        try:
            group = h5py.File(file, "r")
            hard = [key for key in group if isinstance(group.get(key, getlink=True), h5py.HardLink)]
            names = tuple(key for key in hard if group.get(key, getclass=True) is h5py.Dataset)
        except UNREADABLE as error:
            what = f"is not an HDF5 file, or damaged: {_reason(error)}"
            raise InvalidInput(Problem(what=what, where=name, cure="copy or write it again")) from None
        with group:
            yield _File(name=name, sha256=sha256, size=size, names=names, group=group)


def _texts(dataset: Any, where: str) -> RawArray:
    """Return texts of fixed or any length; InvalidInput for other objects and for what is no label."""
    import h5py

    if h5py.check_string_dtype(dataset.dtype) is None:
        what = f"must hold numbers or text, its dtype is {shown(str(dataset.dtype))}"
        raise InvalidInput(Problem(what=what, where=where))
    texts = np.asarray(dataset.asstr("utf-8")[()], dtype=object)
    longest = max((len(text) for text in texts.ravel()), default=0)
    if longest > LONGEST_LABEL:
        what = f"holds a text of {longest:,} characters, at most {LONGEST_LABEL:,} name a class"
        raise InvalidInput(Problem(what=what, where=where, cure="is this the right file?"))
    return texts.astype(np.str_)


def _reason(error: Exception) -> str:
    return shown(str(error) or type(error).__name__, width=120)
