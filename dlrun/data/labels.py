"""Labels: what a source brings as y becomes what a loss wants, class indices or real targets."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.data.messages import listed, quoted, shown
from dlrun.data.raw import RawArray, RawData
from dlrun.errors import InvalidInput, Problem, raise_all

LabelArray: TypeAlias = npt.NDArray[Any]  # class indices int64, or targets of a float dtype
LabelType: TypeAlias = Literal["integer", "boolean", "text"]  # what they are in the data
Labels = dict[str, LabelArray]
Marks = dict[str, BoolArray]  # by part: which labels share a fault
LARGEST_CLASS = 2**53  # beyond it not every integer is a float64

A_FEW = 10  # rows whose labels may all differ by chance
FIRST = 3  # labels whose places are told when many share a fault

REGRESSION = "for regression write `loss: squared_error`"


def encode_labels(raw: RawData, *, regression: bool) -> tuple[Labels, tuple[str, ...] | None]:
    """Return the labels of every part, and the names of the classes (None for regression).

    Classes: indices int64 (m,) into the names, which are sorted as numbers if all labels are, else as text.
    Regression: float64 (m,). InvalidInput says each cause why labels are neither, how many and where the first of them stand.
    """
    return (_targets(raw), None) if regression else _classes(raw)


def known_labels(raw: RawData, classes: tuple[str, ...], labels: LabelType) -> IntArray:
    """Return the labels (m,) of a part "all" as indices of classes that a run knows; `labels` is what they were in training.

    InvalidInput for a label that is none of them, with its place.
    """
    raise_all(_not_classes(raw))
    y = _integers(raw.parts["all"].y)
    names = [str(label) for label in y.tolist()]
    if labels == "integer" and _is_text(y):
        names = [_whole(name) for name in names]
    places = {name: place for place, name in enumerate(classes)}
    found = np.array([places.get(name, -1) for name in names], dtype=np.int64)

    def unseen(label: Any) -> str:
        return f"the label {quoted(str(label))} is none that this run knows"

    raise_all(_fault(raw, {"all": found < 0}, unseen, f"the classes are {listed(classes)}"))
    return found


def _whole(text: str) -> str:
    """Return a whole number as Python writes it, so that 1.0 and 1 are one class; any other text as it is."""
    number = _float(text)
    return str(int(number)) if number.is_integer() else text


def label_type(raw: RawData) -> LabelType:
    """Return what the labels are that name the classes: whole floats are integers too."""
    dtype = np.result_type(*(_integers(examples.y) for examples in raw.parts.values()))
    types: dict[str, LabelType] = {"b": "boolean", "i": "integer", "u": "integer"}
    return types.get(dtype.kind, "text")


def check_training_labels(labels: IntArray, classes: tuple[str, ...]) -> None:
    """Raise InvalidInput if the training part has fewer examples than there are classes, or one class only."""
    present, cure = _present(labels), "leave more examples to training: make dev and test smaller"
    if len(labels) < len(classes):
        what = f"{len(labels):,} training examples for {len(classes):,} classes: not all of them can be learned"
        raise InvalidInput(Problem(what=what, where="data.split", cure=f"{cure}; {REGRESSION}"))
    if len(present) < 2:
        what = f"all {len(labels):,} training examples are of class {quoted(classes[present[0]])}; a classifier needs two classes"
        raise InvalidInput(Problem(what=what, where="data.split", cure=cure))


def label_notes(labels: IntArray, classes: tuple[str, ...]) -> Iterator[str]:
    """Yield what the user should know about the classes of the training part."""
    if len(classes) > max(10, len(labels) // 2):
        yield f"{len(classes):,} classes for {len(labels):,} training examples; {REGRESSION}"


def _present(labels: IntArray) -> IntArray:
    """Return the class indices that occur, sorted; `np.unique` would import NumPy's masked arrays first."""
    return np.flatnonzero(np.bincount(labels))


def _targets(raw: RawData) -> Labels:
    targets: Labels = {part: _as_floats(examples.y) for part, examples in raw.parts.items()}
    words: Marks = {}
    numbers: Marks = {}
    for part, y in targets.items():
        (words if _is_text(raw.parts[part].y) else numbers)[part] = ~np.isfinite(y)
    raise_all(
        [
            *_fault(
                raw, words, lambda label: f"the label {quoted(label)} is not a finite number", "for classes leave `loss` out"
            ),
            *_not_finite(raw, numbers),
        ]
    )
    return targets


def _is_text(y: RawArray) -> bool:
    return y.dtype.kind == "U"


