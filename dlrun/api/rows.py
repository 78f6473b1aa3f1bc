"""Rows to predict, however they come: an array, a list of rows, or a table with named columns."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from dlrun.data.messages import did_you_mean, listed, quoted, shown
from dlrun.data.preparation import Preparation
from dlrun.data.raw import RawArray
from dlrun.errors import InvalidInput, Problem, raise_all

if TYPE_CHECKING:
    import pandas as pd

Rows: TypeAlias = Union[npt.ArrayLike, "pd.DataFrame"]

NUMBERS = "biuf"  # kinds of dtype


def as_matrix(X: Rows, preparation: Preparation) -> RawArray:
    """Return X as finite numbers (m, n), the columns in the order of the features.

    Errors: InvalidInput for another shape, a missing column, or values that are not finite numbers, with the place of the first.
    """
    table: Any = X
    values = _columns(table, preparation.features) if hasattr(table, "columns") else _rows(X, preparation)
    raise_all(_not_finite(values, preparation.features))
    return values


def _columns(table: Any, features: Sequence[str]) -> RawArray:
    """Return the columns of a table, found by name; a name that is missing, or there twice, is an error."""
    names = Counter(name for name in table.columns if isinstance(name, str))
    missing = [name for name in features if not names[name]]
    twice = [name for name in features if names[name] > 1]
    problems = []
    if missing and names:
        others = names.keys() - set(features)
        problems.append(Problem(what=f"X has no column {listed(missing)}", cure=did_you_mean(missing[0], sorted(others))))
    elif missing:
        cure = "an array of the columns in the order of run.features will do: X.to_numpy()"
        problems.append(Problem(what=f"the columns of X have no names, so there is no {listed(missing)}", cure=cure))
    if twice:
        problems.append(Problem(what=f"X has more than one column {listed(twice)}", cure="rename or drop the others"))
    raise_all(problems)
    columns = [_numbers(np.asarray(table[name]).reshape(-1, 1), [name]) for name in features]
    return np.concatenate(columns, axis=1)


def _rows(X: Any, preparation: Preparation) -> RawArray:
    """Return an array, or what can be made into one; images may have their own dimensions."""
    n = len(preparation.features)
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
        what = f"X has {values.shape[1]:,} columns, this run has {n:,} features"
        raise InvalidInput(Problem(what=what, cure=f"they are {listed(preparation.features)}"))
    return _numbers(values, preparation.features)


def _numbers(values: RawArray, names: Sequence[str]) -> RawArray:
    """Return the values as numbers; objects are looked at one by one, and the first that is no number is an error."""
    if values.dtype.kind in NUMBERS:
        return values
    for (row, column), value in np.ndenumerate(values):
        if not isinstance(value, Real | np.bool_):
            what = f"{shown(repr(value), width=40)} is not a number"
            raise InvalidInput(Problem(what=what, where=f"X[{row}, {quoted(names[column])}]", cure="encode it as a number"))
    try:
        return values.astype(np.float64)
    except OverflowError:
        raise InvalidInput("X holds an integer too large for a float") from None


def _not_finite(values: RawArray, features: Sequence[str]) -> Iterator[Problem]:
    """Yield the first value that is NaN or infinite, and how many there are."""
    if values.dtype.kind != "f":
        return
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        more = f"; {len(bad):,} such values in all" if len(bad) > 1 else ""
        what = f"{values[row, column]} is not a finite number{more}"
        yield Problem(what=what, where=f"X[{row}, {quoted(features[column])}]", cure="fill it in as in the training data")
