"""Columns of tables, a table for each part: which hold numbers and which words, as arrays that the parts share."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.data.raw import Category

if TYPE_CHECKING:
    import pandas as pd

Frames: TypeAlias = Mapping[str, "pd.DataFrame"]  # by part

MOST_ARE_NUMBERS = 0.5  # from this share on a column is one of numbers, and the other cells are slips


def number_columns(frames: Frames, columns: Iterable[str]) -> list[str]:
    """Return the columns that hold numbers in every part: in all cells, or in most of them."""
    return [column for column in columns if all(_holds_numbers(frame[column]) for frame in frames.values())]


def unread_columns(frame: "pd.DataFrame", columns: Iterable[str]) -> list[str]:
    """Return the columns in which some cell is not a finite number; missing ones do not count."""
    return [column for column in columns if frame[column].dtype.kind not in "iuf" or np.isinf(frame[column].to_numpy()).any()]


def matrix(frame: "pd.DataFrame", columns: list[str]) -> Array:
    """Return columns of numbers as float64 (m, n), NaN where a cell is missing."""
    return np.ascontiguousarray(frame[columns].to_numpy(dtype=np.float64))


def coded(frames: Frames, columns: Iterable[str]) -> tuple[tuple[Category, ...], dict[str, IntArray]]:
    """Return the words of each column, those of all parts in their order, and the codes (m, k) of each part."""
    import pandas as pd

    categories: list[Category] = []
    codes: list[IntArray] = []
    for column in columns:
        cells = pd.concat([frame[column] for frame in frames.values()], ignore_index=True)
        found, words = pd.factorize(cells, sort=True)
        categories.append(Category(name=column, words=tuple(map(str, words))))
        codes.append(found.astype(np.int64))
    ends = np.cumsum([len(frame) for frame in frames.values()])
    table = np.stack(codes, axis=1) if codes else np.empty((ends[-1], 0), dtype=np.int64)
    return tuple(categories), dict(zip(frames, np.split(table, ends[:-1]), strict=True))


def _holds_numbers(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    if column.dtype.kind in "iuf":
        return True
    cells = column.dropna()
    if column.dtype.kind == "b" or not len(cells):
        return False
    return float(pd.to_numeric(cells, errors="coerce").notna().mean()) >= MOST_ARE_NUMBERS
