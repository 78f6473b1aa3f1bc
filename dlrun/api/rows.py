"""Rows to predict, however they come: an array, a list of rows, or a table with named columns."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from dlrun.data.messages import did_you_mean, listed, quoted, shown
from dlrun.data.preparation import Preparation
from dlrun.data.raw import RawArray, RawData
from dlrun.data.rows import Origin, first_infinite, raw_rows, word
from dlrun.errors import InvalidInput, Problem, raise_all

if TYPE_CHECKING:
    import pandas as pd

Rows: TypeAlias = Union[npt.ArrayLike, "pd.DataFrame"]

NUMBERS = "biuf"  # kinds of dtype


def as_raw(X: Rows, preparation: Preparation, empty: Collection[str]) -> RawData:
    """Return X as rows of the run's columns: numbers, NaN where one is missing, and words; `empty` are words for a gap.

    Errors: InvalidInput for another shape, a missing column, or a cell that is no finite number, with the place of the first.
    """
    table: Any = X
    if hasattr(table, "columns"):
        columns = _columns(table, preparation.columns)
    else:
        values = _rows(X, preparation)
        if not preparation.encodings and values.dtype.kind in NUMBERS:  # columns and numbers are the same, no copy is needed
            return _checked(values, [], preparation)
        columns = dict(zip(preparation.columns, values.T, strict=True))
    numbers = [_numbers(columns[name], name, empty).reshape(-1, 1) for name in preparation.numbers]
    m = len(next(iter(columns.values())))
    x = np.concatenate(numbers, axis=1) if numbers else np.empty((m, 0))
    words = [[_word(cell, empty) for cell in columns[encoding.name].tolist()] for encoding in preparation.encodings]
    return _checked(x, words, preparation)


def _columns(table: Any, wanted: Sequence[str]) -> dict[str, RawArray]:
    """Return the columns of a table, found by name; a name that is missing, or there twice, is an error."""
    names = Counter(name for name in table.columns if isinstance(name, str))
    missing = [name for name in wanted if not names[name]]
    twice = [name for name in wanted if names[name] > 1]
    problems = []
    if missing and names:
        others = names.keys() - set(wanted)
        problems.append(Problem(what=f"X has no column {listed(missing)}", cure=did_you_mean(missing[0], sorted(others))))
    elif missing:
        cure = "an array of the columns in the order of run.columns will do: X.to_numpy()"
        problems.append(Problem(what=f"the columns of X have no names, so there is no {listed(missing)}", cure=cure))
    if twice:
        problems.append(Problem(what=f"X has more than one column {listed(twice)}", cure="rename or drop the others"))
    raise_all(problems)
    return {name: np.asarray(table[name]) for name in wanted}


def _rows(X: Any, preparation: Preparation) -> RawArray:
    """Return an array, or what can be made into one; images may have their own dimensions."""
    n = len(preparation.columns)
    try:
        values = np.asarray(X)
        if values.dtype.kind not in NUMBERS:  # with a text among them NumPy has made them all text
            values = np.array(X, dtype=object)
    except ValueError:  # rows of different lengths
        values = np.empty(0, dtype=object)
    if preparation.images and values.ndim > 2 and math.prod(values.shape[1:]) == n:
        values = values.reshape(len(values), n)
    if values.ndim != 2:
        cure = "one example is a row of its own: [[…]], or X.reshape(1, -1)" if values.shape == (n,) else ""
        raise InvalidInput(Problem(what=f"X must be rows of {n:,} values each, (m, {n}); its shape is {values.shape}", cure=cure))
    if values.shape[1] != n:
        what = f"X has {values.shape[1]:,} columns, this run was trained on {n:,}"
        raise InvalidInput(Problem(what=what, cure=f"they are {listed(preparation.columns)}"))
    return values


def _numbers(cells: RawArray, name: str, empty: Collection[str]) -> RawArray:
    """Return a column (m,) as numbers; objects are looked at one by one, and the first that is no number is an error."""
    if cells.dtype.kind in NUMBERS:
        return cells
    values = [math.nan if _is_gap(cell, empty) else cell for cell in cells.tolist()]
    for row, value in enumerate(values):
        if not isinstance(value, Real | np.bool_):
            what = f"{shown(repr(value), width=40)} is not a number"
            raise InvalidInput(Problem(what=what, where=f"X[{row}, {quoted(name)}]", cure="encode it as a number"))
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise InvalidInput(f"X holds an integer too large for a float, in {quoted(name)}") from None


def _word(cell: object, empty: Collection[str]) -> str | None:
    return None if _is_gap(cell, empty) else word(cell, empty)


def _is_gap(cell: object, empty: Collection[str]) -> bool:
    """Say whether a cell is missing: None, a word that stands for nothing, or what is not equal to itself, as pandas' NA."""
    return cell is None or (isinstance(cell, str) and cell.strip() in empty) or type(cell).__name__ in {"NAType", "NaTType"}


def _checked(x: RawArray, words: Sequence[Sequence[str | None]], preparation: Preparation) -> RawData:
    """Return the rows as raw data; an infinite number is an error, with its place."""
    if found := first_infinite(x):
        row, column, what = found
        where = f"X[{row}, {quoted(preparation.numbers[column])}]"
        raise InvalidInput(Problem(what=what, where=where, cure="replace it"))
    return raw_rows(preparation, x, words, Origin(name="X", inputs="X"))
