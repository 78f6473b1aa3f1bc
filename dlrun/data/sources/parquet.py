"""Parquet: tables whose columns have types; one file to be split, or a file for each part."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from annotated_types import MinLen

from dlrun.data.messages import did_you_mean, listed, quoted, shown, yaml_word
from dlrun.data.raw import RawArray, RawData
from dlrun.data.sources.compressed import largest_unpacked
from dlrun.data.sources.extras import from_extra
from dlrun.data.sources.files import FilePath, open_file, shown_path
from dlrun.data.sources.frames import Asked, Frame, files_of_parts, joined
from dlrun.errors import InvalidInput, Problem, raise_all

if TYPE_CHECKING:
    import pandas as pd

Nature: TypeAlias = Literal["numbers", "words", "dates", "bytes", "lists or structures"]

NUMBER = 8  # bytes


@dataclass(frozen=True, kw_only=True)
class Parquet:
    """A Parquet file: `target` names the label's column, all others but those in `drop` are features.

    Columns have types here: integers, floats and decimals are numbers; text and booleans are words, as they are in a table of
    text; nulls are missing cells (`data.missing`), and so is NaN. Dates, bytes and lists are no features: drop them.
    An index that pandas stored is left out. Needs the extra `parquet`.
    Problems stand at `file:COLUMN`, or `file:COLUMN[ROW]`, rows counted from 0.
    """

    kind: Literal["parquet"] = "parquet"
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
    """Columns whose numbers are names (postcodes, codes of a form): words, whatever their type."""
    endings: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    @staticmethod
    def header(path: str) -> tuple[str, ...]:
        """Return the names of the columns; InvalidInput if the file is no table."""
        return open_parquet(path).header

    def load(self, seed: int) -> RawData:
        """Read the files; the seed has no effect."""
        asked = Asked(target=self.target, drop=self.drop, categorical=self.categorical)
        paths = files_of_parts(self.path, train_dev=self.train_dev, dev=self.dev, test=self.test)
        files = {part: open_parquet(path) for part, path in paths.items()}
        first, *others = files.values()
        columns = asked.features(first)
        raise_all([*asked.problems(first), *(problem for file in others for problem in asked.losses(file, columns))])
        raise_all(problem for file in files.values() for problem in self._misfits(file, first, columns))
        numbers = [column for column in columns if self._nature(first, column) == "numbers"]
        frames = {part: self._frame(file, columns, numbers) for part, file in files.items()}
        return joined(frames, columns, numbers, self.target)

    def _nature(self, file: "File", column: str) -> Nature:
        nature = file.natures[column]
        return "words" if nature == "numbers" and column in self.categorical else nature

    def _misfits(self, file: "File", first: "File", columns: list[str]) -> Iterator[Problem]:
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

    def _frame(self, file: "File", columns: list[str], numbers: list[str]) -> Frame:
        cells = file.cells(columns, numbers)
        problems = list(_infinite(file, cells, numbers))
        labels = file.labels(self.target)
        missing = [row for row, label in enumerate(labels) if label is None] if labels.dtype == object else []
        if missing:
            more = f"; {len(missing):,} such labels in all" if len(missing) > 1 else ""
            where = f"{file.name}:{shown(self.target, width=40)}[{missing[0]}]"
            problems.append(Problem(what=f"the label is null{more}", where=where, cure="give the row a label, or remove it"))
        raise_all(problems)
        texts = labels if labels.dtype != object else labels.astype(np.str_)
        return Frame(table=file, sha256=file.sha256, cells=cells, labels=texts, read=partial(_text, file))


@dataclass(frozen=True, kw_only=True)
class File:
    """One file whose footer is read: the names and types of its columns; cells are read when they are asked for."""

    path: str
    name: str
    sha256: str
    header: tuple[str, ...]
    types: dict[str, str]
    natures: dict[str, Nature]

    def no_column(self, missing: str, asked_by: str) -> Problem:
        """Return the problem that a column which is asked for is not there, with the name that may be meant."""
        what = f"no column {quoted(missing)} ({asked_by})"
        return Problem(what=what, where=f"{self.name}:{shown(missing, width=40)}", cure=did_you_mean(missing, self.header))

    def header_problem(self, what: str, column: str, cure: str) -> Problem:
        """Return a problem with a column as a whole; without a name, with all of them."""
        return Problem(what=what, where=f"{self.name}:{shown(column, width=40)}" if column else self.name, cure=cure)

    def cells(self, columns: list[str], numbers: list[str]) -> "pd.DataFrame":
        """Return columns: float64 with NaN for null, or text with None for null."""
        import pandas as pd
        import pyarrow as pa

        table = _read(self, columns)
        found = {}
        for column in columns:
            if column in numbers:
                found[column] = pd.Series(np.asarray(_decoded(table[column]).cast(pa.float64(), safe=False).to_numpy()))
            else:
                found[column] = pd.Series(_as_text(table[column]), dtype=object)
        return pd.DataFrame(found, columns=columns, index=pd.RangeIndex(table.num_rows))

    def labels(self, column: str) -> RawArray:
        """Return the labels in their own type; text, and whatever holds a null, as objects."""
        import pyarrow as pa

        cells = _read(self, [column])[column]
        cells = _decoded(cells)
        if pa.types.is_decimal(cells.type):
            cells = cells.cast(pa.float64(), safe=False)
        if cells.null_count or not (_is_number(cells.type) or pa.types.is_boolean(cells.type)):
            return np.array(cells.to_pylist() if cells.null_count else _as_text(cells), dtype=object)
        return np.asarray(cells.to_numpy())


def open_parquet(path: str) -> File:
    """Read the footer of a file.

    Errors: InvalidInput if it is damaged or no Parquet file, has no rows, or two columns of one name.
    """
    with from_extra("parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    name = shown_path(path)
    with open_file(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        try:
            footer = pq.ParquetFile(file)
            schema, rows = footer.schema_arrow, footer.metadata.num_rows
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            raise InvalidInput(_unreadable(name, error)) from None
    metadata = schema.pandas_metadata or {}
    index = {column for column in metadata.get("index_columns", ()) if isinstance(column, str)}
    fields = [schema.field(i) for i in range(len(schema)) if schema.names[i] not in index]
    header = tuple(field.name for field in fields)
    if not rows or not header:
        raise InvalidInput(Problem(what="the file has no row" if header else "the file has no column", where=name))
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise InvalidInput(Problem(what=f"there are two columns {listed(twice)}", where=name, cure="rename one of them"))
    if rows * len(header) * NUMBER > largest_unpacked(size):
        what = f"{rows:,} rows of {len(header):,} columns in {size:,} bytes: that would fill the memory"
        raise InvalidInput(Problem(what=what, where=name, cure="is this the right file?"))
    return File(
        path=path,
        name=name,
        sha256=sha256,
        header=header,
        types={field.name: str(field.type) for field in fields},
        natures={field.name: _nature(field.type) for field in fields},
    )


def _read(file: File, columns: list[str]) -> Any:
    """Return columns as an Arrow table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_file(file.path) as opened:
        try:
            return pq.ParquetFile(opened).read(columns=columns, use_pandas_metadata=False)
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            raise InvalidInput(_unreadable(file.name, error)) from None


