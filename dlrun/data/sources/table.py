"""A delimited text file whose shape is checked: UTF-8, one header, every row as wide as the header, every quote closed."""

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

import numpy as np

from dlrun.arrays import IntArray
from dlrun.data.messages import MOST, Findings, did_you_mean, quoted, shown
from dlrun.data.sources.compressed import read_content
from dlrun.data.sources.decoding import decode
from dlrun.data.sources.files import shown_path
from dlrun.errors import InvalidInput, Problem


@dataclass(frozen=True, kw_only=True)
class Table:
    """The text of a table, read once, and the line on which each row starts (counted from 1, as an editor does).

    The header stands on the first line, unless blank ones come before it.
    """

    name: str
    text: str
    delimiter: str
    sha256: str
    header: tuple[str, ...] = ()
    header_line: int = 1
    lines: IntArray = field(default_factory=lambda: np.empty(0, np.int64))

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of the header and of every row; lines of nothing but blanks are passed over, as pandas does.

        A quote that never closes, or text after a closing quote, is InvalidInput.
        """
        reader = csv.reader(io.StringIO(self.text, newline="\n"), delimiter=self.delimiter, strict=True)
        line = 1
        try:
            while (cells := _next(reader, len(self.text))) is not None:
                if cells and (len(cells) > 1 or not self._is_blank(line, cells[0])):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise InvalidInput(self._broken_quote(line, error)) from None

    def _is_blank(self, line: int, cell: str) -> bool:
        """Whether the only cell of a line is blank, and not because blanks stand in quotes: those are a cell to pandas."""
        return not cell.strip(" \t") and ('"' not in self.text or '"' not in self._split_lines[line - 1])

    @cached_property
    def _split_lines(self) -> list[str]:
        """All lines at once, for what has to look at many of them."""
        return self.text.split("\n")

    def problem(self, what: str, line: int, column: str | int, *, cell: int = 0, cure: str = "") -> Problem:
        """Return a problem at `file:line:column` with that line as its excerpt, cut around the cell of that index.

        A column without a name is told by its number.
        """
        place = shown(str(column), width=40) if str(column).strip() else str(cell + 1)
        return Problem(what=what, where=f"{self.name}:{line}:{place}", excerpt=self._excerpt(line, cell), cure=cure)

    def no_column(self, missing: str, asked_by: str, taken: Collection[str] = ()) -> Problem:
        """Return the problem that a column which is asked for is not there, with the name that may be meant, if not taken."""
        cure = _other_delimiter(self, missing) or did_you_mean(missing, self.header, taken)
        return self.problem(f"no column {quoted(missing)} ({asked_by})", self.header_line, 1, cure=cure)

    def header_problem(self, what: str, column: str, cure: str) -> Problem:
        """Return a problem with a column as a whole, at the header; without a name, with all of them."""
        return self.problem(what, self.header_line, column or 1, cure=cure)

    def excerpt(self, line: int, column: str) -> tuple[str, ...]:
        """Return one line of the text, safe to print and cut around the cell of that column."""
        return self._excerpt(line, self.header.index(column))

    def _excerpt(self, line: int, cell: int) -> tuple[str, ...]:
        text = self._line(line)
        at = len(self.delimiter.join(text.split(self.delimiter)[:cell]))  # near enough when cells hold quotes
        return (f"{line:>5} | {shown(text, at)}",)

    def _line(self, line: int) -> str:
        return next(islice(io.StringIO(self.text, newline="\n"), line - 1, None), "").rstrip("\n")

    def _broken_quote(self, line: int, error: csv.Error) -> Problem:
        if "expected after" in str(error):
            what, cure = "text stands after a closing quote", 'write a quote inside a quoted cell twice: ""'
        else:
            what, cure = "a quote opens here and never closes", "close it, or remove it"
        text = self._line(line)
        cell = text[: max(text.rfind('"'), 0)].count(self.delimiter)
        return self.problem(what, line, cell + 1, cell=cell, cure=cure)


def _other_delimiter(table: Table, missing: str) -> str:
    """Return a cure if the header looks as if another character divided it; empty if it does not."""
    for delimiter in sorted({",", ";", "\t", "|"} - {table.delimiter}):
        pieces = [piece.strip() for cell in table.header if delimiter in cell for piece in cell.split(delimiter)]
        if missing in pieces or (pieces and len(table.header) == 1):
            found = "a tab" if delimiter == "\t" else quoted(delimiter)
            wanted = "a tab in a '.tsv' file" if table.delimiter == "\t" else "',' (a tab only in a '.tsv' file)"
            return f"the header holds {found}: the delimiter must be {wanted}"
    return ""


def _next(reader: Iterator[list[str]], longest: int) -> list[str] | None:
    """Return the next record, or None; the csv module's limit on the length of a cell is raised no longer than that takes."""
    usual = csv.field_size_limit(longest)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(usual)