def _as_floats(y: RawArray) -> Array:
    """Return y as float64, NaN where text is no number."""
    if not _is_text(y):
        return y.astype(np.float64)
    return np.array([_float(text) for text in y], dtype=np.float64)


def _float(text: str) -> float:
    """Return the number in a text; `1_000` is a number to Python, not in a table."""
    try:
        return np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan


def _classes(raw: RawData) -> tuple[Labels, tuple[str, ...]]:
    raise_all(_not_classes(raw))
    if len({_is_text(examples.y) for examples in raw.parts.values()}) > 1:
        kinds = ", ".join(f"{shown(examples.label)} holds {examples.y.dtype}" for examples in raw.parts.values())
        raise InvalidInput(Problem(what=f"labels are text in one part and numbers in another: {kinds}", where=raw.name))
    labels = np.concatenate([_integers(examples.y) for examples in raw.parts.values()])
    values, codes = np.unique(labels, return_inverse=True)
    classes = tuple(str(value) for value in values)
    if len(classes) < 2:
        label = shown(raw.parts[raw.pool].label, width=40)
        what = f"all labels are {quoted(classes[0])}; a classifier needs two classes"
        raise InvalidInput(Problem(what=what, where=f"{raw.name}:{label}", cure="is this the right target?"))
    ends = np.cumsum([len(examples) for examples in raw.parts.values()])[:-1]
    indices = dict(zip(raw.parts, np.split(codes.astype(np.int64), ends), strict=True))
    raise_all([*_names_of_rows(raw, indices[raw.pool]), *_unseen(raw, indices)])
    return indices, classes


def _names_of_rows(raw: RawData, indices: IntArray) -> Iterator[Problem]:
    """Yield a problem if the examples that are to be split have a different label each."""
    if len(_present(indices)) == len(indices) > A_FEW:
        what = f"each of {len(indices):,} rows has a label of its own: it names the row, not a class"
        yield raw.label_problem(raw.pool, 0, what, f"choose another target; {REGRESSION}")


def _unseen(raw: RawData, indices: Mapping[str, IntArray]) -> Iterator[Problem]:
    """Yield a problem if a part that the source brings has classes that its training part has not."""
    taught = _present(indices[raw.pool])
    marks = {part: ~np.isin(indices[part], taught) for part in raw.parts if part in raw.brought}
    cure = "it cannot be learned: correct it, remove such rows, or give training some of them"
    yield from _fault(raw, marks, lambda label: f"no training example has the label {quoted(str(label))}", cure)


def _integers(y: RawArray) -> RawArray:
    """Return whole floats as int64, so that 1.0 and 1 are one class named 1."""
    return y.astype(np.int64) if y.dtype.kind == "f" else y


def _not_classes(raw: RawData) -> Iterator[Problem]:
    """Yield what cannot name a class: blank text, what is not finite, fractions."""
    parts = {part: examples.y for part, examples in raw.parts.items()}
    floats = {part: y for part, y in parts.items() if y.dtype.kind == "f"}
    blank = {part: np.array([not text.strip() for text in y], dtype=np.bool_) for part, y in parts.items() if _is_text(y)}
    yield from _fault(raw, blank, lambda _: "the label is empty", "give the row a label, or remove it")
    yield from _not_finite(raw, {part: ~np.isfinite(y) for part, y in floats.items()})
    real = {part: np.isfinite(y) & ((np.floor(y) != y) | (np.abs(y) > LARGEST_CLASS)) for part, y in floats.items()}
    yield from _fault(raw, real, lambda label: f"the target holds real numbers, here {label}", REGRESSION)


def _not_finite(raw: RawData, marks: Marks) -> Iterator[Problem]:
    yield from _fault(raw, marks, lambda label: f"the label {label} is not a finite number", "replace it or remove the row")


def _fault(raw: RawData, marks: Marks, what: Callable[[Any], str], cure: str) -> Iterator[Problem]:
    """Yield one problem for all labels that are marked: at the first of them, with their number and the next places."""
    found = sum(int(marked.sum()) for marked in marks.values())
    first = [(part, int(row)) for part, marked in marks.items() for row in np.flatnonzero(marked)[:FIRST]][:FIRST]
    if not first:
        return
    part, row = first[0]
    words = what(raw.parts[part].y[row].item())
    if found > 1:
        places = ", ".join(raw.label_spot(*place) for place in first[1:])
        words += f"; {found:,} such labels in all, the next at {places}"
    yield raw.label_problem(part, row, words, cure)
