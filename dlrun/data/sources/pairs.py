"""Arrays in pairs, x and y of one part: what must be true of them, and the examples that they make."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from dlrun.data.messages import quoted, shown
from dlrun.data.raw import RawArray, RawData, RawExamples, feature_names, row_numbers
from dlrun.errors import Problem, raise_all


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Inputs and labels of one part, of any shape and dtype; the file of each as messages show it, and its name there."""

    x: RawArray
    y: RawArray
    file: str
    label_file: str
    inputs: str = "x"
    label: str = "y"

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the two."""
        x, y, at_x, at_y = self.x, self.y, f"{self.file}:{self.inputs}", f"{self.label_file}:{self.label}"
        if x.dtype.kind not in "biuf":
            yield Problem(what=f"must hold real numbers, its dtype is {shown(str(x.dtype))}", where=at_x)
        elif x.ndim < 2:
            cure = "one column is x.reshape(-1, 1)"
            yield Problem(what=f"must be (examples, features), it is {x.shape}", where=at_x, cure=cure)
        elif not x.size:
            yield Problem(what=f"is empty: its shape is {x.shape}", where=at_x)
        else:
            yield from _infinite(at_x, x)
        if y.dtype.kind not in "biufU":
            yield Problem(what=f"must hold numbers or text, its dtype is {shown(str(y.dtype))}", where=at_y)
        elif y.ndim == 0 or y.size != len(y):
            cure = f"for one column for each class: {self.label}.argmax(axis=1)"
            yield Problem(what=f"must be (m,) or (m, 1), it is {y.shape}", where=at_y, cure=cure)
        elif x.ndim and len(x) != len(y):
            yield Problem(what=f"{len(x):,} examples in {self.inputs}, {len(y):,} labels in {self.label}", where=at_y)

    def examples(self) -> RawExamples:
        """Return them as rows, each x flattened."""
        flat = np.ascontiguousarray(self.x).reshape(len(self.x), -1)
        return RawExamples(
            x=flat,
            y=self.y.reshape(-1),
            ids=row_numbers(len(flat)),
            label=self.label,
            file=self.file,
            label_file=self.label_file,
            inputs=self.inputs,
            shape=self.x.shape[1:],
        )


def paired(pairs: Mapping[str, Pair], sha256: str, notes: tuple[str, ...] = ()) -> RawData:
    """Return the parts as one source, the one that is split first; InvalidInput for all that is wrong with them.

    Unsigned bytes, and whatever had more than two dimensions, are images; NaN in x is a missing cell.
    """
    raise_all(problem for pair in pairs.values() for problem in pair.problems())
    parts = {part: pair.examples() for part, pair in pairs.items()}
    raise_all(_unequal_columns(parts))
    first = next(iter(pairs.values()))
    return RawData(
        name=first.file,
        parts=parts,
        features=feature_names(prod(first.x.shape[1:])),
        images=first.x.dtype == np.uint8 or first.x.ndim > 2,
        sha256=sha256,
        notes=notes,
    )


def _infinite(where: str, x: RawArray) -> Iterator[Problem]:
    """Yield the first value that is infinite, and how many there are; rows in blocks, so that nothing large is made."""
    if x.dtype.kind != "f":
        return
    found, first = 0, ""
    for start in range(0, len(x), 1024):
        block = x[start : start + 1024]
        bad = np.argwhere(np.isinf(block))
        if len(bad) and not found:
            row, *rest = bad[0]
            first = f"[{', '.join(str(int(index)) for index in (start + row, *rest))}]"
            value = block[tuple(bad[0])]
        found += len(bad)
    if found:
        more = f"; {found:,} such values in all" if found > 1 else ""
        yield Problem(what=f"{value} is not a finite number{more}", where=where + first, cure="replace it or remove the row")


def _unequal_columns(parts: Mapping[str, RawExamples]) -> Iterator[Problem]:
    """Yield the parts that are not as wide as the first."""
    first, *others = parts.values()
    n = first.x.shape[1]
    for part in others:
        if part.x.shape[1] != n:
            known = quoted(first.inputs) if part.file == first.file else f"{first.file}:{first.inputs}"
            yield Problem(what=f"has {part.x.shape[1]:,} columns, {known} has {n:,}", where=f"{part.file}:{part.inputs}")
