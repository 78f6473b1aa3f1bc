"""A second, slow look at columns of numbers in which some cell is none: cell by cell, each with its place."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from dlrun.data.messages import MOST, Findings, quoted, yaml_word
from dlrun.data.sources.table import Table

LONGEST_LABEL = 1000  # characters; all labels of an array take the space of the longest


def names_a_class(label: str) -> bool:
    """Whether a label is neither blank nor a text of any length."""
    return len(label) <= LONGEST_LABEL and bool(label.strip())


@dataclass(kw_only=True)
class Column:
    """One column while it is read: the numbers so far, how many cells are bad, and the first of them as (line, text).

    `instead` is what one may do rather than repair the cell of a number.
    """

    name: str
    cell: int
    label: bool
    empty: frozenset[str]
    instead: str
    numbers: list[float] = field(default_factory=list)
    bad: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def read(self, line: int, text: str) -> None:
        """Take in one cell. A label may be any text that `names_a_class`; it is kept elsewhere, so it counts as 0 here."""
        if not self.label and text.strip() in self.empty:
            self.numbers.append(math.nan)
            return
        number = _number(text) if not self.label else (0.0 if names_a_class(text) else math.nan)
        if math.isfinite(number):
            self.numbers.append(number)
            return
        self.bad += 1
        if len(self.first) < MOST:
            self.first.append((line, text))

    @property
    def mostly_numbers(self) -> bool:
        """Whether most of the cells that hold anything are numbers, so that the others are slips."""
        numbers = sum(map(math.isfinite, self.numbers))
        return numbers > 0 and numbers >= self.bad

    def report(self, table: Table, findings: Findings) -> None:
        """Add the bad cells to the findings; a column without any number is one problem."""
        hopeless = not self.numbers and self.bad > 1
        for line, text in self.first[: 1 if hopeless else MOST]:
            what, cure = self._reason(text)
            if hopeless:
                what += f"; no cell of this column is a {'label' if self.label else 'finite number'}"
            findings.add(line, table.problem(what, line, self.name, cell=self.cell, cure=cure))
        findings.others += 0 if hopeless else self.bad - len(self.first)

    def _reason(self, text: str) -> tuple[str, str]:
        """Say what is wrong with a cell, and the cure."""
        if self.label and text.strip():
            return f"the label has {len(text):,} characters, at most {LONGEST_LABEL:,} name a class", "is this the right target?"
        if self.label:
            return "the label is empty", "give the row a label, or remove it"
        if not text.strip():
            return "the cell is empty", f"fill it, remove the row, or {self.instead}"
        if math.isnan(_number(text)) and text.strip().lower().lstrip("+-") != "nan":
            return f"{quoted(text)} is not a number", f"correct it, or {self.instead}"
        return f"{quoted(text)} is not a finite number", f"replace it, remove the row, or {self.instead}"


def read_columns(table: Table, features: Iterable[str], target: str | None, empty: Iterable[str]) -> list[Column]:
    """Read feature columns cell by cell, and the target if it is given; rows as wide as the header only.

    A feature's cell that is blank or one of the words `empty` is missing: NaN.
    """
    gaps = gap_words(empty)
    columns = [_column(table, name, _as_words_or_not_at_all(name), empty=gaps) for name in features]
    if target is not None:
        columns.append(_column(table, target, label=True))
    _read(table, columns)
    return columns


def _as_words_or_not_at_all(name: str) -> str:
    column = yaml_word(name)
    return (
        f"count it as missing (`empty`), read the column as words (categorical: [{column}]), or leave it out (drop: [{column}])"
    )


def gap_words(empty: Iterable[str]) -> frozenset[str]:
    """Return the words that stand for a missing cell; a blank one always is."""
    return frozenset({"", *empty})


def read_numbers(table: Table, names: Iterable[str], instead: str, empty: Iterable[str] = ()) -> list[Column]:
    """Read columns of numbers, whatever the other columns hold; rows as wide as the header only. `empty` words are NaN."""
    columns = [_column(table, name, instead, empty=frozenset(empty)) for name in names]
    _read(table, columns)
    return columns


def _column(table: Table, name: str, instead: str = "", *, label: bool = False, empty: frozenset[str] = frozenset()) -> Column:
    return Column(name=name, cell=table.header.index(name), label=label, instead=instead, empty=empty)


def _read(table: Table, columns: list[Column]) -> None:
    records = table.records()
    next(records)  # the header
    for line, cells in records:
        if len(cells) == len(table.header) and tuple(cells) != table.header:
            for column in columns:
                column.read(line, cells[column.cell])


def _number(text: str) -> float:
    """Return the number a cell holds, NaN if it holds none; `1_000` is a number to Python, not in a table."""
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan
