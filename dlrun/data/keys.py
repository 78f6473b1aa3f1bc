"""The column that decides which part a row goes to: its text, its groups, its moments."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.data.messages import did_you_mean, quoted
from dlrun.data.raw import RawData
from dlrun.errors import InvalidInput, Problem

BY = "data.split.by"


@dataclass(frozen=True, kw_only=True)
class Moments:
    """When each row was: numbers (m,) that grow with time, and the texts they were read from."""

    values: Array
    texts: list[str]


def key_of(raw: RawData, column: str) -> list[str]:
    """Return the text of the column for every row that is to be split.

    Errors: InvalidInput if the source has no such column, if it is the target, or if cells are missing.
    """
    known = raw.header or raw.features
    if column == raw.parts[raw.pool].label:
        what = f"{quoted(column)} is the target: parts that its values decide would not be alike"
        raise InvalidInput(Problem(what=what, where=BY, cure="name the column of a group, a time, or an id"))
    if column not in known or raw.images:
        what = f"{raw.name} has no column {quoted(column)}"
        cure = "pixels have no names: leave it out, to split at random" if raw.images else did_you_mean(column, known)
        raise InvalidInput(Problem(what=what, where=BY, cure=cure))
    key = raw.key(raw.pool, column)
    if empty := [row for row, text in enumerate(key) if not text]:
        more = f"; {len(empty):,} of {len(key):,} rows" if len(empty) > 1 else ""
        what = f"the cell is empty, and data.split.by needs one in every row{more}"
        raise InvalidInput(raw.cell_problem(raw.pool, empty[0], column, what, "fill it, remove the row, or split at random"))
    return key


def groups_of(key: list[str]) -> tuple[IntArray, IntArray]:
    """Return the group of each row (m,), numbered in the order of their texts, and how many rows each group has."""
    _, groups, sizes = np.unique(np.array(key, dtype=object), return_inverse=True, return_counts=True)
    return groups.astype(np.int64), sizes


def moments_of(raw: RawData, column: str) -> Moments:
    """Return when each row was: the numbers of the column, or its dates as ISO 8601 writes them.

    Errors: those of `key_of`; InvalidInput at the first cell that is neither, or unlike the others.
    """
    key = key_of(raw, column)
    numbers = np.array([_number(text) for text in key], dtype=np.float64)
    if np.isfinite(numbers).sum() * 2 >= len(key):
        values, kind = numbers, "a finite number, as most cells of this column are"
    else:
        dates = [_date(text) for text in key]
        aware = sum(date is not None and date.tzinfo is not None for date in dates) * 2 > len(dates)
        values = np.array([_seconds(date, aware=aware) for date in dates], dtype=np.float64)
        kind = f"a date like 2026-03-01 or 2026-03-01 12:30{'+00:00' if aware else ''}"
    if bad := np.flatnonzero(~np.isfinite(values)).tolist():
        more = f"; {len(bad):,} such cells in all" if len(bad) > 1 else ""
        what = f"{quoted(key[bad[0]])} is not {kind}{more}"
        if len(bad) == len(key):
            what = "the column holds neither numbers nor dates like 2026-03-01 or 2026-03-01 12:30"
        raise InvalidInput(raw.cell_problem(raw.pool, bad[0], column, what, "all cells must say when, in one form"))
    return Moments(values=values, texts=key)


def _number(text: str) -> float:
    """Return the number in a text, NaN if there is none; `1_000` is a number to Python, not in a table."""
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _seconds(date: datetime | None, *, aware: bool) -> float:
    """Return the seconds since 1970; NaN for no date, and for one with a time zone among dates without, or the other way."""
    if date is None or (date.tzinfo is not None) != aware:
        return math.nan
    return (date if aware else date.replace(tzinfo=UTC)).timestamp()
