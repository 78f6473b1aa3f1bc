"""Rows for a run that is trained: what its columns hold, as the raw data that its preparation takes, wherever they come from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from dlrun.arrays import IntArray
from dlrun.data.encoding import Encoding
from dlrun.data.preparation import Preparation
from dlrun.data.raw import MISSING, Category, Excerpt, RawArray, RawData, RawExamples, row_numbers

Words: TypeAlias = Sequence[str | None]  # the cells of one column; None where one is missing


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where rows come from, for messages: a file's name or `X`, the array in it, the lines of a text, the column of labels."""

    name: str
    inputs: str = "X"
    shape: tuple[int, ...] = ()
    label: str = "y"
    lines: IntArray | None = None
    excerpt: Excerpt | None = None
    sha256: str = ""
    notes: tuple[str, ...] = ()


def raw_rows(
    preparation: Preparation, numbers: RawArray, words: Sequence[Words], origin: Origin, labels: RawArray | None = None
) -> RawData:
    """Return rows as one part, "all": numbers (m, n) with NaN for gaps, and a column of words for each encoding.

    Words that training taught keep the codes they have in the encoding; all others follow them. Without labels y is zeros.
    """
    m = len(numbers)
    coded = [_coded(encoding, cells) for encoding, cells in zip(preparation.encodings, words, strict=True)]
    examples = RawExamples(
        x=numbers,
        codes=np.stack([codes for _, codes in coded], axis=1) if coded else None,
        y=np.zeros(m) if labels is None else labels,
        ids=row_numbers(m),
        label=origin.label,
        inputs=origin.inputs,
        shape=origin.shape,
        lines=origin.lines,
        excerpt=origin.excerpt,
    )
    return RawData(
        name=origin.name,
        parts={"all": examples},
        features=preparation.numbers,
        categories=tuple(category for category, _ in coded),
        columns=preparation.columns,
        images=preparation.images,
        sha256=origin.sha256,
        notes=origin.notes,
    )


def word(cell: object, empty: Collection[str]) -> str | None:
    """Return what a cell of a column of words says: a text without blanks around it, None if it is one of the words `empty`.

    Numbers are words as a table writes them: 3 and 3.0 are `3`. NaN and None are missing.
    """
    match cell:
        case None:
            return None
        case float() | np.floating():
            if np.isnan(cell):
                return None
            text = str(int(cell)) if float(cell).is_integer() else str(float(cell))
        case _:
            text = str(cell).strip()
    return None if text in empty else text


def first_infinite(x: RawArray) -> tuple[int, int, str] | None:
    """Return the row and column of the first infinite number with what is wrong, or None; NaN is a gap, judged elsewhere."""
    bad = np.argwhere(np.isinf(x)) if x.dtype.kind == "f" else np.empty((0, 2), dtype=np.int64)
    if not len(bad):
        return None
    row, column = (int(index) for index in bad[0])
    more = f"; {len(bad):,} such values in all" if len(bad) > 1 else ""
    return row, column, f"{x[row, column]} is not a finite number{more}"


def _coded(encoding: Encoding, cells: Words) -> tuple[Category, IntArray]:
    places = {known: place for place, known in enumerate(encoding.words)}
    codes = [MISSING if cell is None else places.setdefault(cell, len(places)) for cell in cells]
    return Category(name=encoding.name, words=tuple(places)), np.array(codes, dtype=np.int64)
