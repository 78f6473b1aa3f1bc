"""Preparation: what lies between raw values and a network, in both directions, so that a run can be used without its data."""

from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np

from dlrun.arrays import Array, aligned_zeros
from dlrun.data.deferred import DeferredInputs
from dlrun.data.encoding import GAP, Encoding
from dlrun.data.labels import LabelType
from dlrun.data.missing import Imputation
from dlrun.data.preprocessing import Normalization, TargetScale
from dlrun.data.raw import RawArray, Selection
from dlrun.errors import InvalidInput

SCHEMA = 1

Dtype: TypeAlias = Literal["float32", "float64"]


@dataclass(frozen=True, kw_only=True)
class Classes:
    """The classes of a classifier in the order of its outputs: their names, and what the labels were in the data."""

    names: tuple[str, ...]
    labels: LabelType

    def values(self) -> RawArray:
        """Return the labels (C,) as the data held them: int64 (uint64 beyond), bool, or text.

        Errors: InvalidInput if a name is no such label.
        """
        try:
            match self.labels:
                case "integer":
                    values = np.array([int(name) for name in self.names])
                case "boolean":
                    values = np.array([("False", "True").index(name) for name in self.names], dtype=np.bool_)
                case "text":
                    values = np.array(self.names, dtype=np.str_)
        except (ValueError, OverflowError):
            values = np.array(None)
        if values.dtype.kind not in "iubU":
            raise InvalidInput(f"the stored classes are damaged: not all of them are of type {self.labels}")
        return values


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How raw values become a network's input, and what its output means; all of it measured on the training part.

    columns are those an example brings, in their order: the columns of numbers, `images` says that they are pixels, and those of
    words, each with its encoding. Exactly one of classes (classification) and target_scale (regression) is there.
    """

    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    images: bool
    normalization: Normalization
    imputation: Imputation | None = None
    encodings: tuple[Encoding, ...] = ()
    dtype: Dtype
    classes: Classes | None
    target_scale: TargetScale | None

    @property
    def features(self) -> tuple[str, ...]:
        """The network's inputs: numbers, where numbers were missing, words."""
        flags = (f"{self.numbers[column]}={GAP}" for column in self._flagged)
        return (*self.numbers, *flags, *(name for encoding in self.encodings for name in encoding.features))

    def inputs(self, selection: Selection) -> Array:
        """Return what the network sees of these examples, (m, n); InvalidInput if a value is too large for it."""
        z = aligned_zeros((len(selection), len(self.features)), self.dtype)
        fill = self.imputation.fill if self.imputation else None
        n = len(self.numbers)
        self.normalization.write(replace(selection, fill=fill), z[:, :n])
        for column in self._flagged:
            z[:, n] = np.isnan(selection.examples.x[selection.rows, column])
            n += 1
        for number, encoding in enumerate(self.encodings):
            end = n + len(encoding.features)
            encoding.write(selection.codes(number), selection.raw.categories[number], z[:, n:end])
            n = end
        return z

    def inputs_later(self, selection: Selection) -> Array | DeferredInputs:
        """Return what `inputs` does, made when it is asked for if these are small integers alone; errors as there, at once."""
        alone = len(self.features) == selection.examples.x.shape[1]
        if alone and DeferredInputs.possible(selection, self.normalization, self.dtype):
            return DeferredInputs(selection, self.normalization, self.dtype)
        return self.inputs(selection)

    @property
    def _flagged(self) -> tuple[int, ...]:
        return self.imputation.flagged if self.imputation else ()

    def to_json(self) -> dict[str, Any]:
        """Return preparation.json; every number reads back to the same bits.

        `inputs` is a list of blocks in the order of the network's inputs: the columns of numbers, then each column of words.
        """
        fill = self.imputation.fill.tolist() if self.imputation else None
        numbers = {
            "kind": "numbers",
            "images": self.images,
            "columns": list(self.numbers),
            "fill": fill,
            "flagged": list(self._flagged),
        }
        words = ({"kind": "words", **asdict(encoding), "words": list(encoding.words)} for encoding in self.encodings)
        return {
            "schema": SCHEMA,
            "dtype": self.dtype,
            "columns": list(self.columns),
            "inputs": [numbers, *words],
            "normalization": self.normalization.to_json(),
            "target": _target_json(self),
        }

    @classmethod
    def from_json(cls, tree: Any) -> "Preparation":
        """Rebuild what `to_json` wrote.

        Errors: InvalidInput if it is damaged, or a newer dlrun wrote it.
        """
        try:
            if tree["schema"] != SCHEMA:
                raise InvalidInput(f"this preparation has schema {tree['schema']!r}, this dlrun reads {SCHEMA}")
            block, *words = tree["inputs"]
            _one_of(block["kind"], ("numbers",))
            numbers = _names(block["columns"])
            classes, target_scale = _target_from_json(tree["target"])
            found = cls(
                columns=_names(tree["columns"]),
                numbers=numbers,
                images=_one_of(block["images"], (False, True)),
                normalization=Normalization.from_json(tree["normalization"]),
                imputation=_imputation_from_json(block, len(numbers)),
                encodings=tuple(map(_encoding_from_json, words)),
                dtype=_one_of(tree["dtype"], get_args(Dtype)),
                classes=classes,
                target_scale=target_scale,
            )
            _one_of(len(found.normalization.mean), (1, len(numbers)))
            _one_of(sorted(found.columns), (sorted([*numbers, *(encoding.name for encoding in found.encodings)]),))
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise InvalidInput(f"the stored preparation is damaged: {type(error).__name__} {error}"[:300]) from None
        return found


