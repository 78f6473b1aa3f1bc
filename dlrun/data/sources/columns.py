"""Columns of tables, a table for each part: which hold numbers and which words, as arrays that the parts share."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, IntArray
from dlrun.data.raw import Category, RawArray
from dlrun.data.sources.parsing import words

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T", bound=np.generic)
Frames: TypeAlias = Mapping[str, "pd.DataFrame"]  # by part

IS_A_CODE = re.compile(r"\+|-?0\d|.*_", re.DOTALL)  # +1, 01, 1_2 are names: as numbers, 01 and 1 would be one class
MOST_ARE_NUMBERS = 0.5  # from this share on a column is one of numbers, and the other cells are slips


def number_columns(frames: Frames, columns: Iterable[str], empty: Collection[str] = ()) -> list[str]:
    """Return the columns that hold numbers: in all cells of the first part, the training part, or in most of them.

    Where that has nothing but gaps (`empty` are the words for one), the next part decides.
    """

    def holds(column: str) -> str:
        found = (_holds(frame[column], empty) for frame in frames.values())
        return next(filter(None, found), "numbers")

    return [column for column in columns if holds(column) == "numbers"]


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
        found, words = pd.factorize(_together(frames, column), sort=True)
        categories.append(Category(name=column, words=tuple(map(str, words))))
        codes.append(found.astype(np.int64))
    m = sum(map(len, frames.values()))
    table = np.stack(codes, axis=1) if codes else np.empty((m, 0), dtype=np.int64)
    return tuple(categories), _apart(frames, table)


def labels_of(frames: Frames, target: str) -> dict[str, RawArray]:
    """Return the labels of each part, a column of text, as what all of them are: int64, else float64, else the text.

    Blanks around a label are no part of it.
    """
    import pandas as pd

    codes, found = pd.factorize(_together(frames, target))
    return _apart(frames, _as_numbers([str(label).strip() for label in found])[codes])


def _as_numbers(labels: list[str]) -> RawArray:
    """Return labels as int64 if all are integers, else as float64 if all are numbers, else as the text they are."""
    text = np.array(labels, dtype=np.str_)
    if any(IS_A_CODE.match(label) or not label.isascii() for label in labels):
        return text
    for dtype in (np.int64, np.float64):
        try:
            return text.astype(dtype)
        except (ValueError, OverflowError):
            continue
    return text


def _together(frames: Frames, column: str) -> "pd.Series[Any]":
    import pandas as pd

    return pd.concat([frame[column] for frame in frames.values()], ignore_index=True)


def _apart(frames: Frames, rows: npt.NDArray[T]) -> dict[str, npt.NDArray[T]]:
    """Return the rows of each part out of those of all."""
    ends = np.cumsum([len(frame) for frame in frames.values()])
    return dict(zip(frames, np.split(rows, ends[:-1]), strict=True))


def _holds(column: "pd.Series[Any]", empty: Collection[str]) -> Literal["numbers", "words", ""]:
    """Return what a column holds as pandas read it: numbers (in most cells), words, or nothing at all."""
    import pandas as pd

    if column.dtype.kind == "b":
        return "words"
    cells = column.dropna()
    if column.dtype.kind not in "iuf":
        cells = words(cells.astype(str), empty).dropna()  # as text: True counts as 1 otherwise
    if not len(cells):
        return ""
    numbers = pd.to_numeric(cells, errors="coerce").notna()
    return "numbers" if float(numbers.mean()) >= MOST_ARE_NUMBERS else "words"
