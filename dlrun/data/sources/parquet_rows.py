"""Rows of a Parquet file for a run that is trained."""

from collections.abc import Iterator

import numpy as np

from dlrun.data.messages import MOST, listed, shown
from dlrun.data.preparation import Preparation
from dlrun.data.raw import RawArray, RawData
from dlrun.data.rows import Origin, raw_rows
from dlrun.data.sources.columns import matrix
from dlrun.data.sources.parquet import infinite_cells
from dlrun.data.sources.parquet_file import ParquetFile, open_parquet
from dlrun.errors import InvalidInput, Problem, raise_all


def rows_of_parquet(path: str, preparation: Preparation, label: str | None) -> RawData:
    """Read the columns that a run was trained on, and the labels if their column is given.

    Errors: InvalidInput at `file:COLUMN` for a column that is missing or of another type, at `file:COLUMN[ROW]` for a cell.
    """
    file = open_parquet(path)
    asked = [*preparation.columns, *([label] if label else [])]
    raise_all(file.no_column(column, "this run was trained on it") for column in _lost(file, asked)[:MOST])
    raise_all(_other_types(file, preparation))
    numbers, columns = list(preparation.numbers), list(preparation.columns)
    cells = file.cells(columns, numbers)
    raise_all(infinite_cells(file, cells, numbers))
    words = [cells[encoding.name].tolist() for encoding in preparation.encodings]
    extra = [column for column in file.header if column not in asked]
    notes = (f"{file.name}: columns that are not used are left out: {listed(extra)}",) if extra else ()
    origin = Origin(name=file.name, label=label or "y", sha256=file.sha256, notes=notes)
    return raw_rows(preparation, matrix(cells, numbers), words, origin, _labels(file, label) if label else None)


def _lost(file: ParquetFile, asked: list[str]) -> list[str]:
    return [column for column in asked if column not in file.header]


def _other_types(file: ParquetFile, preparation: Preparation) -> Iterator[Problem]:
    """Yield the columns that hold something else than in training; numbers may be read as words."""
    words = {encoding.name for encoding in preparation.encodings}
    for column in preparation.columns:
        nature = file.natures[column]
        if nature not in (("words", "numbers") if column in words else ("numbers",)):
            what = (
                f"the column is {shown(file.types[column], width=40)} here, it held {'words' if column in words else 'numbers'}"
            )
            yield file.header_problem(what, column, "store it as in the training data")


def _labels(file: ParquetFile, label: str) -> RawArray:
    labels = file.labels(label)
    if labels.dtype != object:
        return labels
    missing = next((row for row, cell in enumerate(labels) if cell is None), None)
    if missing is not None:
        where = f"{file.name}:{shown(label, width=40)}[{missing}]"
        raise InvalidInput(Problem(what="the label is null", where=where, cure="give the row a label, or remove it"))
    return labels.astype(np.str_)
