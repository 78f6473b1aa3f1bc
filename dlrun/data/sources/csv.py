"""Tables: comma- or tab-separated text with a header, one example a row; one file to be split, or a file for each part."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import MinLen

from dlrun.data.messages import Findings, did_you_mean, listed, quoted
from dlrun.data.raw import RawArray, RawData, RawExamples, row_numbers
from dlrun.data.sources.cells import names_a_class, read_columns
from dlrun.data.sources.columns import coded, matrix, number_columns, unread_columns
from dlrun.data.sources.parsing import parse, words
from dlrun.data.sources.table import Table, read_table

if TYPE_CHECKING:
    import pandas as pd

EMPTY = ("", "?", "NA", "N/A", "NaN", "nan", "null")
IS_A_CODE = re.compile(r"\s*(\+|-?0\d)|.*_", re.DOTALL)  # +1, 01, 1_2 are names: as numbers, 01 and 1 would be one class

FilePath = Annotated[str, MinLen(1)]


@dataclass(frozen=True, kw_only=True)
class Csv:
    """A table with a header: `target` names the label's column, all others but those in `drop` are features.

    A column of numbers is one number, a column of words becomes a column for each word (`data.categories`); which of both it
    is, its cells decide, or `categorical`. Empty cells are missing (`data.missing`). Labels are numbers if all of them are,
    else text: codes such as 007 stay what they are. Rows of `path` are split unless dev or test have files of their own.
    `.tsv` files are separated by tabs; `.gz` and `.zip` are unpacked.
    Problems stand at `file:LINE:COLUMN`: the line as an editor counts, the column by name (by number where it has none).
    """

    kind: Literal["csv"] = "csv"
    path: FilePath
    """The file; a relative path starts at the file that names it."""
    train_dev: FilePath | None = None
    """A file of more examples from the training distribution, held out: it tells variance from data mismatch."""
    dev: FilePath | None = None
    """A file of its own for dev, which may come from another distribution than train."""
    test: FilePath | None = None
    """A file of its own for test, from the distribution of dev."""
    target: Annotated[str, MinLen(1)]
    """The column to predict."""
    drop: tuple[str, ...] = ()
    """Columns to leave out; all others are features."""
    categorical: tuple[str, ...] = ()
    """Columns whose numbers are names (postcodes, codes of a form): words, whatever they look like."""
    empty: tuple[str, ...] = EMPTY
    """The words that stand for a missing cell."""
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
        files = self._files()
        columns = self._features(files["all" if "all" in files else "train"])
        for file in files.values():
            self._check_columns(file, columns)
        if any(file.findings for file in files.values()):
            for file in files.values():
                self._look_at_cells(file, columns)  # so that all problems come at once
            _raise_all(files)
        text = {self.target, *(set(self.categorical) & set(columns))}
        for file in files.values():
            file.frame = parse(file.table, [*columns, self.target], text=text, empty=self.empty)
        frames = {part: file.frame for part, file in files.items()}
        numbers = number_columns(frames, (column for column in columns if column not in self.categorical))
        self._read_again(files, numbers)
        others = [column for column in columns if column not in numbers]
        for file in files.values():
            self._read_words(file, others)
        return self._raw(files, columns, numbers, others)

    def _files(self) -> dict[str, "_File"]:
        others = {"train_dev": self.train_dev, "dev": self.dev, "test": self.test}
        brought = {part: _File(path) for part, path in others.items() if path is not None}
        return {"train" if brought else "all": _File(self.path), **brought}

    def _features(self, file: "_File") -> list[str]:
        """Return the feature columns in the file's order; every column that is asked for must be there."""
        table, line = file.table, file.table.header_line
        asked = [("target", self.target), *(("drop", c) for c in self.drop), *(("categorical", c) for c in self.categorical)]
        for key, column in asked:
            if column not in table.header:
                file.findings.add(line, table.no_column(column, key))
        if self.target in self.drop:
            what = f"{quoted(self.target)} is the target and also in `drop`"
            file.findings.add(line, table.problem(what, line, self.target, cure="take it out of `drop`"))
        features = [column for column in dict.fromkeys(table.header) if column not in {self.target, *self.drop}]
        if not features:
            file.findings.add(line, table.problem("no column is left as a feature", line, 1, cure="drop fewer columns"))
        return features

    def _check_columns(self, file: "_File", columns: list[str]) -> None:
        """Every part has the columns that the training part has."""
        table, line = file.table, file.table.header_line
        lost = [column for column in [*columns, self.target] if column not in table.header]
        if lost and not file.findings:
            what = f"no column {listed(lost)}, which the training part has"
            file.findings.add(line, table.problem(what, line, 1, cure=did_you_mean(lost[0], table.header)))

    def _look_at_cells(self, file: "_File", columns: list[str]) -> None:
        table = file.table
        features = [column for column in columns if column in table.header and column not in self.categorical]
        for column in read_columns(table, features, self.target if self.target in table.header else None, self.empty):
            if column.label or column.mostly_numbers:
                column.report(table, file.findings)

    def _read_again(self, files: dict[str, "_File"], numbers: list[str]) -> None:
        """Read cell by cell what pandas did not read as numbers, or labels that name no class; raise what is wrong."""
        for file in files.values():
            unread = unread_columns(file.frame, numbers)
            nameless = not all(map(names_a_class, file.frame[self.target].to_numpy(dtype=object)))
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

    def _raw(self, files: dict[str, "_File"], columns: list[str], numbers: list[str], others: list[str]) -> RawData:
        categories, codes = coded({part: file.frame for part, file in files.items()}, others)
        labels = _labels({part: file.frame[self.target].to_numpy(dtype=object).astype(np.str_) for part, file in files.items()})
        parts = {
            part: RawExamples(
                x=matrix(file.frame, numbers),
                codes=codes[part],
                y=labels[part],
                ids=row_numbers(len(file.frame)),
                label=self.target,
                file=file.table.name,
                lines=file.table.lines,
                excerpt=file.table.excerpt,
            )
            for part, file in files.items()
        }
        tables = [file.table for file in files.values()]
        return RawData(
            name=tables[0].name,
            parts=parts,
            features=tuple(numbers),
            categories=categories,
            columns=tuple(columns),
            images=False,
            sha256=_sha256([table.sha256 for table in tables]),
            notes=tuple(_extra_columns(tables)),
        )


