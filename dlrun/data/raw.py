"""What a source brings, before labels are encoded, rows are split and values are normalized."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.data.messages import shown
from dlrun.errors import Problem

RawArray: TypeAlias = npt.NDArray[Any]
Excerpt: TypeAlias = Callable[[int, str], tuple[str, ...]]  # (line, column) → that line of a text file, safe to print
Reader: TypeAlias = Callable[[str], RawArray]  # a column's name → the text of its cells (m,), empty where one is missing

BLOCK = 2**17  # values in a block: 1 MiB of float64, which stays in the cache
MISSING = -1  # the code of a cell without a word


@dataclass(frozen=True, kw_only=True)
class Category:
    """A column of words: its name, and the words in it; a code is an index into them."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RawExamples:
    """Examples as they came: x (m, n) of any real dtype, y (m,) of int, float, bool or text, ids (m,) counted in the source.

    In x a missing cell is NaN; codes (m, k) are those of the categories, MISSING where a cell is. `file` names where they came
    from if that is not the source itself, `label_file` where y came from if that is another. `inputs` names the array that holds
    x (a table, whose columns have names, has none), and `shape` is that of one example before it was flattened; `label` names
    what holds y, a column or an array. `lines` (m,) are the lines of a text file, counted from 1, and `excerpt` shows them;
    `read` gives any column of a table, those that were dropped too, by the ids.
    """

    x: RawArray
    codes: IntArray | None = None
    y: RawArray
    ids: IntArray
    label: str
    file: str = ""
    label_file: str = ""
    inputs: str = "x"
    shape: tuple[int, ...] = ()
    lines: IntArray | None = None
    excerpt: Excerpt | None = None
    read: Reader | None = None

    def __len__(self) -> int:
        return len(self.x)

    def only(self, rows: IntArray | BoolArray) -> "RawExamples":
        """Return some of the rows; ids and lines remember where they were."""
        codes = None if self.codes is None else self.codes[rows]
        lines = None if self.lines is None else self.lines[rows]
        return replace(self, x=self.x[rows], codes=codes, y=self.y[rows], ids=self.ids[rows], lines=lines)


