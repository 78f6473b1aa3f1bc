"""What is in the columns of a table: numbers, words, numbers that are names, and what no network should see."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Literal, TypeAlias

import numpy as np

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.data.encoding import A_DATE, A_FEW, OneHot
from dlrun.data.messages import listed, quoted
from dlrun.data.raw import MISSING, RawData

Nature: TypeAlias = Literal["number", "words", "code", "id", "date", "text", "constant", "empty"]

LEFT_OUT: tuple[Nature, ...] = ("id", "date", "text", "constant", "empty")
MOST = 0.5  # of the cells: what they are, the column is
FEW = 10  # cells: fewer cannot be relied on to reach the training part, or to say that no two are alike
GAP_WORDS = 3  # different words among numbers: so few stand for a missing number, more are words in their own right
CATEGORIES = 20  # different values: an id has more
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+(\.0*)?", re.ASCII)
PADDED = re.compile(r"0\d+", re.ASCII)
WORDS_IN_A_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+")
NAMES_ROWS = {"id", "ids", "uuid", "guid", "rowid", "index", "rownames", "rownumber"}
NAMES_PLACES = {"zip", "zipcode", "postcode", "postalcode", "postal", "plz", "phone", "telephone", "fips", "code"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column is, and why it is thought to be that where it is not plain.

    `missing` counts cells of all parts; `gap_words` are words among numbers that stand for a missing one.
    """

    name: str
    nature: Nature
    reason: str = ""
    missing: int = 0
    gap_words: tuple[str, ...] = ()

    @property
    def used(self) -> bool:
        """Whether a network should see it."""
        return self.nature not in LEFT_OUT


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The cells of one column: the different words in it, and the codes (m,) of those of each row, MISSING where none is.

    `train` are the codes of the part that is split or trains, `everywhere` those of all parts.
    """

    name: str
    words: tuple[str, ...]
    train: IntArray
    everywhere: IntArray

    @cached_property
    def present(self) -> IntArray:
        """The codes of the training part that are one."""
        return np.asarray(self.train[self.train != MISSING])

    @cached_property
    def different(self) -> int:
        """How many different words the training part has."""
        return int(np.count_nonzero(np.bincount(self.present, minlength=1)))

    @cached_property
    def gaps(self) -> int:
        """How many cells of all parts are missing."""
        return int((self.everywhere == MISSING).sum())

    @cached_property
    def numeric(self) -> BoolArray:
        """Which words are finite numbers, as a table writes them."""
        return self.marks(_is_number)

    @cached_property
    def whole(self) -> bool:
        """Whether every word that is a number is a whole one."""
        return all(WHOLE.fullmatch(word) for word, numeric in zip(self.words, self.numeric, strict=True) if numeric)

    @cached_property
    def dated(self) -> bool:
        """Whether most cells are dates."""
        return self.share(self.numeric) < MOST and self.share(self.marks(A_DATE.fullmatch)) >= MOST

    def marks(self, test: Callable[[str], object]) -> BoolArray:
        """Return which words pass a test, (words,)."""
        return np.array([bool(test(word)) for word in self.words], dtype=np.bool_)

    def share(self, marked: BoolArray) -> float:
        """Return the share of the cells of all parts, those that are there, whose word is marked."""
        codes = self.everywhere[self.everywhere != MISSING]
        return float(marked[codes].mean()) if len(codes) else 0.0

    def numbers(self) -> Array:
        """Return the training part as numbers (m,), NaN where there is none."""
        values = [float(word) if numeric else np.nan for word, numeric in zip(self.words, self.numeric, strict=True)]
        return np.array([*values, np.nan])[self.train]  # the last is for MISSING


def cells_of(raw: RawData) -> Iterator[Cells]:
    """Yield the columns of a table, those of numbers as the words that they would be written as."""
    for number, category in enumerate(raw.categories):
        codes = {part: examples.codes[:, number] for part, examples in raw.parts.items() if examples.codes is not None}
        everywhere = np.concatenate(list(codes.values()))
        yield Cells(name=category.name, words=category.words, train=codes[raw.pool], everywhere=everywhere)
    ends = np.cumsum([len(examples) for examples in raw.parts.values()])[:-1]
    place = list(raw.parts).index(raw.pool)
    for number, name in enumerate(raw.features):
        x = np.concatenate([examples.x[:, number].astype(np.float64) for examples in raw.parts.values()])
        values, codes_of_values = np.unique(x, return_inverse=True)
        everywhere = np.where(np.isnan(x), MISSING, codes_of_values).astype(np.int64)
        words = tuple(f"{value:.17g}" for value in values)
        yield Cells(name=name, words=words, train=np.split(everywhere, ends)[place], everywhere=everywhere)


def inspect(cells: Cells) -> Column:
    """Say what a column is: first what no network should see, then numbers, then words."""
    for look in (_nothing, _names_of_rows, _dates, _numbers):
        if found := look(cells):
            return found
    return _words(cells)


def duplicates(table: list[Cells], labels: IntArray) -> int:
    """Return how many rows of the training part repeat another one in every cell, and in the label's code (m,).

    A row is a sum of its codes times odd numbers of 64 bits, modulo 2⁶⁴: of a million rows two that differ have the same sum
    once in tens of millions of tables.
    """
    multipliers = np.random.default_rng(len(table)).integers(0, 2**64, len(table) + 1, dtype=np.uint64) | np.uint64(1)
    sums = np.zeros(len(labels), dtype=np.uint64)
    for codes, multiplier in zip([*(cells.train for cells in table), labels], multipliers, strict=True):
        sums += codes.astype(np.uint64) * multiplier
    return len(sums) - len(np.unique(sums))


def tokens(name: str) -> list[str]:
    """Return the words that a name is made of: `customerId` and `customer_id` are both customer, id."""
    return [word.casefold() for word in WORDS_IN_A_NAME.findall(name)]


def _nothing(cells: Cells) -> Column | None:
    """Find columns that teach nothing: no value, hardly any, or one."""
    present, m = len(cells.present), len(cells.train)
    if present < FEW and 2 * present < m:
        held = f"{present:,} of {m:,} cells hold anything" if present else "no cell holds anything"
        return _column(cells, "empty", held)
    if cells.different == 1 and present == m:
        return _column(cells, "constant", f"every row holds {quoted(cells.words[cells.present[0]])}")
    return None


def _names_of_rows(cells: Cells) -> Column | None:
    """Find columns that name or count the rows."""
    m, all_whole = len(cells.train), bool(cells.numeric.all()) and cells.whole
    each_its_own = cells.different == m >= FEW
    if all_whole and each_its_own and (np.diff(cells.numbers()) == 1).all():
        return _column(cells, "id", "it counts the rows")
    if each_its_own and cells.share(cells.numeric) < MOST and not cells.dated:
        return _column(cells, "id", "another word in every row: it names the rows")
    if set(tokens(cells.name)[-1:]) & NAMES_ROWS and (all_whole or not cells.numeric.any()):
        if each_its_own:
            return _column(cells, "id", "another value in every row, and its name: it names the rows")
        if cells.different > CATEGORIES:
            return _column(cells, "id", "its name: it names what rows belong to, which may then be in train and in dev")
    return None


def _dates(cells: Cells) -> Column | None:
    return _column(cells, "date", f"dates, such as {quoted(cells.words[cells.present[0]])}") if cells.dated else None


def _numbers(cells: Cells) -> Column | None:
    """Find columns of numbers, whose few other words are gaps, and numbers that are names."""
    if cells.share(cells.numeric) < MOST:
        return None
    others = tuple(word for word, numeric in zip(cells.words, cells.numeric, strict=True) if not numeric)
    if cells.whole and any(map(PADDED.fullmatch, cells.words)):
        return _names(cells, "numbers that begin with 0 are names")
    if cells.whole and set(tokens(cells.name)) & NAMES_PLACES:
        return _names(cells, "its name: such numbers are names")
    if len(others) > GAP_WORDS:
        return _names(cells, f"numbers, but also {listed(others)}")
    if not others:
        return _column(cells, "number")
    gaps = int((~cells.numeric)[cells.everywhere[cells.everywhere != MISSING]].sum())
    reason = f"numbers; {listed(others)} in {gaps:,} cells stands for a missing one"
    missing = cells.gaps + gaps
    return Column(name=cells.name, nature="number", reason=reason, missing=missing, gap_words=others)


def _words(cells: Cells) -> Column:
    looks_numeric = any(map(_is_float, cells.words))  # more generous than a table: `inf` too
    return _names(cells, "words, some of which look like numbers") if looks_numeric else _few_enough(cells, "words", "")


def _names(cells: Cells, reason: str) -> Column:
    return _few_enough(cells, "code", reason)


def _few_enough(cells: Cells, nature: Nature, reason: str) -> Column:
    """Return a column of words, or one to leave out.

    That is one with more words than become columns of the network's input, or with hardly any twice: in the training rows, which
    are fewer, each may then stand once.
    """
    why = f"{reason}; " if reason else ""
    if cells.different > OneHot().limit:
        return _column(cells, "text", f"{why}{cells.different:,} different words are too many for classes")
    if cells.different > max(A_FEW, MOST * len(cells.present)):
        found = f"{cells.different} different words in {len(cells.present):,} cells"
        return _column(cells, "text", f"{why}{found}: hardly one comes twice")
    return _column(cells, nature, reason)


def _column(cells: Cells, nature: Nature, reason: str = "") -> Column:
    return Column(name=cells.name, nature=nature, reason=reason, missing=cells.gaps)


def _is_number(word: str) -> bool:
    return NUMBER.fullmatch(word) is not None and isfinite(float(word))


def _is_float(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
