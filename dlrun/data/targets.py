"""Targets: whether what is to be predicted is a class or a number, as far as its values tell."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.data.labels import encode_labels
from dlrun.data.messages import quoted
from dlrun.data.raw import RawArray, RawData
from dlrun.errors import InvalidInput, Problem

MOST_CLASSES = 20  # different whole numbers; more are rather quantities
ROWS_A_CLASS = 3  # rows that a whole number has in the mean if it is a class


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is predicted: `classes` counts the rows of each in the training part; without them it is a number.

    values (m,) are the class indices or the real targets of the training part, reason says why it is taken for what it is.
    """

    name: str
    classes: Mapping[str, int]
    values: IntArray | Array
    reason: str

    @property
    def regression(self) -> bool:
        """Whether a number is predicted."""
        return not self.classes


def inspect_target(raw: RawData) -> Target:
    """Say what is predicted; InvalidInput if the labels are neither classes nor numbers."""
    regression, reason = _nature(raw)
    labels, names = encode_labels(raw, regression=regression)
    values = labels[raw.pool]
    counts = np.bincount(values, minlength=len(names)).tolist() if names else []
    return Target(
        name=raw.parts[raw.pool].label, classes=dict(zip(names or (), counts, strict=True)), values=values, reason=reason
    )


def _nature(raw: RawData) -> tuple[bool, str]:
    """Return whether it is a number that is predicted, and why."""
    y = raw.parts[raw.pool].y
    different = len(np.unique(y))
    if y.dtype.kind == "U":
        if different > max(MOST_CLASSES, len(y) // 2):
            raise InvalidInput(_names_rows(raw, y, different))
        return False, f"{different} different words"
    if y.dtype.kind == "b":
        return False, "true or false"
    if y.dtype.kind == "f" and (np.floor(y[np.isfinite(y)]) != y[np.isfinite(y)]).any():
        return True, "numbers with a fraction"
    if y.dtype.kind in "iu" and different == len(y) > MOST_CLASSES and np.ptp(y.astype(np.float64)) == len(y) - 1:
        raise InvalidInput(_counts_rows(raw))
    if different <= 2 or (different <= MOST_CLASSES and ROWS_A_CLASS * different <= len(y)):
        return False, f"{different} different whole numbers"
    return True, f"{different:,} different whole numbers in {len(y):,} rows"


def _counts_rows(raw: RawData) -> Problem:
    what = f"{quoted(raw.parts[raw.pool].label)} counts the rows: there is nothing to predict in it"
    return Problem(what=what, where=raw.name, cure="name another column: --target COLUMN")


def _names_rows(raw: RawData, y: RawArray, different: int) -> Problem:
    label = raw.parts[raw.pool].label
    what = f"{quoted(label)} has {different:,} different words in {len(y):,} rows: text, or names of the rows"
    cure = "name another column, --target COLUMN; if these are numbers, write them as such: 1234.5"
    return raw.label_problem(raw.pool, 0, f"{what}, the first is {quoted(str(y[0]))}", cure)
