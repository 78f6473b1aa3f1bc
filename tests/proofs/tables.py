"""Tables of random cells, the ways in which people's files differ from them, and a slow reader that says what they hold."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

GAPS = {"", "?", "NA", "N/A", "NaN", "nan", "null"}
TARGET = "y"


@dataclass(frozen=True)
class Cells:
    """What stands in a file: its header, its rows with the line of each, and whether they are a table at all."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    @property
    def is_a_table(self) -> bool:
        """Every column has a name of its own, every row a cell in each, and no row is the header again."""
        named = all(name.strip() for name in self.header) and len(set(self.header)) == len(self.header)
        return named and bool(self.rows) and all(len(row) == len(self.header) and row != self.header for row in self.rows)

    @property
    def is_faultless(self) -> bool:
        """Whether nobody could find a fault: a table, no label blank, every other column numbers or words throughout."""
        if not self.is_a_table or TARGET not in self.header or len(self.header) < 2:
            return False
        columns = dict(zip(self.header, zip(*self.rows, strict=True), strict=True))
        labels = columns.pop(TARGET)
        return all(label.strip() for label in labels) and all(
            are_numbers(cells) or are_words(cells) for cells in columns.values()
        )


def read_slowly(content: bytes, delimiter: str) -> Cells | None:
    """Read a file cell by cell with the csv module; None if it is no text, or a quote stands where none may."""
    try:
        text = content.decode().lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
        found, line = [], 1
        for cells in reader:
            blank = not cells or (len(cells) == 1 and not cells[0].strip(" \t") and '"' not in lines[line - 1])
            if not blank:
                found.append((line, cells))
            line = reader.line_num + 1
    except (UnicodeDecodeError, csv.Error):
        return None
    if "\0" in text or not found:
        return None
    (_, header), *rows = found
    return Cells(header, [cells for _, cells in rows], [line for line, _ in rows])


def number(cell: str) -> float:
    """Return the finite number a cell holds, NaN for a gap; ValueError for anything else."""
    if cell.strip() in GAPS:
        return math.nan
    value = float(cell)
    if "_" in cell or not math.isfinite(value):
        raise ValueError(cell)
    return value


def are_numbers(cells: Sequence[str]) -> bool:
    """Whether every cell is a gap or a number as everybody writes it."""
    try:
        return all(cell.isascii() and not math.isinf(number(cell)) for cell in cells)
    except ValueError:
        return False


def are_words(cells: Sequence[str]) -> bool:
    """Whether every cell is a gap or what nobody takes for a number."""
    return all(cell.strip() in GAPS or not any(c.isdigit() or c in "nN" for c in cell) for cell in cells)


WHOLE = st.integers(-1000, 1000).map(str)
REAL = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.sampled_from(["1e3", " 4", "5 ", "+.5", "6.", "-0", "007"])
WORD = st.sampled_from(["red", "Oslo", " blue", "two words", "é", "True", "False", "x,y", 'say "hi"', "a\nb", "NAN", "-", "inf"])
GAP = st.sampled_from(sorted(GAPS))
LARGE = st.sampled_from(["18446744073709551615", "-9223372036854775809", "123456789012345678901234567890", "9007199254740993"])
ODD = st.sampled_from(
    ["1_000", "0x10", "1e400", "1e-400", "1,5", "\xa07", "1\u2003", "٣", "--1", "1e", "Infinity", "\x1a", "#", "'3'"]
)
COLUMNS = [
    st.sampled_from(["True", "False", ""]),
    WHOLE,
    REAL,
    WORD,
    WHOLE | GAP,
    REAL | GAP,
    WORD | GAP,
    REAL | LARGE,
    GAP,
    st.sampled_from(["True", "False"]),
]
LABELS = [
    st.sampled_from(["0", "1"]),
    st.sampled_from(["u", " u", "v", "NA"]),
    WHOLE,
    REAL,
    st.sampled_from(["01", "1", "+1", "2"]),
]
ANY_CELL = st.one_of(WHOLE, REAL, WORD, GAP, LARGE, ODD)
NAMES = ["a", "b b", "c", "d=1", "é", "1", "Unnamed: 0", "a.1"]

LINE_ENDS = ["\n", "\n", "\r\n", "\r", "\n\n", "\n  \n", "\n\t\n"]
INSERTED = [
    "\n",
    "\r",
    '"',
    '""',
    ",",
    ";",
    "\t",
    " ",
    "\\",
    "\0",
    "\ufeff",
    "\x0b",
    "\x1c",
    "\x85",
    "\u2028",
    "#",
    "'",
    "|",
    '\n"  "\n',
]


