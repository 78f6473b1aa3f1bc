"""Tables: comma- or tab-separated text with a header, one example a row; one file to be split, or a file for each part."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from dlrun.data.messages import Findings
from dlrun.data.raw import RawArray, RawData
from dlrun.data.sources.cells import names_a_class, read_columns
from dlrun.data.sources.columns import labels_of, number_columns, unread_columns
from dlrun.data.sources.frames import Frame, TableFiles, joined
from dlrun.data.sources.parsing import misread_gaps, parse, words
from dlrun.data.sources.table import Table, read_table
from dlrun.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

EMPTY = ("", "?", "NA", "N/A", "NaN", "nan", "null")


@dataclass(frozen=True, kw_only=True)
class Csv(TableFiles):
    """A table with a header: `target` names the label's column, all others but those in `drop` are features.

    A column of numbers is one number, a column of words becomes a column for each word (`data.categories`); which of both it
    is, its cells decide, or `categorical`. Empty cells are missing (`data.missing`). Labels are numbers if all of them are,
    else text: codes such as 007 stay what they are. Rows of `path` are split unless dev or test have files of their own.
    `.tsv` files are separated by tabs; `.gz` and `.zip` are unpacked.
    Problems stand at `file:LINE:COLUMN`: the line as an editor counts, the column by name (by number where it has none).
    """

    kind: Literal["csv"] = "csv"
    empty: tuple[str, ...] = EMPTY
    """The words that stand for a missing cell; a blank one always is missing."""
    endings: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".tab", ".gz", ".zip")

    @staticmethod
    def header(path: str) -> tuple[str, ...]:
        """Return the names of the columns; InvalidInput if the file is no table."""
        findings = Findings()
        table = read_table(path, findings)
        findings.raise_all()
        return table.header

    def load(self, seed: int) -> RawData:
        """Read the tables; the seed has no effect."""
        files, asked = {part: _File(path) for part, path in self.paths.items()}, self.asked
        first, *others = files.values()
        columns = asked.features(first.table)
        first.add_to_header(asked.problems(first.table))
        for file in others:
            file.add_to_header(asked.losses(file.table, columns))
        if any(file.findings for file in files.values()):
            for file in files.values():
                self._look_at_cells(file, columns)  # so that all problems come at once
            _raise_all(files)
        text = {self.target, *(set(self.categorical) & set(columns))}
        for file in files.values():
            file.frame = parse(file.table, [*columns, self.target], text=text, empty=self.empty)
        frames = {part: file.frame for part, file in files.items()}
        numbers = number_columns(frames, (column for column in columns if column not in self.categorical), self.empty)
        self._read_again(files, numbers)
        for file in files.values():
            self._read_words(file, [column for column in columns if column not in numbers])
        return self._raw(files, columns, numbers)

    def _look_at_cells(self, file: "_File", columns: list[str]) -> None:
        table = file.table
        named = [column for column in columns if column in table.header and column.strip()]
        features = [column for column in named if column not in self.categorical]
        for column in read_columns(table, features, self.target if self.target in table.header else None, self.empty):
            if column.label or column.mostly_numbers:
                column.report(table, file.findings)

    def _read_again(self, files: dict[str, "_File"], numbers: list[str]) -> None:
        """Read cell by cell what pandas did not read as numbers, or labels that name no class; raise what is wrong."""
        for file in files.values():
            unread = unread_columns(file.frame, numbers)
            unread += misread_gaps(file.table, file.frame, [column for column in numbers if column not in unread], self.empty)
            nameless = not all(map(names_a_class, file.frame[self.target].unique()))
            if unread or nameless:
                for column in read_columns(file.table, unread, self.target if nameless else None, self.empty):
                    column.report(file.table, file.findings)
                    if not column.label and not column.bad:
                        file.frame[column.name] = column.numbers
        _raise_all(files)

    def _read_words(self, file: "_File", columns: list[str]) -> None:
        unread = [column for column in columns if column not in self.categorical]
        if unread:
            again = parse(file.table, unread, text=unread, empty=self.empty)
            file.frame[unread] = again
        for column in columns:
            file.frame[column] = words(file.frame[column], self.empty)

    def _raw(self, files: dict[str, "_File"], columns: list[str], numbers: list[str]) -> RawData:
        labels = labels_of({part: file.frame for part, file in files.items()}, self.target)
        frames = {
            part: Frame(
                table=file.table,
                sha256=file.table.sha256,
                cells=file.frame,
                labels=labels[part],
                read=partial(_text, file.table, self.empty),
                lines=file.table.lines,
                excerpt=file.table.excerpt,
            )
            for part, file in files.items()
        }
        return joined(frames, columns, numbers, self.target)


@dataclass
class _File:
    """One file while it is read."""

    path: str
    findings: Findings = field(default_factory=Findings)
    table: Table = field(init=False)
    frame: "pd.DataFrame" = field(init=False)

    def __post_init__(self) -> None:
        self.table = read_table(self.path, self.findings)

    def add_to_header(self, problems: Iterable[Problem]) -> None:
        """Keep problems with the header."""
        for problem in problems:
            self.findings.add(self.table.header_line, problem)


def _raise_all(files: dict[str, _File]) -> None:
    """Raise what was found in all of the files, if anything was."""
    everything = Findings()
    for file in files.values():
        everything.extend(file.findings)
    everything.raise_all()


def _text(table: Table, empty: Collection[str], column: str) -> RawArray:
    """Return the cells of one column as they stand in the file, without blanks around them, "" where one is missing."""
    cells = parse(table, [column], text=[column], empty=())[column]
    return np.asarray(words(cells, empty).fillna(""), dtype=object)
