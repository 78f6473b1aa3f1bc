"""NumPy files: one array a file, inputs and labels apart."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from math import prod
from typing import ClassVar, Literal

import numpy as np

from dlrun.data.raw import RawArray, RawData
from dlrun.data.sources.files import FilePath, open_file, sha256_of_all, shown_path
from dlrun.data.sources.npz import UNREADABLE, unreadable
from dlrun.data.sources.pairs import Pair, paired
from dlrun.errors import InvalidInput, Problem, raise_all

BROUGHT = ("train_dev", "dev", "test")


@dataclass(frozen=True, kw_only=True)
class Npy:
    """Two NumPy files, x and its labels, to be split unless dev or test have two of their own.

    x is (m, n), or has more dimensions and is flattened; labels are (m,) or (m, 1). Unsigned bytes, and whatever had more than
    two dimensions, are images. NaN in x is a missing cell (`data.missing`).
    """

    kind: Literal["npy"] = "npy"
    path: FilePath
    """The file of the inputs; a relative path starts at the file that names it."""
    labels: FilePath
    """The file of their labels."""
    train_dev: FilePath | None = None
    """Inputs of more examples from the training distribution, held out: they tell variance from data mismatch."""
    train_dev_labels: FilePath | None = None
    """The labels of train_dev."""
    dev: FilePath | None = None
    """Inputs of their own for dev, which may come from another distribution than train."""
    dev_labels: FilePath | None = None
    """The labels of dev."""
    test: FilePath | None = None
    """Inputs of their own for test, from the distribution of dev."""
    test_labels: FilePath | None = None
    """The labels of test."""
    endings: ClassVar[tuple[str, ...]] = (".npy",)

    def load(self, seed: int) -> RawData:
        """Read the files; the seed has no effect."""
        raise_all(self._halves())
        files = {part: (x, y) for part in BROUGHT if (x := getattr(self, part)) and (y := getattr(self, f"{part}_labels"))}
        files = {"train" if files else "all": (self.path, self.labels), **files}
        read = {part: (_read(x), _read(y)) for part, (x, y) in files.items()}
        pairs = {
            part: Pair(x=x, y=y, file=shown_path(files[part][0]), label_file=shown_path(files[part][1]))
            for part, ((x, _), (y, _)) in read.items()
        }
        return paired(pairs, sha256_of_all([digest for pair in read.values() for _, digest in pair]))

    def _halves(self) -> Iterator[Problem]:
        """Yield the parts of which only one file is given."""
        for part in BROUGHT:
            keys = (part, f"{part}_labels")
            given = [key for key in keys if getattr(self, key) is not None]
            if len(given) == 1:
                (other,) = set(keys) - set(given)
                what = f"{given[0]} without {other}"
                yield Problem(what=what, where=f"data.source.{given[0]}", cure=f"give {other} too, or neither")


def _read(path: str) -> tuple[RawArray, str]:
    """Return the array of a file and the SHA-256 of its bytes; InvalidInput if it is damaged or holds objects."""
    name = shown_path(path)
    with open_file(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        if file.read(6) != np.lib.format.MAGIC_PREFIX:
            raise InvalidInput(Problem(what="is not a NumPy file", where=name, cure="write it with numpy.save(path, x)"))
        file.seek(0)
        try:
            _check_length(file, size)
            file.seek(0)
            return np.asarray(np.load(file, allow_pickle=False)), sha256
        except UNREADABLE as error:
            raise InvalidInput(Problem(what=unreadable(error), where=name)) from None


def _check_length(file: BufferedReader, size: int) -> None:
    """Raise ValueError if the array that the header promises is longer than the file: memory is taken for all of it."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    promised = prod(shape) * dtype.itemsize
    if not dtype.hasobject and promised > size - file.tell():
        raise ValueError(f"its header promises {promised:,} bytes, the file holds {size - file.tell():,}")
