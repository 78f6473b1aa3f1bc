"""From the text of a table to columns: pandas reads the cells, and nothing is read in a way that was not asked for."""

from collections.abc import Collection
from io import StringIO
from typing import TYPE_CHECKING, Any

from dlrun.data.sources.cells import gap_words
from dlrun.data.sources.table import Table
from dlrun.errors import InvalidInput, Problem

if TYPE_CHECKING:
    import pandas as pd


def parse(table: Table, columns: Collection[str], *, text: Collection[str], empty: Collection[str]) -> "pd.DataFrame":
    """Return these columns: those in `text` as the text that stands there, the others as pandas finds them.

    Among the others a cell that is blank or one of the words `empty` is missing: NaN.
    """
    import pandas as pd

    frame = pd.read_csv(
        StringIO(table.text, newline="\n"),
        sep=table.delimiter,
        usecols=list(columns),
        dtype=dict.fromkeys(text, str),
        na_values={column: list(gap_words(empty)) for column in columns if column not in text},
        keep_default_na=False,
        low_memory=False,
        index_col=False,
        **exact_numbers(),
    )
    if len(frame) != len(table.lines):  # two parsers that disagree would pair values with the wrong lines
        what = f"one parser reads {len(table.lines):,} rows, another {len(frame):,}"
        raise InvalidInput(Problem(what=what, where=table.name, cure="look for a line of nothing but quoted blanks"))
    return frame


def words(column: "pd.Series[Any]", empty: Collection[str]) -> "pd.Series[Any]":
    """Return a column of text without blanks around it, missing where a cell is blank or one of the words `empty`."""
    stripped = column.str.strip()
    return stripped.mask(stripped.isin(list(gap_words(empty))))


def misread_gaps(table: Table, frame: "pd.DataFrame", columns: Collection[str], empty: Collection[str]) -> list[str]:
    """Return the columns of numbers in which pandas found a gap where none of the words `empty` stands.

    It compares such words as numbers, too: to it -999.0 is the word -999.
    """
    with_gaps = [column for column in columns if frame[column].dtype.kind == "f" and frame[column].isna().any()]
    if not with_gaps:
        return []
    text = parse(table, with_gaps, text=with_gaps, empty=empty)
    return [column for column in with_gaps if not frame[column].isna().equals(words(text[column], empty).isna())]


def exact_numbers() -> dict[str, Any]:
    """Return the options under which pandas reads every number to its last bit.

    From 3.1 on it does without, and the option warns; before that, the default may miss the last bit.
    """
    import pandas as pd

    return {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}
