"""Labels: what a source brings as y becomes what a loss wants, class indices or real targets."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.data.messages import MOST, limited, listed, quoted
from dlrun.data.raw import RawArray, RawData
from dlrun.errors import InvalidInput, Problem, raise_all

LabelArray: TypeAlias = npt.NDArray[Any]  # class indices int64, or targets of a float dtype
Labels = dict[str, LabelArray]
LARGEST_CLASS = 2**53  # beyond it not every integer is a float64

REGRESSION = "for regression write `loss: squared_error`"


def encode_labels(raw: RawData, *, regression: bool) -> tuple[Labels, tuple[str, ...] | None]:
    """Return the labels of every part, and the names of the classes (None for regression).

    Classes: indices int64 (m,) into the names, which are sorted as numbers if all labels are, else as text.
    Regression: float64 (m,). InvalidInput says where each label stands that is neither.
    """
    return (_targets(raw), None) if regression else _classes(raw)


def label_notes(labels: IntArray, classes: tuple[str, ...]) -> Iterator[str]:
    """Yield what the user should know about the classes of the training part."""
    absent = [classes[index] for index in np.flatnonzero(np.bincount(labels, minlength=len(classes)) == 0)]
    if absent:
        yield f"no training example of class {listed(absent)}: it cannot be learned"
    if len(classes) > max(10, len(labels) // 2):
        yield f"{len(classes):,} classes for {len(labels):,} training examples; {REGRESSION}"


def _targets(raw: RawData) -> Labels:
    targets: Labels = {part: _as_floats(examples.y) for part, examples in raw.parts.items()}
    _refuse(raw, {part: ~np.isfinite(y) for part, y in targets.items()}, _not_a_target)
    return targets


def _as_floats(y: RawArray) -> Array:
    """Return y as float64, NaN where text is no number."""
    if y.dtype.kind != "U":
        return y.astype(np.float64)
    return np.array([_float(text) for text in y], dtype=np.float64)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _not_a_target(label: object) -> tuple[str, str]:
    if isinstance(label, str):
        return f"the label {quoted(label)} is not a finite number", "for classes leave `loss` out"
    return f"the label {label} is not a finite number", "replace it or remove the row"


def _classes(raw: RawData) -> tuple[Labels, tuple[str, ...]]:
    _refuse(raw, {part: _no_class(examples.y) for part, examples in raw.parts.items()}, _not_a_class)
    if len({examples.y.dtype.kind == "U" for examples in raw.parts.values()}) > 1:
        kinds = ", ".join(f"{examples.label} holds {examples.y.dtype}" for examples in raw.parts.values())
        raise InvalidInput(Problem(what=f"labels are text in one part and numbers in another: {kinds}", where=raw.name))
    labels = np.concatenate([_integers(examples.y) for examples in raw.parts.values()])
    values, codes = np.unique(labels, return_inverse=True)
    classes = tuple(str(value) for value in values)
    if len(classes) < 2:
        label = raw.parts[raw.pool].label
        what = f"all labels are {quoted(classes[0])}; a classifier needs two classes"
        raise InvalidInput(Problem(what=what, where=f"{raw.name}:{label}", cure="is this the right target?"))
    ends = np.cumsum([len(examples) for examples in raw.parts.values()])[:-1]
    return dict(zip(raw.parts, np.split(codes.astype(np.int64), ends), strict=True)), classes


def _no_class(y: RawArray) -> BoolArray:
    """Mark the labels that cannot name a class: blank text, fractions, what is not finite."""
    if y.dtype.kind == "U":
        return np.array([not text.strip() for text in y], dtype=np.bool_)
    if y.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            return np.asarray((np.floor(y) != y) | ~(np.abs(y) <= LARGEST_CLASS), dtype=np.bool_)
    return np.zeros(len(y), dtype=np.bool_)


def _integers(y: RawArray) -> RawArray:
    """Return whole floats as int64, so that 1.0 and 1 are one class named 1."""
    return y.astype(np.int64) if y.dtype.kind == "f" else y


def _not_a_class(label: object) -> tuple[str, str]:
    if isinstance(label, str):
        return "the label is empty", "give the row a label, or remove it"
    if isinstance(label, float) and np.isfinite(label):
        return f"the target holds real numbers, here {label}", REGRESSION
    return f"the label {label} is not a finite number", "replace it or remove the row"


def _refuse(raw: RawData, bad: dict[str, BoolArray], explain: Callable[[object], tuple[str, str]]) -> None:
    """Raise InvalidInput for the labels that are marked: the first ten with their places, the others counted."""
    problems = []
    for part, marked in bad.items():
        for row in np.flatnonzero(marked)[:MOST]:
            what, cure = explain(raw.parts[part].y[row].item())
            problems.append(Problem(what=what, where=raw.label_place(part, int(row)), cure=cure))
    raise_all(limited(problems, sum(int(marked.sum()) for marked in bad.values())))
