"""The CSV files of a run as DataFrames, every number to the bit and every label as it was."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.data.preparation import Preparation
from dlrun.data.sources.parsing import exact_numbers
from dlrun.errors import DlrunError, Problem
from dlrun.rundir.files import read_bytes
from dlrun.rundir.own import LONGEST_LINE, own_folder
from dlrun.rundir.predictions import COLUMNS
from dlrun.rundir.predictions import LARGEST as LARGEST_PREDICTIONS

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 64 * 2**20  # bytes: half a million rows
DTYPES = {"integer": "int64", "boolean": "bool", "text": "str"}


def read_rows(path: Path, columns: Sequence[str], largest: int = LARGEST, **options: Any) -> "pd.DataFrame":
    """Return a file of a run that has these columns, and maybe more; an empty cell is NaN.

    Errors: DlrunError if the run does not have this file, it is damaged, or larger than `largest` bytes.
    """
    import pandas as pd

    if not path.exists():
        raise DlrunError(Problem(what=f"this run has no {path.name}", where=str(path.parent)))
    data = read_bytes(path, largest)
    if any(len(line) >= LONGEST_LINE for line in _first_lines(data)):
        raise DlrunError(Problem(what="this file is damaged: its rows are too long", where=str(path)))
    try:
        table = pd.read_csv(io.BytesIO(data), **exact_numbers(), **options)
    except (ValueError, OverflowError) as error:  # pandas' own errors are ValueErrors
        raise DlrunError(Problem(what=f"this file is damaged: {error}", where=str(path))) from error
    if not set(columns) <= set(table.columns) or not isinstance(table.index, pd.RangeIndex):  # rows longer than the header
        raise DlrunError(Problem(what=f"this file is damaged: its columns are not {', '.join(columns)}", where=str(path)))
    return table


def read_predictions(path: Path, preparation: Preparation) -> "pd.DataFrame":
    """Return the predictions on one part; labels are of the type that they have in the data."""
    dtype = DTYPES[preparation.classes.labels] if preparation.classes else "float64"
    empty = {"probability": [""], "loss": [""]}  # a class may be called NA
    own_folder(path.parent)
    return read_rows(
        path, COLUMNS, LARGEST_PREDICTIONS, dtype={"label": dtype, "prediction": dtype}, keep_default_na=False, na_values=empty
    )


def _first_lines(data: bytes) -> list[bytes]:
    """Return the header and the first row, as far as they are worth looking at: they decide how many columns pandas makes."""
    file = io.BytesIO(data)
    return [file.readline(LONGEST_LINE), file.readline(LONGEST_LINE)]
