"""What a source brings, before labels are encoded, rows are split and values are normalized."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dlrun.arrays import IntArray
from dlrun.data.messages import shown
from dlrun.errors import Problem

RawArray: TypeAlias = npt.NDArray[Any]
Excerpt: TypeAlias = Callable[[int, str], tuple[str, ...]]  # (line, column) → that line of a text file, safe to print


@dataclass(frozen=True, kw_only=True)
class RawExamples:
    """Examples as they came: x (m, n) of any real dtype, y (m,) of int, float, bool or text, ids (m,) counted in the source.

    `inputs` names the array that holds x, and `shape` is that of one example before it was flattened; `label` names what
    holds y, a column or an array. `lines` (m,) are the lines of a text file, counted from 1, and `excerpt` shows them.
    """

    x: RawArray
    y: RawArray
    ids: IntArray
    label: str
    inputs: str = "x"
    shape: tuple[int, ...] = ()
    lines: IntArray | None = None
    excerpt: Excerpt | None = None

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, kw_only=True)
class RawData:
    """The parts of a source: either "all", to be split, or "train" with "dev" and "test" where the source brings them.

    `name` stands for the source in messages; `sha256` is that of a file's bytes, or of a generator's arrays; `notes` are
    sentences for the user.
    """

    name: str
    parts: dict[str, RawExamples]
    features: tuple[str, ...]
    images: bool
    sha256: str
    notes: tuple[str, ...] = ()

    @property
    def pool(self) -> str:
        """The part that is split: all, or the training part of a file that brings its own."""
        return "all" if "all" in self.parts else "train"

    @property
    def brought(self) -> frozenset[str]:
        """The parts that are kept as they came."""
        return frozenset(self.parts) - {self.pool}

    def label_spot(self, part: str, row: int) -> str:
        """Where a label stands inside the source: `LINE:COLUMN`, or `ARRAY[ROW]`."""
        examples = self.parts[part]
        label = shown(examples.label, width=40)
        return f"{label}[{row}]" if examples.lines is None else f"{examples.lines[row]}:{label}"

    def value_spot(self, part: str, row: int, column: int) -> str:
        """Where an input stands inside the source: `LINE:COLUMN`, or `ARRAY[ROW, COLUMN]` as NumPy counts."""
        examples = self.parts[part]
        if examples.lines is not None:
            return f"{examples.lines[row]}:{shown(self.features[column], width=40)}"
        index = (row, *np.unravel_index(column, examples.shape or examples.x.shape[1:]))
        return f"{examples.inputs}[{', '.join(str(i) for i in index)}]"

    def label_problem(self, part: str, row: int, what: str, cure: str) -> Problem:
        """Return a problem with one label, at its place and with its line where there is one."""
        return self._problem(self.label_spot(part, row), part, row, self.parts[part].label, what, cure)

    def value_problem(self, part: str, row: int, column: int, what: str, cure: str) -> Problem:
        """Return a problem with one input, at its place and with its line where there is one."""
        return self._problem(self.value_spot(part, row, column), part, row, self.features[column], what, cure)

    def _problem(self, spot: str, part: str, row: int, column: str, what: str, cure: str) -> Problem:
        lines, excerpt = self.parts[part].lines, self.parts[part].excerpt
        text = excerpt(int(lines[row]), column) if excerpt is not None and lines is not None else ()
        return Problem(what=what, where=f"{self.name}:{spot}", excerpt=text, cure=cure)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Rows chosen from one part of a source; index i is the i-th of them."""

    raw: RawData
    part: str
    rows: IntArray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def examples(self) -> RawExamples:
        """The whole part."""
        return self.raw.parts[self.part]

    def label_problem(self, i: int, what: str, cure: str) -> Problem:
        """Return a problem with the i-th label."""
        return self.raw.label_problem(self.part, int(self.rows[i]), what, cure)

    def value_problem(self, i: int, column: int, what: str, cure: str) -> Problem:
        """Return a problem with an input of the i-th example."""
        return self.raw.value_problem(self.part, int(self.rows[i]), column, what, cure)


def feature_names(n: int) -> tuple[str, ...]:
    """Return names for n columns that have none of their own: x1, x2, …."""
    return tuple(f"x{column}" for column in range(1, n + 1))


def row_numbers(m: int) -> IntArray:
    """Return the numbers of m rows, counted from 0."""
    return np.arange(m, dtype=np.int64)
