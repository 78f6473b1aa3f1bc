"""Rows with the same inputs, found among all parts at once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from dlrun.arrays import IntArray
from dlrun.data.raw import Selection, row_blocks

ALONE = -1  # the group of a row whose inputs occur once


def input_bytes(chosen: Mapping[str, Selection]) -> int:
    """Return how many bytes there are to look through."""
    width = _width(chosen)
    return sum(len(selection) * width for selection in chosen.values())


def groups_of_equals(chosen: Mapping[str, Selection]) -> dict[str, IntArray]:
    """Return the group (m,) of each row by part: rows with equal inputs, words and gaps included, share one; else ALONE.

    First a 64-bit hash of every row, then the rows themselves where hashes are equal: nothing is taken for equal that is not.
    Numbers are compared in the type that holds those of all parts; -0 is 0, and two missing cells are equal.
    """
    dtype = _dtype(chosen)
    hashes = {part: _hashes(selection, dtype) for part, selection in chosen.items()}
    _, place, count = np.unique(np.concatenate([*hashes.values()]), return_inverse=True, return_counts=True)
    twice = np.split(count[place] > 1, np.cumsum([len(found) for found in hashes.values()])[:-1])
    seen: dict[bytes, int] = {}
    groups: dict[str, IntArray] = {}
    for (part, selection), candidates in zip(chosen.items(), twice, strict=True):
        groups[part] = np.full(len(selection), ALONE, dtype=np.int64)
        rows = (row for block in _rows(replace(selection, rows=selection.rows[candidates]), dtype) for row in block)
        groups[part][candidates] = [seen.setdefault(row, len(seen)) for row in rows]
    sizes = np.bincount(np.concatenate([found[found != ALONE] for found in groups.values()]), minlength=len(seen))
    for found in groups.values():
        found[(found != ALONE) & (sizes[found] < 2 if len(sizes) else False)] = ALONE  # only their hashes were equal
    return groups


def _dtype(chosen: Mapping[str, Selection]) -> npt.DTypeLike:
    """Return the type in which all parts can be compared; more than 64 bits are what a network sees of them, float64."""
    dtype = np.result_type(*(selection.examples.x for selection in chosen.values()))
    return np.float64 if dtype.itemsize > 8 else dtype


def _width(chosen: Mapping[str, Selection]) -> int:
    examples = next(iter(chosen.values())).examples
    words = 0 if examples.codes is None else examples.codes.shape[1] * examples.codes.itemsize
    return int(examples.x.shape[1] * np.dtype(_dtype(chosen)).itemsize + words)


def _hashes(selection: Selection, dtype: npt.DTypeLike) -> IntArray:
    """Return a hash (m,) of each row; Python's own, which is of no use in another process."""
    return np.fromiter((value for block in _rows(selection, dtype) for value in map(hash, block)), np.int64, len(selection))


def _rows(selection: Selection, dtype: npt.DTypeLike) -> Iterator[list[bytes]]:
    """Yield the bytes of the inputs, a block of rows at a time; equal inputs are equal bytes."""
    examples = selection.examples
    for block in row_blocks(len(selection), examples.x.shape[1]):
        rows = selection.rows[block]
        x = examples.x[rows].astype(dtype)
        if x.dtype.kind == "f":
            x += 0.0  # -0 has other bits than 0
            x[np.isnan(x)] = np.nan  # and there are many NaN
        tables = [x] if examples.codes is None else [x, examples.codes[rows]]
        both = np.concatenate([np.ascontiguousarray(table).view(np.uint8).reshape(len(rows), -1) for table in tables], axis=1)
        yield both.view(np.dtype((np.void, both.shape[1])))[:, 0].tolist()
