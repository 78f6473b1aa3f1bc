"""Tables: comma- or tab-separated text with a header, one example a row."""

import re
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import MinLen

from dlrun.data.messages import Findings, quoted
from dlrun.data.raw import RawArray, RawData, RawExamples, row_numbers
from dlrun.data.sources.cells import names_a_class, read_columns
from dlrun.data.sources.table import Table, read_table
from dlrun.errors import InvalidInput, Problem

if TYPE_CHECKING:
    import pandas as pd

IS_A_CODE = re.compile(r"\s*(\+|-?0\d)|.*_", re.DOTALL)  # +1, 01, 1_2 are names: as numbers, 01 and 1 would be one class


@dataclass(frozen=True, kw_only=True)
class Csv:
    """A table with a header: `target` names the label's column, all others but those in `drop` are features.

    Feature cells are finite numbers; labels are numbers if all of them are, else text: codes such as 007 stay what they
    are. `.tsv` files are separated by tabs.
    Problems stand at `file:LINE:COLUMN`: the line as an editor counts, the column by name (by number where it has none).
    """

    kind: Literal["csv"] = "csv"
    path: Annotated[str, MinLen(1)]
    """The file; a relative path starts at the file that names it."""
    target: Annotated[str, MinLen(1)]
    """The column to predict."""
    drop: tuple[str, ...] = ()
    """Columns to leave out; all others are features."""

    def load(self, seed: int) -> RawData:
        """Read the table; the seed has no effect."""
        findings = Findings()
        table = read_table(self.path, findings)
        features = self._features(table, findings)
        if findings:  # look at the cells too, so that all problems come at once
            self._look_at_cells(table, features, findings)
            findings.raise_all()
        frame = _parse(table, features, self.target)
        labels = frame[self.target].to_numpy(dtype=object)
        unread = [column for column in features if not _is_finite(frame[column].to_numpy())]
        nameless = not all(map(names_a_class, labels))
        if unread or nameless:
            columns = read_columns(table, unread, self.target if nameless else None)
            for column in columns:
                column.report(table, findings)
            findings.raise_all()
            for column in columns:
                frame[column.name] = column.numbers
        x = np.ascontiguousarray(frame[features].to_numpy(dtype=np.float64))
        examples = RawExamples(
            x=x,
            y=_numbers_if_all(labels.astype(np.str_)),
            ids=row_numbers(len(x)),
            label=self.target,
            lines=table.lines,
            excerpt=table.excerpt,
        )
        return RawData(name=table.name, parts={"all": examples}, features=tuple(features), images=False, sha256=table.sha256)

    def _features(self, table: Table, findings: Findings) -> list[str]:
        """Return the feature columns in the file's order; every column that is asked for must be there."""
        line = table.header_line
        for key, column in [("target", self.target), *(("drop", column) for column in self.drop)]:
            if column not in table.header:
                findings.add(line, table.no_column(column, key))
        if self.target in self.drop:
            what = f"{quoted(self.target)} is the target and also in `drop`"
            findings.add(line, table.problem(what, line, self.target, cure="take it out of `drop`"))
        features = [column for column in dict.fromkeys(table.header) if column not in {self.target, *self.drop}]
        if not features:
            findings.add(line, table.problem("no column is left as a feature", line, 1, cure="drop fewer columns"))
        return features

    def _look_at_cells(self, table: Table, features: list[str], findings: Findings) -> None:
        """Add the bad cells to the findings; a text column may be the target or one to drop whose name is misspelt."""
        misspelt = not {self.target, *self.drop} <= set(table.header)
        for column in read_columns(table, features, self.target if self.target in table.header else None):
            if column.numbers or not misspelt:
                column.report(table, findings)


def _parse(table: Table, features: list[str], target: str) -> "pd.DataFrame":
    """Let pandas parse the features as it finds them and the target as text."""
    import pandas as pd

    options: dict[str, Any] = {"keep_default_na": False, "low_memory": False, "index_col": False, **exact_numbers()}
    frame = pd.read_csv(
        StringIO(table.text, newline="\n"),
        sep=table.delimiter,
        usecols=[*features, target],
        dtype={target: str},
        **options,
    )
    if len(frame) != len(table.lines):  # two parsers that disagree would pair values with the wrong lines
        what = f"one parser reads {len(table.lines):,} rows, another {len(frame):,}"
        raise InvalidInput(Problem(what=what, where=table.name, cure="look for a line of nothing but quoted blanks"))
    return frame


def exact_numbers() -> dict[str, Any]:
    """Return the options under which pandas reads every number to its last bit.

    From 3.1 on it does without, and the option warns; before that, the default may miss the last bit.
    """
    import pandas as pd

    return {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}


def _is_finite(column: RawArray) -> bool:
    """Whether pandas read the column as numbers, all of them finite."""
    return column.dtype.kind in "iuf" and bool(np.isfinite(column).all())


def _numbers_if_all(labels: RawArray) -> RawArray:
    """Return labels as int64 if all are integers, else as float64 if all are numbers, else as the text they are."""
    if any(map(IS_A_CODE.match, labels)):
        return labels
    for dtype in (np.int64, np.float64):
        try:
            return labels.astype(dtype)
        except (ValueError, OverflowError):
            continue
    return labels