def _imputation_from_json(block: Any, n: int) -> Imputation | None:
    if block["fill"] is None:
        return None
    fill, flagged = np.array(block["fill"], dtype=np.float64), tuple(block["flagged"])
    _one_of(fill.shape, ((n,),))
    if not np.isfinite(fill).all() or not all(type(column) is int and 0 <= column < n for column in flagged):
        raise ValueError("a finite number for each column stands in for missing ones")
    _one_of(flagged, (tuple(sorted(set(flagged))),))
    return Imputation(fill=fill, flagged=flagged)


def _encoding_from_json(block: Any) -> Encoding:
    _one_of(block["kind"], ("words",))
    (name,) = _names([block["name"]])
    other, gap = (_one_of(block[key], (False, True)) for key in ("other", "gap"))
    return Encoding(name=name, words=_names(block["words"]), other=other, gap=gap)


def _target_json(preparation: Preparation) -> dict[str, Any]:
    if preparation.classes:
        return {"kind": "classes", "labels": preparation.classes.labels, "names": list(preparation.classes.names)}
    scale = preparation.target_scale
    assert scale, "what is no classification is a regression"
    return {"kind": "number", "mean": scale.mean, "deviation": scale.deviation}


def _target_from_json(tree: Any) -> tuple[Classes | None, TargetScale | None]:
    if _one_of(tree["kind"], ("classes", "number")) == "number":
        mean, deviation = float(tree["mean"]), float(tree["deviation"])
        if not (isfinite(mean) and isfinite(deviation) and deviation > 0):
            raise ValueError("the target's mean must be finite, its deviation finite and above 0")
        return None, TargetScale(mean=mean, deviation=deviation)
    classes = Classes(names=_names(tree["names"]), labels=_one_of(tree["labels"], get_args(LabelType)))
    if len(classes.values()) < 2:
        raise ValueError("a classifier has two classes or more")
    return classes, None


def _names(stored: Any) -> tuple[str, ...]:
    if not isinstance(stored, list) or not all(isinstance(name, str) for name in stored) or len(set(stored)) != len(stored):
        raise ValueError("names must be a list of different texts")
    return tuple(cast("list[str]", stored))


def _one_of(stored: Any, allowed: tuple[Any, ...]) -> Any:
    if not any(stored == value and type(stored) is type(value) for value in allowed):
        raise ValueError(f"one of {', '.join(map(repr, allowed))} is expected, not {stored!r}"[:200])
    return stored
