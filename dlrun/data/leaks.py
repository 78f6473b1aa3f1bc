"""Leaks: features that hold the answer, which will not be there when the network is used."""

from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.data.inspection import Cells, tokens
from dlrun.data.targets import Target

NEARLY_ALL = 0.99  # of what chance leaves: a feature alone that tells so many classes is hardly an honest one
NEARLY_LINEAR = 0.999  # of 1: an absolute correlation
ENOUGH = 30  # rows, and ten of each class in the mean: with fewer, chance predicts well
SHORTEST = 3  # letters of a target's name that may stand in another by no chance
ROWS_IN_ANY_ORDER = 0  # the seed of an order that has nothing to do with the labels


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A column that may hold the answer, and why it is thought to; `copy` says that it is the target itself."""

    column: str
    reason: str
    copy: bool = False


def find_leak(cells: Cells, target: Target) -> Leak | None:
    """Say why a column may hold the answer, if it may, as far as the training part tells."""
    if _is_copy(cells, target):
        return Leak(column=cells.name, reason="it is the target, in every row", copy=True)
    values = _as_numbers(cells)
    if not target.regression and agreement(values, np.asarray(target.values, dtype=np.int64)) >= NEARLY_ALL:
        return Leak(column=cells.name, reason="it alone tells the classes apart")
    if target.regression and cells.numeric.all():
        r = linear(values, np.asarray(target.values, dtype=np.float64))
        if r > NEARLY_LINEAR:
            return Leak(column=cells.name, reason=f"its correlation with the target is {r:.4f}")
    inside = tokens(target.name)
    if len(target.name) >= SHORTEST and inside and _contains(tokens(cells.name), inside):
        return Leak(column=cells.name, reason="its name contains the target's")
    return None


def linear(values: Array, targets: Array) -> float:
    """Return |r|, the absolute correlation of the rows where there is a value; 0 where nothing varies, or rows are few."""
    there = np.isfinite(values)
    x, y = values[there], targets[there]
    if len(x) < ENOUGH or x.max() == x.min() or y.max() == y.min():
        return 0.0
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    return abs(float((x * y).mean()))


def agreement(values: Array, labels: IntArray) -> float:
    """Return how well a column alone tells the classes: 0 as well as chance, 1 perfectly.

    Rows are put in the order of their values, equal ones in any order, and each foretells the class of the next. A column
    whose ranges or words are the classes is wrong only where one ends: C − 1 times, which do not count. With p the share of
    the others that are right and q = Σ share² what chance gives: (p − q)/(1 − q).
    """
    there = np.isfinite(values)
    y = labels[there]
    counts = np.bincount(y)
    classes = int((counts > 0).sum())
    if len(y) < max(ENOUGH, 10 * classes) or classes < 2:
        return 0.0
    any_order = np.random.default_rng(ROWS_IN_ANY_ORDER).permutation(len(y))
    ranked = y[any_order][np.argsort(values[there][any_order], kind="stable")]
    wrong = max(0, int((ranked[1:] != ranked[:-1]).sum()) - (classes - 1))
    chance = float(((counts / len(y)) ** 2).sum())
    return (1 - wrong / (len(y) - 1) - chance) / (1 - chance)


def _as_numbers(cells: Cells) -> Array:
    """Return what the column is sorted by: its numbers, or the codes of its words; NaN where a cell is missing."""
    if len(cells.words) and cells.numeric.all():
        return cells.numbers()
    return np.where(cells.train < 0, np.nan, cells.train.astype(np.float64))


def _is_copy(cells: Cells, target: Target) -> bool:
    if target.regression:
        return np.array_equal(cells.numbers(), target.values)
    words, names = np.array([*cells.words, ""]), np.array(list(target.classes))
    return np.array_equal(words[cells.train], names[target.values])


def _contains(words: list[str], inside: list[str]) -> bool:
    starts = range(len(words) - len(inside) + 1)
    return any(words[start : start + len(inside)] == inside for start in starts)
