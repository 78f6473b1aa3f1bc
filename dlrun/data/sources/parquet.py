"""Parquet: tables whose columns have types; one file to be split, or a file for each part."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from dlrun.data.messages import shown, yaml_word
from dlrun.data.raw import RawData
from dlrun.data.sources.frames import Frame, TableFiles, joined
from dlrun.data.sources.parquet_file import Nature, ParquetFile, open_parquet, text_of
from dlrun.errors import Problem, raise_all

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Parquet(TableFiles):
    """A Parquet file: `target` names the label's column, all others but those in `drop` are features.

    Columns have types here: integers, floats and decimals are numbers; text and booleans are words, as they are in a table of
    text; nulls are missing cells (`data.missing`), and so is NaN. Dates, bytes and lists are no features: drop them.
    An index that pandas stored is left out. Needs the extra `parquet`.
    Problems stand at `file:COLUMN`, or `file:COLUMN[ROW]`, rows counted from 0.
    """

    kind: Literal["parquet"] = "parquet"
    endings: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    @staticmethod
    def header(path: str) -> tuple[str, ...]:
        """Return the names of the columns; InvalidInput if the file is no table."""
        return open_parquet(path).header

    def load(self, seed: int) -> RawData:
        """Read the files; the seed has no effect."""
        asked, files = self.asked, {part: open_parquet(path) for part, path in self.paths.items()}
        first, *others = files.values()
        columns = asked.features(first)
        raise_all([*asked.problems(first), *(problem for file in others for problem in asked.losses(file, columns))])
        raise_all(problem for file in files.values() for problem in self._misfits(file, first, columns))
        numbers = [column for column in columns if self._nature(first, column) == "numbers"]
        frames = {part: self._frame(file, columns, numbers) for part, file in files.items()}
        return joined(frames, columns, numbers, self.target)

    def _nature(self, file: ParquetFile, column: str) -> Nature:
        nature = file.natures[column]
        return "words" if nature == "numbers" and column in self.categorical else nature

    def _misfits(self, file: ParquetFile, first: ParquetFile, columns: list[str]) -> Iterator[Problem]:
        """Yield the columns that no network can take, and those of other types than in the training part."""
        for column in columns:
            nature, known = self._nature(file, column), self._nature(first, column)
            type_ = shown(file.types[column], width=40)
            if nature not in ("numbers", "words"):
                cure = "write them as numbers (year, month, weekday), or " if nature == "dates" else ""
                what = f"the column holds {nature} ({type_})"
                yield file.header_problem(what, column, f"{cure}drop it: drop: [{yaml_word(column)}]")
            elif nature != known:
                what = f"the column is {type_} here, {shown(first.types[column], width=40)} in the training part"
                yield file.header_problem(
                    what, column, f"store one type, or read it as words: categorical: [{yaml_word(column)}]"
                )
        if file.natures[self.target] not in ("numbers", "words"):
            what = f"the target holds {file.natures[self.target]} ({shown(file.types[self.target], width=40)})"
            yield file.header_problem(what, self.target, "a label is a number, a text or a boolean")

    def _frame(self, file: ParquetFile, columns: list[str], numbers: list[str]) -> Frame:
        cells = file.cells(columns, numbers)
        problems = list(infinite_cells(file, cells, numbers))
        labels = file.labels(self.target)
        missing = [row for row, label in enumerate(labels) if label is None] if labels.dtype == object else []
        if missing:
            more = f"; {len(missing):,} such labels in all" if len(missing) > 1 else ""
            where = f"{file.name}:{shown(self.target, width=40)}[{missing[0]}]"
            problems.append(Problem(what=f"the label is null{more}", where=where, cure="give the row a label, or remove it"))
        raise_all(problems)
        texts = labels if labels.dtype != object else labels.astype(np.str_)
        return Frame(table=file, sha256=file.sha256, cells=cells, labels=texts, read=partial(text_of, file))


def infinite_cells(file: ParquetFile, cells: "pd.DataFrame", numbers: list[str]) -> Iterator[Problem]:
    """Yield each column of numbers in which some are infinite, with the first place."""
    for column in numbers:
        rows = np.flatnonzero(np.isinf(cells[column].to_numpy()))
        if len(rows):
            more = f"; {len(rows):,} such cells in all" if len(rows) > 1 else ""
            what = f"{cells[column].iloc[rows[0]]} is not a finite number{more}"
            where = f"{file.name}:{shown(column, width=40)}[{rows[0]}]"
            yield Problem(what=what, where=where, cure="replace it, or remove the row")
