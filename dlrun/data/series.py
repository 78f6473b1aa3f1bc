"""A series: one column of numbers in the order in which they came."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from dlrun.arrays import Array
from dlrun.data.messages import Findings, listed, quoted
from dlrun.data.sources.cells import Column, read_numbers
from dlrun.data.sources.table import Table, read_table
from dlrun.data.sources.temperatures import Temperatures
from dlrun.errors import InvalidInput, Problem, raise_all

YEAR_SEED = 5  # decides the weather of the packaged year
LARGEST = 1e100  # beyond it squares and sums leave float64

Unit: TypeAlias = Literal["day", "row", "step"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """The numbers of a column: values (n,) and their places (n,), both float64.

    `unit` is what lies between one value and the next, `place` what the places count: the same, unless only some were recorded.
    """

    source: str
    column: str
    unit: Unit
    place: Unit
    places: Array
    values: Array

    def __len__(self) -> int:
        return len(self.values)


def packaged_year(column: str | None = None) -> Series:
    """Return the seeded year of daily temperatures: the same for everybody. A column that it does not have is InvalidInput."""
    raw = Temperatures().load(YEAR_SEED)
    (part,) = raw.parts.values()
    if column not in {None, part.label}:
        cure = f"name the FILE or RUN that has it; this year has {quoted(part.label)}"
        raise InvalidInput(Problem(what=f"no column {quoted(column or '')} (--column)", where="the packaged year", cure=cure))
    return Series(source="a seeded year", column=part.label, unit="day", place="day", places=part.x[:, 0], values=part.y)


def read_series(path: str, column: str | None) -> Series:
    """Read one column of a table; only its own cells must be numbers. None means the only column.

    InvalidInput: what `read_table` refuses, a column that is not there, and cells at `file:LINE:COLUMN`.
    """
    table, findings = _table(path)
    if column is None and len(table.header) > 1:
        line, cure = table.header_line, f"add `--column NAME`: there are {listed(table.header)}"
        raise InvalidInput(table.problem("which column?", line, 1, cure=cure))
    name = table.header[0] if column is None else column
    (read,) = _numbers(table, [name], findings)
    values = _array(table, read)
    return Series(source=table.name, column=name, unit="row", place="row", places=np.arange(1.0, len(values) + 1), values=values)


def read_steps(path: str, column: str) -> Series:
    """Read a column of a run's steps.csv; its places are the numbers of the steps, of which a long run records only some."""
    table, findings = _table(path)
    steps, read = _numbers(table, ["step", column], findings)
    places, values = _array(table, steps), _array(table, read)
    unit: Unit = "step" if np.all(np.diff(places) == 1) else "row"
    return Series(source=table.name, column=column, unit=unit, place="step", places=places, values=values)


def _table(path: str) -> tuple[Table, Findings]:
    findings = Findings()
    return read_table(path, findings), findings


def _numbers(table: Table, names: list[str], findings: Findings) -> list[Column]:
    """Read columns, or raise all that is wrong with the table and with their cells."""
    for name in names:
        if name not in table.header:
            findings.add(table.header_line, table.no_column(name, "--column"))
    read = read_numbers(table, [name for name in names if name in table.header], "smooth another with `--column`")
    for column in read:
        column.report(table, findings)
    findings.raise_all()
    return read


def _array(table: Table, column: Column) -> Array:
    """Return the numbers (n,) of a column; none may be too large to be squared and summed."""
    values = np.array(column.numbers, dtype=np.float64)
    large = np.flatnonzero(np.abs(values) > LARGEST)[:1]
    what, cure = f"larger than {LARGEST:g} in magnitude, too large to be averaged", "divide the column by its unit"
    raise_all(table.problem(what, int(table.lines[row]), column.name, cell=column.cell, cure=cure) for row in large)
    return values
