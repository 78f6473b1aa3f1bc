"""Files of rows for a run that is trained: a table whose columns are found by name, or an array of numbers."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlrun.data.messages import MOST, Findings, did_you_mean, listed, quoted, shown
from dlrun.data.preparation import Preparation
from dlrun.data.raw import RawArray, RawData
from dlrun.data.rows import Origin, Words, first_infinite, raw_rows
from dlrun.data.sources import Source
from dlrun.data.sources.cells import gap_words, read_numbers
from dlrun.data.sources.columns import matrix, unread_columns
from dlrun.data.sources.csv import EMPTY
from dlrun.data.sources.files import open_file, shown_path
from dlrun.data.sources.npz import UNREADABLE, unreadable
from dlrun.data.sources.parquet import Parquet
from dlrun.data.sources.parquet_rows import rows_of_parquet
from dlrun.data.sources.parsing import parse, words
from dlrun.data.sources.table import Table, read_table
from dlrun.errors import InvalidInput, Problem, raise_all

if TYPE_CHECKING:
    import pandas as pd

ARRAYS = (".npz", ".npy")


def empty_words(source: Source) -> Collection[str]:
    """Return the words that stand for a missing cell in the table a run was trained on; the usual ones if it was no table."""
    return tuple(getattr(source, "empty", EMPTY))


def label_column(source: Source) -> str | None:
    """Return the column of labels in the table a run was trained on; None if it was no table."""
    return getattr(source, "target", None)


def read_rows(path: str, preparation: Preparation, source: Source, array: str | None = None) -> RawData:
    """Read rows without labels; other columns, that of the labels too, are left out and named in the notes.

    `array` is the one to take from an archive: by default x, or the only one there is.
    Errors: InvalidInput at `file:LINE:COLUMN` for a column that is missing or a cell that is no number, as for training.
    """
    if Path(path).suffix.lower() in ARRAYS:
        return _rows_of_array(path, preparation, array)
    if array is not None:
        raise InvalidInput(Problem(what="--array names an array of an .npz archive, and this is a table", where=shown_path(path)))
    if Path(path).suffix.lower() in Parquet.endings:
        return rows_of_parquet(path, preparation, None)
    return _rows_of_table(path, preparation, source, None)


def read_labelled_rows(path: str, preparation: Preparation, source: Source) -> RawData:
    """Read rows and their labels: from the column that training took them from, or from the array y beside x.

    Errors: InvalidInput as in `read_rows`, or if there are no labels.
    """
    if Path(path).suffix.lower() in ARRAYS:
        return _rows_of_array(path, preparation, None, labelled=True)
    label = label_column(source)
    if label is None:
        what = f"this run was trained on {source.kind}: no column of a table is known to hold its labels"
        raise InvalidInput(Problem(what=what, where=shown_path(path), cure="give an .npz archive with x and y"))
    if Path(path).suffix.lower() in Parquet.endings:
        return rows_of_parquet(path, preparation, label)
    return _rows_of_table(path, preparation, source, label)


def _rows_of_table(path: str, preparation: Preparation, source: Source, label: str | None) -> RawData:
    findings, empty = Findings(), empty_words(source)
    table = read_table(path, findings)
    asked = [*preparation.columns, *([label] if label else [])]
    _check_columns(table, asked, label, findings)
    if findings:
        _read_slowly(table, [name for name in preparation.numbers if name in table.header], preparation, empty, findings)
        findings.raise_all()
    text = [encoding.name for encoding in preparation.encodings] + ([label] if label else [])
    frame = parse(table, asked, text=text, empty=empty)
    for name, numbers in _read_slowly(table, unread_columns(frame, preparation.numbers), preparation, empty, findings).items():
        frame[name] = numbers
    findings.raise_all()
    origin = Origin(
        name=table.name,
        label=label or "y",
        lines=table.lines,
        excerpt=table.excerpt,
        sha256=table.sha256,
        notes=tuple(_left_out(table, asked, source)),
    )
    cells = [_cells(words(frame[encoding.name], empty)) for encoding in preparation.encodings]
    labels = frame[label].str.strip().to_numpy(dtype=object).astype(np.str_) if label else None  # as in training
    return raw_rows(preparation, matrix(frame, list(preparation.numbers)), cells, origin, labels)


def _check_columns(table: Table, asked: Collection[str], label: str | None, findings: Findings) -> None:
    """Every column that is asked for must be there; where none is, that is one problem: another table, or another delimiter."""
    lost = [column for column in asked if column not in table.header]
    by = {column: "the labels" if column == label else "this run was trained on it" for column in lost}
    problems = [table.no_column(column, by[column], taken=asked) for column in lost[:MOST]]
    if len(lost) == len(asked) > 1:
        problems = [replace(problems[0], what=f"none of the columns that this run was trained on: {listed(asked)}")]
    else:
        findings.others += len(lost[MOST:])
    for problem in problems:
        findings.add(table.header_line, problem)


def _read_slowly(
    table: Table, names: Collection[str], preparation: Preparation, empty: Collection[str], findings: Findings
) -> dict[str, list[float]]:
    """Read columns of numbers cell by cell, and tell what is none."""
    gap = "leave the cell empty: what training measured stands in" if preparation.imputation else "remove the row"
    columns = read_numbers(table, names, gap, gap_words(empty)) if names else []
    for column in columns:
        column.report(table, findings)
    return {column.name: column.numbers for column in columns if not column.bad}


def _cells(column: "pd.Series[str]") -> Words:
    return [None if missing else cell for cell, missing in zip(column.tolist(), column.isna().tolist(), strict=True)]


def _left_out(table: Table, asked: Collection[str], source: Source) -> Iterator[str]:
    label = label_column(source)
    others = {*asked, *getattr(source, "drop", ())}
    if extra := [column for column in table.header if column not in others and column != label]:
        yield f"{table.name}: columns that this run does not know are left out: {listed(extra)}"
    if label in table.header and label not in asked:
        yield f"{table.name}: the labels in {quoted(label)} are left out; `dlrun evaluate --data` judges by them"


def _rows_of_array(path: str, preparation: Preparation, array: str | None, *, labelled: bool = False) -> RawData:
    name = shown_path(path)
    with open_file(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        try:
            loaded = np.load(file, allow_pickle=False)
            arrays = {"": loaded} if isinstance(loaded, np.ndarray) else loaded
            key = _chosen(name, list(arrays), array)
            x = np.asarray(arrays[key])
            y_key = "y" + key[1:]
            if labelled and y_key not in arrays:
                raise InvalidInput(Problem(what=f"no array {quoted(y_key)}: the labels", where=name))
            labels = np.asarray(arrays[y_key]) if labelled else None
        except UNREADABLE as error:
            raise InvalidInput(Problem(what=unreadable(error), where=name)) from None
    raise_all(_misfits(f"{name}:{key}" if key else name, x, labels, preparation))
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    origin = Origin(name=name, inputs=key or "array", shape=x.shape[1:], label=y_key, sha256=sha256)
    raw = raw_rows(preparation, flat, [], origin, None if labels is None else labels.reshape(-1))
    if found := first_infinite(flat):
        row, column, what = found
        raise InvalidInput(raw.value_problem("all", row, column, what, "replace it or remove the row"))
    return raw


def _chosen(name: str, keys: list[str], array: str | None) -> str:
    """Return the array that is meant: the one asked for, x, or the only one whose name begins with x, or the only one."""
    if array is not None and array not in keys:
        raise InvalidInput(Problem(what=f"no array {quoted(array)}", where=name, cure=did_you_mean(array, keys)))
    inputs = [key for key in keys if key.startswith("x")]
    for candidates in ([array] if array else [], ["x"] if "x" in keys else [], inputs, keys):
        if len(candidates) == 1:
            return str(candidates[0])
    raise InvalidInput(Problem(what=f"which array? There are {listed(keys)}", where=name, cure="--array NAME, or name it x"))


def _misfits(where: str, x: RawArray, labels: RawArray | None, preparation: Preparation) -> Iterator[Problem]:
    """Yield what keeps an array from being rows of this run."""
    n = len(preparation.numbers)
    if preparation.encodings:
        names = listed(encoding.name for encoding in preparation.encodings)
        what = f"an array has no place for words, and this run has columns of them: {names}"
        yield Problem(what=what, where=where, cure="give a table")
    elif x.dtype.kind not in "biuf":
        yield Problem(what=f"must hold real numbers, its dtype is {shown(str(x.dtype))}", where=where)
    elif x.ndim < 2 or not len(x) or x.size != len(x) * n:
        yield Problem(what=f"must be rows of {n:,} values each, (m, {n}); its shape is {x.shape}", where=where)
    elif labels is not None and (labels.ndim == 0 or labels.size != len(labels) or len(labels) != len(x)):
        yield Problem(what=f"{len(x):,} rows and labels of shape {labels.shape}: one label a row is expected", where=where)
    elif labels is not None and labels.dtype.kind not in "biufU":
        yield Problem(what=f"labels must be numbers or text, their dtype is {shown(str(labels.dtype))}", where=where)
