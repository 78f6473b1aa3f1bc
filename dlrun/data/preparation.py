"""Preparation: what lies between raw values and a network, in both directions, so that a run can be used without its data."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np

from dlrun.arrays import Array
from dlrun.data.labels import LabelType
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

    features are the columns of x in their order, `images` says that they are pixels; exactly one of classes (classification)
    and target_scale (regression) is there.
    """

    features: tuple[str, ...]
    images: bool
    normalization: Normalization
    dtype: Dtype
    classes: Classes | None
    target_scale: TargetScale | None

    def inputs(self, selection: Selection) -> Array:
        """Return what the network sees of these examples, (m, n); InvalidInput if a value is too large for it."""
        return self.normalization.apply(selection, self.dtype)

    def to_json(self) -> dict[str, Any]:
        """Return preparation.json; every number reads back to the same bits.

        `inputs` is a list of blocks of columns that are prepared alike; there is one kind, columns of numbers.
        """
        return {
            "schema": SCHEMA,
            "dtype": self.dtype,
            "inputs": [{"kind": "numbers", "images": self.images, "columns": list(self.features)}],
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
            (block,) = tree["inputs"]
            classes, target_scale = _target_from_json(tree["target"])
            found = cls(
                features=_names(block["columns"]),
                images=_one_of(block["images"], (False, True)),
                normalization=Normalization.from_json(tree["normalization"]),
                dtype=_one_of(tree["dtype"], get_args(Dtype)),
                classes=classes,
                target_scale=target_scale,
            )
            _one_of(block["kind"], ("numbers",))
            _one_of(len(found.normalization.mean), (1, len(found.features)))
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InvalidInput(f"the stored preparation is damaged: {type(error).__name__} {error}") from None
        return found


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
