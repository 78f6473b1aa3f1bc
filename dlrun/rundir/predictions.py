"""predictions/dev.csv, read back: what a run predicted for each example. It may come from others, and hold anything."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from dlrun.errors import DlrunError, Problem
from dlrun.rundir.files import read_bytes
from dlrun.rundir.own import own_folder
from dlrun.rundir.paths import RunPaths

COLUMNS = ("id", "label", "prediction", "probability", "loss")
LARGEST = 2**26  # bytes: a million examples


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """The examples of one part, as text: ids, labels and predictions; the probability is None for a regression."""

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    probabilities: tuple[float | None, ...]
    losses: tuple[float, ...]


def read_predictions(paths: RunPaths, part: str = "dev") -> Predictions:
    """Return what a run predicted on a part.

    Errors: DlrunError if it left nothing there, or the file is damaged.
    """
    own_folder(paths.predictions)
    path = paths.predictions_of(part)
    text = read_bytes(path, LARGEST).decode("utf-8", "replace")
    try:
        ids, labels, predictions, probabilities, losses = zip(*_rows(text), strict=True)
        return Predictions(
            ids=ids,
            labels=labels,
            predictions=predictions,
            probabilities=tuple(_number(cell) if cell else None for cell in probabilities),
            losses=numbers(losses),
        )
    except (ValueError, csv.Error) as error:
        raise DlrunError(Problem(what=f"the stored predictions are damaged: {error}"[:200], where=str(path))) from error


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the rows; the first that is none ends it, so that a file of nothing costs nothing."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    if tuple(next(reader, ())) != COLUMNS:
        raise ValueError(f"its columns are not {', '.join(COLUMNS)}")
    seen: set[str] = set()
    for row in reader:
        if len(row) != len(COLUMNS) or row[0] in seen:
            raise ValueError(f"line {reader.line_num} has {len(row)} cells, or an id that was there before")
        seen.add(row[0])
        yield row
    if not seen:
        raise ValueError("there are no predictions in it")


def numbers(cells: Sequence[str]) -> tuple[float, ...]:
    """Return what cells hold; ValueError if one holds no finite number."""
    return tuple(map(_number, cells))


def _number(cell: str) -> float:
    number = float(cell)
    if not isfinite(number):
        raise ValueError(f"{cell[:30]!r} is no finite number")
    return number
