"""Missing cells: what is done about them must be said, because each choice says something else about the world.

A cell is missing if it is empty, or holds a word that stands for nothing (`NA`). Labels are never missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.data.messages import MOST, listed, quoted, yaml_word
from dlrun.data.raw import MISSING, RawData, RawExamples, Selection
from dlrun.errors import InvalidInput, Problem, raise_all

FEW = 3  # of the emptiest columns are named
CURE = "fill it, or say what to do: data.missing: drop (leave such rows out), or impute"


@dataclass(frozen=True, kw_only=True)
class Imputation:
    """What stands in for missing numbers, measured on the training part.

    fill (n,) is one number a column; `flagged` are the columns that get a second one, 1 where a number was missing.
    """

    fill: Array
    flagged: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RefuseMissing:
    """A missing cell is an error, told once for each column: the first line, and how many rows of which part miss it."""

    kind: Literal["error"] = "error"

    def cleaned(self, raw: RawData) -> RawData:
        """Return the data as it is; InvalidInput names every column that misses a cell."""
        gaps = {part: _gaps(examples) for part, examples in raw.parts.items()}
        counts = {part: marked.sum(axis=0) for part, marked in gaps.items()}
        names = _names(raw)
        lacking = [j for j in range(len(names)) if any(count[j] for count in counts.values())]
        problems = []
        for j in lacking[:MOST]:
            part = next(part for part, count in counts.items() if count[j])
            what = _rows_without(raw, {part: int(count[j]) for part, count in counts.items()})
            cure = f"drop it: drop: [{yaml_word(names[j])}]" if gaps[raw.pool][:, j].all() else CURE
            problems.append(raw.cell_problem(part, int(gaps[part][:, j].argmax()), names[j], what, cure))
        if others := [names[j] for j in lacking[MOST:]]:
            problems.append(Problem(what=f"cells are missing in {len(others):,} more columns: {listed(others)}"))
        raise_all(problems)
        return raw

    def fit(self, train: Selection) -> Imputation | None:
        """Return None: nothing is missing."""
        return None


@dataclass(frozen=True, kw_only=True)
class DropMissing:
    """Rows with a missing cell are left out, and counted in a note. What is left may be another population: look at it."""

    kind: Literal["drop"] = "drop"

    def cleaned(self, raw: RawData) -> RawData:
        """Return the data without the rows that miss a cell; InvalidInput if no row of a part is left."""
        parts, notes = {}, []
        for name, examples in raw.parts.items():
            gaps = _gaps(examples)
            whole = np.logical_not(gaps.any(axis=1))
            if not whole.any():
                emptiest = [_names(raw)[j] for j in np.argsort(-gaps.sum(axis=0), kind="stable")[:FEW] if gaps[:, j].any()]
                what = f"every row{_of(name)} misses a cell, most of them {listed(emptiest)}: nothing is left"
                raise InvalidInput(Problem(what=what, where="data.missing", cure="drop the emptiest columns, or impute"))
            parts[name] = examples if whole.all() else examples.only(whole)
            if left_out := int((~whole).sum()):
                notes.append(f"{left_out:,} of {len(examples):,} rows{_of(name)} are left out: a cell is missing")
        return replace(raw, parts=parts, notes=(*raw.notes, *notes))

    def fit(self, train: Selection) -> Imputation | None:
        """Return None: nothing is missing any more."""
        return None


@dataclass(frozen=True, kw_only=True)
class Impute:
    """A number stands in for missing ones: the column's median, mean or most frequent one in the training part.

    A missing word is a word of its own. With `indicator`, every column that misses numbers in training gets a second one, 1
    where a number was missing, so that the network can tell a gap from a typical value.
    """

    kind: Literal["impute"] = "impute"
    using: Literal["median", "mean", "most_frequent"] = "median"
    """What stands in: the training part's `median`, `mean`, or `most_frequent` number of the column."""
    indicator: bool = True
    """Add a column that is 1 where a number was missing."""

    def cleaned(self, raw: RawData) -> RawData:
        """Return the data as it is: what stands in is measured later, on the training part alone."""
        return raw

    def fit(self, train: Selection) -> Imputation | None:
        """Measure what stands in; InvalidInput for a column without any number in the training part."""
        x = train.examples.x[train.rows]
        if x.dtype.kind != "f":
            return None
        gaps = np.isnan(x)
        if empty := [train.raw.features[j] for j in np.flatnonzero(gaps.all(axis=0))]:
            what = f"no number in the training part to stand in for the missing ones of {listed(empty)}"
            raise InvalidInput(Problem(what=what, where=train.raw.name, cure="drop these columns"))
        columns = (x[~gaps[:, j], j] for j in range(x.shape[1]))
        fill = np.array([_typical(column.astype(np.float64), self.using) for column in columns], dtype=np.float64)
        if huge := [train.raw.features[j] for j in np.flatnonzero(~np.isfinite(fill))]:
            what = f"numbers too large for their {self.using} to stand in for missing ones: {listed(huge)}"
            raise InvalidInput(Problem(what=what, where=train.raw.name, cure="rescale these columns, or using: most_frequent"))
        flagged = tuple(int(j) for j in np.flatnonzero(gaps.any(axis=0))) if self.indicator else ()
        return Imputation(fill=fill, flagged=flagged)