def read_table(path: str, findings: Findings) -> Table:
    """Read a table; whatever is wrong with its header and with the width of its rows is added to the findings.

    Raises InvalidInput at once where there is nothing to go on with: no file, no text, no header, a broken quote.
    """
    content = read_content(path)
    name = shown_path(path)
    table = Table(
        name=name,
        text=decode(name, content.data),
        delimiter="\t" if content.name.lower().endswith((".tsv", ".tab")) else ",",
        sha256=content.sha256,
    )
    records = table.records()
    line, header = next(records, (1, []))
    if not header:
        raise InvalidInput(Problem(what="the file is empty", where=f"{name}:1:1", cure="give a header and rows"))
    table = replace(table, header=tuple(header), header_line=line)
    lines, misfits, again = _measure(records, header)
    _check_header(table, line, findings)
    for repeated in again:
        findings.add(repeated, table.problem("the header stands here again", repeated, 1, cure="remove this line"))
    _check_widths(table, lines, misfits, findings)
    if not lines:
        what, cure = "there is a header and no row below it", "the first line names the columns; data starts below it"
        findings.add(line, table.problem(what, line, 1, cure=cure))
    return replace(table, lines=np.array(lines, dtype=np.int64))


def _check_header(table: Table, line: int, findings: Findings) -> None:
    """Every column needs a name, and one of its own."""
    first = {column: cell for cell, column in reversed([*enumerate(table.header)])}
    wrong = [cell for cell, column in enumerate(table.header) if not column.strip() or first[column] < cell]
    findings.others += len(wrong[MOST:])
    for cell in wrong[:MOST]:
        column = table.header[cell]
        if not column.strip():
            cure = "name it; pandas writes such a column unless told `index=False`"
            findings.add(line, table.problem("a column without a name", line, cell + 1, cell=cell, cure=cure))
        else:
            what = f"column {quoted(column)} appears twice, first as column {first[column] + 1}"
            findings.add(line, table.problem(what, line, column, cell=cell, cure="rename one of them"))


Misfit = tuple[int, int]  # (line, cells found)


def _measure(records: Iterator[tuple[int, list[str]]], header: list[str]) -> tuple[list[int], list[Misfit], list[int]]:
    """Return the line of every row, the rows that are not as wide as the header, and the lines that repeat it."""
    lines, misfits, again = [], [], []
    for line, cells in records:
        lines.append(line)
        if len(cells) != len(header):
            misfits.append((line, len(cells)))
        elif cells == header:
            again.append(line)
    return lines, misfits, again


def _check_widths(table: Table, lines: list[int], misfits: list[Misfit], findings: Findings) -> None:
    """Every row is as wide as the header; when all have the same number of values too many, that is one problem."""
    width = len(table.header)
    widths = {found for _, found in misfits}
    if len(misfits) == len(lines) and len(widths) == 1 and max(widths) > width:
        (line, found), *_ = misfits
        what = f"every row has {found} values, the header {width}"
        cure = (
            _other_delimiter(table, "")
            or "name the missing columns in the header, or remove the delimiter at the end of every row"
        )
        findings.add(line, table.problem(what, line, width + 1, cell=width, cure=cure))
        return
    for line, found in misfits[:MOST]:
        what = f"the row has {found} values, the header {width}"
        if found < width:
            column: str | int = table.header[found]
            cure = f"no value for {quoted(table.header[found])}"
        else:
            column = width + 1
            cure = "remove a delimiter, or put the cell that contains it in quotes"
        findings.add(line, table.problem(what, line, column, cell=min(found, width), cure=cure))
    findings.others += len(misfits[MOST:])
