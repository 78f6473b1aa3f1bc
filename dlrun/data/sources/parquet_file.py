"""One Parquet file: the names and types of its columns, and their cells as numbers or as text."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from dlrun.data.messages import did_you_mean, listed, quoted, shown
from dlrun.data.raw import RawArray
from dlrun.data.sources.compressed import largest_unpacked
from dlrun.data.sources.extras import from_extra
from dlrun.data.sources.files import open_file, shown_path
from dlrun.errors import InvalidInput, Problem

if TYPE_CHECKING:
    import pandas as pd

Nature: TypeAlias = Literal["numbers", "words", "dates", "bytes", "lists or structures"]

NUMBER = 8  # bytes


@dataclass(frozen=True, kw_only=True)
class ParquetFile:
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


def open_parquet(path: str) -> ParquetFile:
    """Read the footer of a file.

    Errors: InvalidInput if it is damaged or no Parquet file, has no rows, or two columns of one name.
    """
    with from_extra("parquet"):
        import pyarrow.parquet as pq
    name = shown_path(path)
    with open_file(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        with _readable(name):
            footer = pq.ParquetFile(file)
            schema, rows = footer.schema_arrow, footer.metadata.num_rows
            metadata = schema.pandas_metadata or {}
            index = {column for column in metadata.get("index_columns", ()) if isinstance(column, str)}
            fields = [field for field in schema if field.name not in index]
            header = tuple(field.name for field in fields)
    if not rows or not header:
        raise InvalidInput(Problem(what="the file has no row" if header else "the file has no column", where=name))
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise InvalidInput(Problem(what=f"there are two columns {listed(twice)}", where=name, cure="rename one of them"))
    if rows * len(header) * NUMBER > largest_unpacked(size):
        what = f"{rows:,} rows of {len(header):,} columns in {size:,} bytes: that would fill the memory"
        raise InvalidInput(Problem(what=what, where=name, cure="is this the right file?"))
    return ParquetFile(
        path=path,
        name=name,
        sha256=sha256,
        header=header,
        types={field.name: str(field.type) for field in fields},
        natures={field.name: _nature(field.type) for field in fields},
    )


def _read(file: ParquetFile, columns: list[str]) -> Any:
    """Return columns as an Arrow table; its texts are UTF-8, its offsets lie inside."""
    import pyarrow.parquet as pq

    with open_file(file.path) as opened, _readable(file.name):
        table = pq.ParquetFile(opened).read(columns=columns, use_pandas_metadata=False)
        table.validate(full=True)
        return table


def text_of(file: ParquetFile, column: str) -> RawArray:
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


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn whatever a damaged file raises into InvalidInput: Arrow's errors are ValueError, OSError and others."""
    from pyarrow import ArrowException

    try:
        yield
    except (ArrowException, OSError, ValueError, TypeError, AttributeError, MemoryError) as error:
        reason = shown(str(error) or type(error).__name__, width=120)
        what = f"is not a Parquet file, or damaged: {reason}"
        raise InvalidInput(Problem(what=what, where=name, cure="copy or write it again")) from None