def quoted(cell: str, delimiter: str, *, always: bool) -> str:
    """Write a cell, in quotes where it needs them."""
    return '"' + cell.replace('"', '""') + '"' if always or any(c in cell for c in (delimiter, '"', "\n", "\r")) else cell


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, str]:
    """Draw a table, change none to four of its cells, rows or characters, and return its bytes with its delimiter."""
    delimiter = draw(st.sampled_from([",", ",", "\t"]))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    kinds = [draw(st.sampled_from(COLUMNS)) for _ in names]
    place = draw(st.integers(0, len(names)))
    kinds.insert(place, draw(st.sampled_from(LABELS)))
    rows = [[*names[:place], TARGET, *names[place:]]]
    rows += [[draw(kind) for kind in kinds] for _ in range(draw(st.integers(1, 8)))]
    changes = draw(st.lists(st.sampled_from([*ROWS, *TEXTS]), max_size=3))
    for change in changes:
        if change in ROWS:
            ROWS[change](draw, rows)
    always, end = draw(st.booleans()), draw(st.sampled_from(LINE_ENDS))
    text = "".join(delimiter.join(quoted(cell, delimiter, always=always) for cell in row) + end for row in rows)
    for change in changes:
        if change in TEXTS:
            text = TEXTS[change](draw, text)
    encoding = draw(st.sampled_from(["utf-8"] * 12 + ["utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(encoding, "replace"), delimiter


Rows = list[list[str]]


def _row(draw: st.DrawFn, rows: Rows) -> int:
    return draw(st.integers(0, len(rows) - 1))


def _other_cell(draw: st.DrawFn, rows: Rows) -> None:
    row = rows[_row(draw, rows)]
    row[draw(st.integers(0, len(row) - 1))] = draw(ANY_CELL)


def _cell_more(draw: st.DrawFn, rows: Rows) -> None:
    row = rows[_row(draw, rows)]
    row.insert(draw(st.integers(0, len(row))), draw(ANY_CELL))


def _cell_less(draw: st.DrawFn, rows: Rows) -> None:
    row = rows[_row(draw, rows)]
    if len(row) > 1:
        del row[draw(st.integers(0, len(row) - 1))]


def _cell_more_in_every_row(draw: st.DrawFn, rows: Rows) -> None:
    cell = draw(ANY_CELL)
    for row in rows[1:]:
        row.append(cell)


def _cell_less_in_every_row(draw: st.DrawFn, rows: Rows) -> None:
    for row in rows[1:]:
        if len(row) > 1:
            del row[-1]


def _cells_exchanged(draw: st.DrawFn, rows: Rows) -> None:
    row = rows[_row(draw, rows)]
    here, there = (draw(st.integers(0, len(row) - 1)) for _ in range(2))
    row[here], row[there] = row[there], row[here]


def _header_again(draw: st.DrawFn, rows: Rows) -> None:
    rows.insert(draw(st.integers(1, len(rows))), list(rows[0]))


def _blank_row(draw: st.DrawFn, rows: Rows) -> None:
    rows.insert(_row(draw, rows), [draw(st.sampled_from(["", " ", "\t", "  \t"]))] * draw(st.sampled_from([1, 1, len(rows[0])])))


ROWS: dict[str, Callable[[st.DrawFn, Rows], None]] = {
    change.__name__: change
    for change in (
        _other_cell, _cell_more, _cell_less, _cell_more_in_every_row, _cell_less_in_every_row, _cells_exchanged, _header_again,
        _blank_row,
    )
}  # fmt: skip


def _inserted(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(INSERTED)) + text[at:]


def _deleted(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    return text[:at] + text[at + draw(st.integers(1, 3)) :]


def _cut_short(draw: st.DrawFn, text: str) -> str:
    return text[: draw(st.integers(0, len(text)))]


def _line_end_of_another_kind(draw: st.DrawFn, text: str) -> str:
    return text.replace("\n", draw(st.sampled_from(["\r", "\r\n", "\n\r"])), draw(st.integers(1, 3)))


def _marked(draw: st.DrawFn, text: str) -> str:
    return "\ufeff" * draw(st.integers(1, 2)) + text


TEXTS: dict[str, Callable[[st.DrawFn, str], str]] = {
    change.__name__: change for change in (_inserted, _deleted, _cut_short, _line_end_of_another_kind, _marked)
}
