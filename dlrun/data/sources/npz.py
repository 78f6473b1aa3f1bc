"""NumPy archives: x and y, or the parts of a data set that is already divided."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from math import prod
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import MinLen

from dlrun.data.messages import did_you_mean, listed, quoted, shown
from dlrun.data.raw import RawArray, RawData, RawExamples, feature_names, row_numbers
from dlrun.data.sources.files import open_file, shown_path
from dlrun.errors import InvalidInput, Problem, raise_all

PARTS = {"all": ("x", "y"), **{part: (f"x_{part}", f"y_{part}") for part in ("train", "dev", "test")}}
KEYS = [key for pair in PARTS.values() for key in pair]
UNREADABLE = (ValueError, OSError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error)

Arrays = dict[str, RawArray]


@dataclass(frozen=True, kw_only=True)
class Npz:
    """A NumPy archive with `x, y` (to be split), or `x_train, y_train` and optional `x_dev, y_dev, x_test, y_test`.

    x is (m, n), or has more dimensions and is flattened; y is (m,) or (m, 1). Unsigned bytes, and whatever had more than
    two dimensions, are images. Other arrays are left alone and named in the notes.
    """

    kind: Literal["npz"] = "npz"
    path: Annotated[str, MinLen(1)]
    """The file; a relative path starts at the file that names it."""
    endings: ClassVar[tuple[str, ...]] = (".npz",)

    def load(self, seed: int) -> RawData:
        """Read the archive; the seed has no effect."""
        name = shown_path(self.path)
        with open_file(self.path) as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            arrays, ignored = _read(name, file)
        present = _parts(name, arrays, ignored)
        raise_all(problem for part in present for problem in _problems(name, arrays, *PARTS[part]))
        parts = {part: _examples(arrays, *PARTS[part]) for part in present}
        raise_all(_unequal_columns(name, parts))
        pool = arrays[PARTS[present[0]][0]]
        return RawData(
            name=name,
            parts=parts,
            features=feature_names(prod(pool.shape[1:])),
            images=pool.dtype == np.uint8 or pool.ndim > 2,
            sha256=sha256,
            notes=(f"{name}: not used: {listed(ignored)}",) if ignored else (),
        )


def _read(name: str, file: BufferedReader) -> tuple[Arrays, list[str]]:
    """Return the arrays with known names, and the names of the others, which are not read."""
    if not zipfile.is_zipfile(file):
        cure = "write it with numpy.savez(path, x=x, y=y)"
        raise InvalidInput(Problem(what="is not a NumPy archive", where=name, cure=cure))
    file.seek(0)
    arrays, problems = {}, []
    try:
        with np.load(file, allow_pickle=False) as archive:
            known = [key for key in archive.files if key in KEYS]
            ignored = [key for key in archive.files if key not in KEYS]
            for key in known:
                try:
                    arrays[key] = np.asarray(archive[key])
                except UNREADABLE as error:
                    problems.append(Problem(what=_unreadable(error), where=f"{name}:{key}"))
    except UNREADABLE as error:
        problems.append(Problem(what=_unreadable(error), where=name))
    raise_all(problems)
    return arrays, ignored


def _unreadable(error: Exception) -> str:
    if "allow_pickle" in str(error):
        return "is an array of Python objects, which may run code when it is read; store numbers or text"
    return f"cannot be read: {shown(str(error) or type(error).__name__, width=200)}"


def _parts(name: str, arrays: Arrays, ignored: list[str]) -> list[str]:
    """Return the parts the archive brings, the one that trains first; each needs both of its arrays."""
    problems = []
    present = [part for part, pair in PARTS.items() if any(key in arrays for key in pair)]
    if not {"all", "train"} & set(present):
        cure = did_you_mean("x", [*arrays, *ignored]) or "the archive is empty"
        what = "no array x (with y) or x_train (with y_train)"
        problems.append(Problem(what=what, where=name, cure=cure))
    elif "all" in present and len(present) > 1:
        also = listed(key for key in arrays if key not in PARTS["all"])
        problems.append(Problem(what=f"x, y are to be split, but there is also {also}", where=name, cure="keep one"))
    for part in present:
        for key, other in (PARTS[part], PARTS[part][::-1]):
            if key not in arrays:
                problems.append(Problem(what=f"{other} without {key}", where=f"{name}:{other}"))
    raise_all(problems)
    return present


def _problems(name: str, arrays: Arrays, x_key: str, y_key: str) -> Iterator[Problem]:
    """Yield what is wrong with one part."""
    x, y = arrays[x_key], arrays[y_key]
    if x.dtype.kind not in "biuf":
        yield Problem(what=f"must hold real numbers, its dtype is {shown(str(x.dtype))}", where=f"{name}:{x_key}")
    elif x.ndim < 2:
        cure = "one column is x.reshape(-1, 1)"
        yield Problem(what=f"must be (examples, features), it is {x.shape}", where=f"{name}:{x_key}", cure=cure)
    elif not x.size:
        yield Problem(what=f"is empty: its shape is {x.shape}", where=f"{name}:{x_key}")
    else:
        yield from _not_finite(f"{name}:{x_key}", x)
    if y.dtype.kind not in "biufU":
        yield Problem(what=f"must hold numbers or text, its dtype is {shown(str(y.dtype))}", where=f"{name}:{y_key}")
    elif y.ndim == 0 or y.size != len(y):
        cure = f"for one column for each class: {y_key}.argmax(axis=1)"
        yield Problem(what=f"must be (m,) or (m, 1), it is {y.shape}", where=f"{name}:{y_key}", cure=cure)
    elif x.ndim and len(x) != len(y):
        yield Problem(what=f"{len(x):,} examples in {x_key}, {len(y):,} labels in {y_key}", where=f"{name}:{y_key}")


def _not_finite(where: str, x: RawArray) -> Iterator[Problem]:
    """Yield the first value that is NaN or infinite, and how many there are; rows in blocks, so that nothing large is made."""
    if x.dtype.kind != "f":
        return
    found, first = 0, ""
    for start in range(0, len(x), 1024):
        block = x[start : start + 1024]
        bad = np.argwhere(~np.isfinite(block))
        if len(bad) and not found:
            row, *rest = bad[0]
            first = f"[{', '.join(str(int(index)) for index in (start + row, *rest))}]"
            value = block[tuple(bad[0])]
        found += len(bad)
    if found:
        more = f"; {found:,} such values in all" if found > 1 else ""
        yield Problem(what=f"{value} is not a finite number{more}", where=where + first, cure="replace it or remove the row")


def _examples(arrays: Arrays, x_key: str, y_key: str) -> RawExamples:
    x = arrays[x_key]
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    return RawExamples(x=flat, y=arrays[y_key].reshape(-1), ids=row_numbers(len(x)), label=y_key, inputs=x_key, shape=x.shape[1:])


def _unequal_columns(name: str, parts: dict[str, RawExamples]) -> Iterator[Problem]:
    """Yield the parts that are not as wide as the first."""
    first, *others = parts
    n = parts[first].x.shape[1]
    for part in others:
        if parts[part].x.shape[1] != n:
            x_key = PARTS[part][0]
            what = f"has {parts[part].x.shape[1]:,} columns, {quoted(PARTS[first][0])} has {n:,}"
            yield Problem(what=what, where=f"{name}:{x_key}")
