"""What a source brings, before labels are encoded, rows are split and values are normalized."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dlrun.arrays import IntArray

RawArray: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class RawExamples:
    """Examples as they came: x (m, n) of any real dtype, y (m,) of int, float, bool or text, ids (m,) counted in the source.

    `label` names what holds y, a column or an array; `lines` (m,) are the lines of a text file, counted from 1.
    """

    x: RawArray
    y: RawArray
    ids: IntArray
    label: str
    lines: IntArray | None = None

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

    def label_place(self, part: str, row: int) -> str:
        """Where one label stands: `file.csv:LINE:COLUMN`, or `file.npz:ARRAY[ROW]`."""
        examples = self.parts[part]
        if examples.lines is None:
            return f"{self.name}:{examples.label}[{row}]"
        return f"{self.name}:{examples.lines[row]}:{examples.label}"


def feature_names(n: int) -> tuple[str, ...]:
    """Return names for n columns that have none of their own: x1, x2, …."""
    return tuple(f"x{column}" for column in range(1, n + 1))


def row_numbers(m: int) -> IntArray:
    """Return the numbers of m rows, counted from 0."""
    return np.arange(m, dtype=np.int64)