def _text(file: File, column: str) -> RawArray:
    """Return the cells of one column as text, dates as ISO 8601 writes them, "" where one is null."""
    if file.natures[column] not in ("numbers", "words", "dates"):
        raise InvalidInput(file.header_problem(f"the column holds {file.natures[column]}", column, "name another column"))
    return np.array(["" if text is None else text for text in _as_text(_read(file, [column])[column])], dtype=object)


def _as_text(cells: Any) -> list[str | None]:
    """Return cells as text, booleans as Python writes them."""
    import pyarrow as pa

    cells = _decoded(cells)
    if pa.types.is_timestamp(cells.type):
        moments = cells.cast(pa.timestamp(cells.type.unit)).cast(pa.string()).to_pylist()  # in UTC, if there is a time zone
        return [moment.rstrip("0").rstrip(".") if moment and "." in moment else moment for moment in moments]
    if pa.types.is_boolean(cells.type):
        return [None if cell is None else str(cell) for cell in cells.to_pylist()]
    return cells.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]


def _decoded(cells: Any) -> Any:
    """Return the values of a dictionary, or the cells as they are."""
    import pyarrow as pa

    return cells.cast(cells.type.value_type) if pa.types.is_dictionary(cells.type) else cells


def _nature(type_: Any) -> Nature:
    """Return what cells of an Arrow type are to a network."""
    from pyarrow import types

    if types.is_dictionary(type_):
        return _nature(type_.value_type)
    if _is_number(type_):
        return "numbers"
    if types.is_boolean(type_) or types.is_string(type_) or types.is_large_string(type_) or types.is_null(type_):
        return "words"
    if types.is_temporal(type_):
        return "dates"
    return "lists or structures" if types.is_nested(type_) else "bytes"


def _is_number(type_: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_))


def _infinite(file: File, cells: "pd.DataFrame", numbers: list[str]) -> Iterator[Problem]:
    """Yield each column of numbers in which some are infinite, with the first place."""
    for column in numbers:
        rows = np.flatnonzero(np.isinf(cells[column].to_numpy()))
        if len(rows):
            more = f"; {len(rows):,} such cells in all" if len(rows) > 1 else ""
            what = f"{cells[column].iloc[rows[0]]} is not a finite number{more}"
            where = f"{file.name}:{shown(column, width=40)}[{rows[0]}]"
            yield Problem(what=what, where=where, cure="replace it, or remove the row")


def _unreadable(name: str, error: Exception) -> Problem:
    reason = shown(str(error) or type(error).__name__, width=120)
    return Problem(what=f"is not a Parquet file, or damaged: {reason}", where=name, cure="copy or write it again")
