"""predictions/<part>.csv: what a run said of each example, read so that a file from others does no harm."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from dlrun.errors import DlrunError, Problem
from dlrun.rundir.files import read_bytes
from dlrun.rundir.own import LONGEST_LINE, own_folder
from dlrun.rundir.paths import RunPaths

COLUMNS = ("id", "label", "prediction", "probability", "loss")
LARGEST = 64 * 2**20  # bytes: about a million examples
MOST_ROWS = 2_000_000  # a row is 16 bytes and more
LARGEST_NUMBER = 1e150  # of a target: its square is a number too


@dataclass(frozen=True)
class Predictions:
    """The rows of a file, column by column: ids, labels and predictions as they are written; an empty probability is None."""

    path: Path
    ids: list[str]
    labels: list[str]
    predictions: list[str]
    probabilities: list[float | None]
    losses: list[float]

    def __len__(self) -> int:
        return len(self.ids)

    def numbers(self) -> tuple[list[float], list[float]]:
        """Return the labels and predictions of a regression.

        Errors: DlrunError if one of them is no number, or one whose square is none.
        """
        found = []
        for name, cells in (("label", self.labels), ("prediction", self.predictions)):
            try:
                values = list(map(float, cells))
            except ValueError as error:
                raise _damaged(self.path, f"a {name} is no number: {str(error)[-40:]}") from error
            if not all(abs(value) < LARGEST_NUMBER for value in values):
                raise _damaged(self.path, f"a {name} is too large for a number, or none")
            found.append(values)
        return found[0], found[1]


def read_predictions(paths: RunPaths, part: str = "dev") -> Predictions:
    """Read the predictions on one part.

    Errors: DlrunError if they are not there, a link, larger than 64 MiB, or damaged: another heading, a row of another width, a
    loss or probability that is no finite number, an id that repeats.
    """
    path = paths.predictions_of(part)
    own_folder(path.parent)
    data = read_bytes(path, LARGEST)
    if data.find(b"\n", 0, LONGEST_LINE) < 0:
        raise _damaged(path, "it has no heading")
    read = Predictions(path, [], [], [], [], [])
    words: dict[str, str] = {}  # labels repeat: one text each
    try:
        for number, (name, label, prediction, probability, loss) in enumerate(_rows(data, path), start=2):
            if number > MOST_ROWS:
                raise ValueError("too many rows")
            read.ids.append(name)
            read.labels.append(words.setdefault(label, label))
            read.predictions.append(words.setdefault(prediction, prediction))
            read.probabilities.append(_number(probability, "probability", number) if probability else None)
            read.losses.append(_number(loss, "loss", number))
    except (ValueError, csv.Error) as error:  # csv.Error: a cell longer than any
        raise _damaged(path, str(error)) from error
    if not read.ids:
        raise _damaged(path, "it has no rows")
    if len(set(read.ids)) < len(read):
        raise _damaged(path, "ids repeat")
    return read


def _rows(data: bytes, path: Path) -> Iterator[list[str]]:
    """Yield id, label, prediction, probability and loss of each row; other columns may stand between them.

    Errors: DlrunError for a heading without them; ValueError for a row of another width than the heading.
    """
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="replace", newline=""), strict=True)
    heading = next(rows, [])
    if not set(COLUMNS) <= set(heading):
        raise _damaged(path, f"its columns are not {', '.join(COLUMNS)}")
    places = [heading.index(name) for name in COLUMNS]
    for row in rows:
        if len(row) != len(heading):
            raise ValueError(f"line {rows.line_num} has {len(row)} cells, not {len(heading)}")
        yield [row[place] for place in places]


def _number(cell: str, column: str, line: int) -> float:
    number = float(cell)
    if not isfinite(number):
        raise ValueError(f"line {line}: a {column} of {cell[:40]!r}")
    return number


def _damaged(path: Path, why: str) -> DlrunError:
    return DlrunError(Problem(what=f"this file is damaged: {why}", where=str(path)))