def imputation_notes(imputation: Imputation | None, chosen: Mapping[str, Selection]) -> Iterator[str]:
    """Yield where numbers stand in for missing ones: in training, and elsewhere in columns that miss none in training."""
    if imputation is None:
        return
    taught: set[int] = set()
    for part, selection in chosen.items():
        gaps = np.isnan(selection.examples.x[selection.rows]).sum(axis=0)
        columns = [j for j in np.flatnonzero(gaps).tolist() if j not in taught]
        told = [f"{quoted(selection.raw.features[j])} in {gaps[j]:,} rows" for j in columns]
        more = f" and {len(told) - MOST:,} more columns" if len(told) > MOST else ""
        if part == "train":
            taught = set(columns)
            because = "numbers stand in for missing ones in train"
        else:
            because = f"numbers stand in for missing ones in {part}, of columns that miss none in train"
        if told:
            yield f"{because}: {', '.join(told[:MOST])}{more}"


def _names(raw: RawData) -> tuple[str, ...]:
    """Return the columns as `_gaps` has them."""
    return (*raw.features, *(category.name for category in raw.categories))


def _of(part: str) -> str:
    return "" if part == "all" else f" of {part}"


def _rows_without(raw: RawData, counts: Mapping[str, int]) -> str:
    """Say how many rows of which parts have no value."""
    found = [f"{count:,} of {len(raw.parts[part]):,} rows{_of(part)}" for part, count in counts.items() if count]
    return f"no value in {' and '.join(found)}"


def rows_with_gaps(examples: RawExamples) -> BoolArray:
    """Return which rows miss a cell, (m,)."""
    return np.asarray(_gaps(examples).any(axis=1))


def _gaps(examples: RawExamples) -> BoolArray:
    """Return which cells are missing, (m, n + k): numbers, then words."""
    x = examples.x
    numbers = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, dtype=np.bool_)
    return numbers if examples.codes is None else np.concatenate([numbers, examples.codes == MISSING], axis=1)


def _typical(column: Array, using: str) -> float:
    """Return the median, the mean, or the most frequent value (of equals the smallest)."""
    with np.errstate(over="ignore", invalid="ignore"):
        if using == "median":
            return float(np.median(column))
        if using == "mean":
            return float(column[0] + (column - column[0]).mean())  # relative to one of them: of constants exactly that constant
    values, counts = np.unique(column, return_counts=True)
    return float(values[counts.argmax()])


Missing: TypeAlias = RefuseMissing | DropMissing | Impute  # the registry: a new answer is one class above and its name here
