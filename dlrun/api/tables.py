"""The CSV files of a run as DataFrames, every number to the bit and every label as it was."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.data.preparation import Preparation
from dlrun.data.sources.csv import exact_numbers
from dlrun.errors import DlrunError, Problem
from dlrun.experiment.judgement import COLUMNS
from dlrun.rundir.files import read_bytes

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 2**30  # bytes
DTYPES = {"integer": "int64", "boolean": "bool", "text": "str"}


def read_rows(path: Path, columns: Sequence[str], **options: Any) -> "pd.DataFrame":
    """Return a file that has these columns, and maybe more; an empty cell is NaN.

    Errors: DlrunError if the run does not have this file, or it is damaged.
    """
    import pandas as pd

    if not path.exists():
        raise DlrunError(Problem(what=f"this run has no {path.name}", where=str(path.parent)))
    try:
        table = pd.read_csv(io.BytesIO(read_bytes(path, LARGEST)), **exact_numbers(), **options)
    except (ValueError, OverflowError) as error:  # pandas' own errors are ValueErrors
        raise DlrunError(Problem(what=f"this file is damaged: {error}", where=str(path))) from error
    if not set(columns) <= set(table.columns):
        raise DlrunError(Problem(what=f"this file is damaged: its columns are not {', '.join(columns)}", where=str(path)))
    return table


def read_predictions(path: Path, preparation: Preparation) -> "pd.DataFrame":
    """Return the predictions on one part; labels are of the type that they have in the data."""
    dtype = DTYPES[preparation.classes.labels] if preparation.classes else "float64"
    empty = {"probability": [""], "loss": [""]}  # a class may be called NA
    return read_rows(path, COLUMNS, dtype={"label": dtype, "prediction": dtype}, keep_default_na=False, na_values=empty)