@dataclass
class _File:
    """One file while it is read."""

    path: str
    findings: Findings = field(default_factory=Findings)
    table: Table = field(init=False)
    frame: "pd.DataFrame" = field(init=False)

    def __post_init__(self) -> None:
        self.table = read_table(self.path, self.findings)


def _raise_all(files: dict[str, _File]) -> None:
    """Raise what was found in all of the files, if anything was."""
    everything = Findings()
    for file in files.values():
        everything.extend(file.findings)
    everything.raise_all()


def _extra_columns(tables: list[Table]) -> Iterator[str]:
    """Yield a note for each further file with columns that the first one does not have."""
    first, *others = tables
    for table in others:
        if extra := [column for column in table.header if column not in first.header]:
            yield f"{table.name}: columns that {first.name} does not have are left out: {listed(extra)}"


def _sha256(digests: list[str]) -> str:
    """Return the file's own digest, or of several files that of their digests."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _labels(labels: dict[str, RawArray]) -> dict[str, RawArray]:
    """Return labels as int64 if all are integers, else as float64 if all are numbers, else as the text they are."""
    if any(IS_A_CODE.match(label) for part in labels.values() for label in part):
        return labels
    for dtype in (np.int64, np.float64):
        try:
            return {part: text.astype(dtype) for part, text in labels.items()}
        except (ValueError, OverflowError):
            continue
    return labels