@dataclass(frozen=True, kw_only=True)
class RawData:
    """The parts of a source: either "all", to be split, or "train" with "dev" and "test" where the source brings them.

    `name` stands for the source in messages; `features` name the columns of x, `columns` all that an example has, in the order
    in which it came, `header` all that a table has; `sha256` is that of a file's bytes, or of a generator's arrays; `notes` are
    sentences for the user.
    """

    name: str
    parts: dict[str, RawExamples]
    features: tuple[str, ...]
    categories: tuple[Category, ...] = ()
    columns: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
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

    def key(self, part: str, column: str) -> list[str]:
        """Return the text of every cell (m,) of a column, of one that was dropped too; "" where a cell is missing.

        Raises KeyError if there is no such column.
        """
        examples = self.parts[part]
        if examples.read is not None and column in self.header:
            return [str(text) for text in examples.read(column)[examples.ids]]
        if column not in self.features:
            raise KeyError(column)
        values = examples.x[:, self.features.index(column)].tolist()
        return ["" if value != value else repr(value) for value in values]

    def row_spot(self, part: str, row: int) -> str:
        """Where an example stands: `FILE:LINE`, or `FILE:ARRAY[ROW]`."""
        examples = self.parts[part]
        file = examples.file or self.name
        return f"{file}:{examples.inputs}[{examples.ids[row]}]" if examples.lines is None else f"{file}:{examples.lines[row]}"

    def label_spot(self, part: str, row: int) -> str:
        """Where a label stands inside the source: `LINE:COLUMN`, or `ARRAY[ROW]`."""
        examples = self.parts[part]
        label = shown(examples.label, width=40)
        return f"{label}[{row}]" if examples.lines is None else f"{examples.lines[row]}:{label}"

    def value_spot(self, part: str, row: int, column: int) -> str:
        """Where an input stands inside the source: `LINE:COLUMN`, `COLUMN[ROW]`, or `ARRAY[ROW, COLUMN]` as NumPy counts."""
        examples = self.parts[part]
        if examples.lines is not None:
            return f"{examples.lines[row]}:{shown(self.features[column], width=40)}"
        if not examples.inputs:
            return f"{shown(self.features[column], width=40)}[{row}]"
        index = (row, *np.unravel_index(column, examples.shape or examples.x.shape[1:]))
        return f"{examples.inputs}[{', '.join(str(i) for i in index)}]"

    def label_problem(self, part: str, row: int, what: str, cure: str) -> Problem:
        """Return a problem with one label, at its place and with its line where there is one."""
        file = self.parts[part].label_file
        return self._problem(self.label_spot(part, row), part, row, self.parts[part].label, what, cure, file=file)

    def value_problem(self, part: str, row: int, column: int, what: str, cure: str) -> Problem:
        """Return a problem with one input, at its place and with its line where there is one."""
        return self._problem(self.value_spot(part, row, column), part, row, self.features[column], what, cure)

    def cell_problem(self, part: str, row: int, column: str, what: str, cure: str) -> Problem:
        """Return a problem with one cell of a named column, of numbers or of words."""
        if column in self.features:
            return self.value_problem(part, row, self.features.index(column), what, cure)
        lines = self.parts[part].lines
        spot = shown(column, width=40) + (f"[{row}]" if lines is None else "")
        return self._problem(spot if lines is None else f"{lines[row]}:{spot}", part, row, column, what, cure)

    def _problem(self, spot: str, part: str, row: int, column: str, what: str, cure: str, *, file: str = "") -> Problem:
        lines, excerpt = self.parts[part].lines, self.parts[part].excerpt
        text = excerpt(int(lines[row]), column) if excerpt is not None and lines is not None else ()
        return Problem(what=what, where=f"{file or self.parts[part].file or self.name}:{spot}", excerpt=text, cure=cure)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Rows chosen from one part of a source; index i is the i-th of them. `fill` (n,) stands in for missing numbers."""

    raw: RawData
    part: str
    rows: IntArray
    fill: Array | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def examples(self) -> RawExamples:
        """The whole part."""
        return self.raw.parts[self.part]

    def blocks(self) -> Iterator[Array]:
        """Yield the numbers as float64, a block of rows at a time, missing ones filled in; a block may be overwritten."""
        x = self.examples.x
        for rows in row_blocks(len(self), x.shape[1]):
            block = x[self.rows[rows]].astype(np.float64)
            if self.fill is not None:
                np.copyto(block, self.fill, where=np.isnan(block))
            yield block

    def codes(self, category: int) -> IntArray:
        """Return the codes (m,) of a category, by its number in the source."""
        codes = self.examples.codes
        assert codes is not None, "a source with categories brings codes"
        return np.asarray(codes[self.rows, category])

    def label_problem(self, i: int, what: str, cure: str) -> Problem:
        """Return a problem with the i-th label."""
        return self.raw.label_problem(self.part, int(self.rows[i]), what, cure)

    def value_problem(self, i: int, column: int, what: str, cure: str) -> Problem:
        """Return a problem with an input of the i-th example."""
        return self.raw.value_problem(self.part, int(self.rows[i]), column, what, cure)

    def cell_problem(self, i: int, column: str, what: str, cure: str) -> Problem:
        """Return a problem with a named cell of the i-th example."""
        return self.raw.cell_problem(self.part, int(self.rows[i]), column, what, cure)


def feature_names(n: int) -> tuple[str, ...]:
    """Return names for n columns that have none of their own: x1, x2, …."""
    return tuple(f"x{column}" for column in range(1, n + 1))


def row_blocks(m: int, n: int) -> Iterator[slice]:
    """Yield the blocks of m rows of n values, in order."""
    step = max(1, BLOCK // max(1, n))
    for start in range(0, m, step):
        yield slice(start, min(start + step, m))


def row_numbers(m: int) -> IntArray:
    """Return the numbers of m rows, counted from 0."""
    return np.arange(m, dtype=np.int64)
