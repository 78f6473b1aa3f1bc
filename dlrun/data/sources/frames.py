"""Tables with named columns, a frame for each part: which columns are asked for, and the examples that their rows make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Protocol

from annotated_types import MinLen

from dlrun.arrays import IntArray
from dlrun.data.messages import did_you_mean, listed, quoted
from dlrun.data.raw import Excerpt, RawArray, RawData, RawExamples, Reader, row_numbers
from dlrun.data.sources.columns import coded, matrix
from dlrun.data.sources.files import FilePath, sha256_of_all
from dlrun.errors import Problem

if TYPE_CHECKING:
    import pandas as pd


class Headed(Protocol):
    """A table as far as the names of its columns go."""

    @property
    def name(self) -> str:
        """The file, as messages show it."""
        ...

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    def no_column(self, missing: str, asked_by: str) -> Problem:
        """Return the problem that a column which is asked for is not there."""
        ...

    def header_problem(self, what: str, column: str, cure: str) -> Problem:
        """Return a problem with a column as a whole; without a name, with all of them."""
        ...


@dataclass(frozen=True, kw_only=True)
class TableFiles:
    """The files of a table, one to be split or one for each part, and which of its columns are what."""

    kind: str
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
    """Columns whose numbers are names (postcodes, codes of a form): words, whatever they look like."""

    @property
    def paths(self) -> dict[str, str]:
        """The file of each part."""
        return files_of_parts(self.path, train_dev=self.train_dev, dev=self.dev, test=self.test)

    @property
    def asked(self) -> "Asked":
        """The columns that the spec speaks of."""
        return Asked(target=self.target, drop=self.drop, categorical=self.categorical)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The columns a spec speaks of: those it names, and so the features, which are all the others."""

    target: str
    drop: tuple[str, ...]
    categorical: tuple[str, ...]

    def features(self, table: Headed) -> list[str]:
        """Return the feature columns in the table's order."""
        return [column for column in dict.fromkeys(table.header) if column not in {self.target, *self.drop}]

    def problems(self, table: Headed) -> Iterator[Problem]:
        """Yield what is wrong with the table of the training part: every column that is asked for must be there."""
        drop, categorical = (("drop", c) for c in self.drop), (("categorical", c) for c in self.categorical)
        for key, column in (("target", self.target), *drop, *categorical):
            if column not in table.header:
                yield table.no_column(column, key)
        if self.target in self.drop:
            what = f"{quoted(self.target)} is the target and also in `drop`"
            yield table.header_problem(what, self.target, "take it out of `drop`")
        for column in sorted(set(self.categorical) & {self.target, *self.drop} & set(table.header)):
            other = "the target" if column == self.target else "in `drop`, too"
            what = f"{quoted(column)} is in `categorical`, but it is {other}"
            yield table.header_problem(what, column, "take it out of `categorical`")
        if not self.features(table):
            yield table.header_problem("no column is left as a feature", "", "drop fewer columns")

    def losses(self, table: Headed, columns: Sequence[str]) -> Iterator[Problem]:
        """Yield what is wrong with the table of another part: it has the columns that the training part has."""
        if lost := [column for column in [*columns, self.target] if column not in table.header]:
            what = f"no column {listed(lost)}, which the training part has"
            yield table.header_problem(what, "", did_you_mean(lost[0], table.header))


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The rows of one part: features as columns of numbers (NaN where one is missing) or of words, and the labels (m,).

    `read` gives the text of any column, also of those that are no features; `lines` and `excerpt` are those of a text file.
    """

    table: Headed
    sha256: str
    cells: "pd.DataFrame"
    labels: RawArray
    read: Reader
    lines: IntArray | None = None
    excerpt: Excerpt | None = None


def files_of_parts(path: str, **brought: str | None) -> dict[str, str]:
    """Return the file of each part: `path` is the training part if others are brought, else all, to be split."""
    others = {part: file for part, file in brought.items() if file is not None}
    return {"train" if others else "all": path, **others}


def joined(frames: Mapping[str, Frame], columns: Sequence[str], numbers: list[str], target: str) -> RawData:
    """Return frames as one source: `columns` are the features in their order, `numbers` those that hold numbers."""
    words = [column for column in columns if column not in numbers]
    categories, codes = coded({part: frame.cells for part, frame in frames.items()}, words)
    parts = {
        part: RawExamples(
            x=matrix(frame.cells, numbers),
            codes=codes[part],
            y=frame.labels,
            ids=row_numbers(len(frame.cells)),
            label=target,
            file=frame.table.name,
            inputs="",
            lines=frame.lines,
            excerpt=frame.excerpt,
            read=frame.read,
        )
        for part, frame in frames.items()
    }
    first, *others = (frame.table for frame in frames.values())
    return RawData(
        name=first.name,
        parts=parts,
        features=tuple(numbers),
        categories=categories,
        columns=tuple(columns),
        header=first.header,
        images=False,
        sha256=sha256_of_all([frame.sha256 for frame in frames.values()]),
        notes=tuple(_extra_columns(first, others)),
    )


def _extra_columns(first: Headed, others: Sequence[Headed]) -> Iterator[str]:
    """Yield a note for each further table with columns that the first one does not have."""
    for table in others:
        if extra := [column for column in table.header if column not in first.header]:
            yield f"{table.name}: columns that {first.name} does not have are left out: {listed(extra)}"
