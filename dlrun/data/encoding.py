"""Words as numbers: a column of its own for each word that the training part teaches."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Le

from dlrun.arrays import Array, IntArray
from dlrun.data.messages import listed, quoted, yaml_word
from dlrun.data.raw import MISSING, Category, Selection
from dlrun.errors import Problem, raise_all

A_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}( .*)?")
A_FEW = 10  # rows in which all words may differ by chance
A_SENTENCE = 4  # blanks that a text has, and a name hardly
OTHER, GAP = "(other)", "(missing)"  # no cell of a table is read as these: they are names of columns only


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How one column of words becomes numbers: a column for each word, then one for other words, then one for missing ones.

    Without a column for other words, a word that is none of these has zeros in all of them.
    """

    name: str
    words: tuple[str, ...]
    other: bool
    gap: bool

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the columns."""
        extra = [OTHER] * self.other + [GAP] * self.gap
        return tuple(f"{self.name}={word}" for word in (*self.words, *extra))

    def write(self, codes: IntArray, category: Category, z: Array) -> None:
        """Write a 1 for the word of each row into z (m, columns), which holds zeros."""
        places = {word: place for place, word in enumerate(self.words)}
        elsewhere = len(self.words) if self.other else -1
        lookup = np.array([*(places.get(word, elsewhere) for word in category.words), self._gap_place])  # the last is for MISSING
        columns = lookup[codes]
        rows = np.flatnonzero(columns >= 0)
        z[rows, columns[rows]] = 1

    def unknown(self, codes: IntArray, category: Category) -> int:
        """Return how many rows hold a word that the training part did not teach by itself."""
        words = set(self.words)
        known = np.array([*(word in words for word in category.words), True])
        return int((~known[codes]).sum())

    @property
    def _gap_place(self) -> int:
        return len(self.words) + self.other if self.gap else -1


@dataclass(frozen=True, kw_only=True)
class OneHot:
    """A column for each word: 1 where the word stands, 0 elsewhere.

    Words that fewer than `smallest` training rows hold share one column, and words that training never saw go there too, so
    that it has been trained; if no word is rare there is no such column, and unseen words are zeros everywhere. A column with
    more than `limit` different words, or a different one in every row, is text or names its rows: an error.
    """

    kind: Literal["one_hot"] = "one_hot"
    limit: Annotated[int, Ge(2), Le(10_000)] = 100
    """The most different words a column may have."""
    smallest: Annotated[int, Ge(1), Le(1_000_000)] = 2
    """Words in fewer training rows than this share one column, with the words that training never saw."""

    def fit(self, train: Selection) -> tuple[Encoding, ...]:
        """Take the words of the training part; InvalidInput for every column that is text, dates or names rather than classes."""
        categories = train.raw.categories
        raise_all(problem for number, _ in enumerate(categories) for problem in self._problems(number, train))
        return tuple(self._encoding(train.codes(number), category) for number, category in enumerate(categories))

    def _encoding(self, codes: IntArray, category: Category) -> Encoding:
        rows = np.bincount(codes[codes != MISSING], minlength=len(category.words))
        kept = [word for word, count in zip(category.words, rows, strict=True) if count >= self.smallest]
        rare = bool(((rows > 0) & (rows < self.smallest)).any())
        return Encoding(name=category.name, words=tuple(sorted(kept)), other=rare, gap=bool((codes == MISSING).any()))

    def _problems(self, number: int, train: Selection) -> Iterator[Problem]:
        category, codes = train.raw.categories[number], train.codes(number)
        present = np.unique(codes[codes != MISSING])
        words = [category.words[code] for code in present]
        drop = f"drop it: drop: [{yaml_word(category.name)}]"
        filled = np.flatnonzero(codes != MISSING)
        what, cure = "", drop
        if not words:
            what = "the column holds no word in the training part"
        elif all(map(A_DATE.fullmatch, words)):
            what, cure = "the column holds dates", f"write them as numbers (year, month, weekday), or {drop}"
        elif len(words) == len(filled) > A_FEW:
            what = f"the column holds a different word in each of {len(filled):,} training rows: {_names_or_text(words)}"
        elif len(words) > self.limit:
            what = f"the column holds {len(words):,} different words, at most {self.limit:,} are classes"
            cure = f"{drop}, or allow more: data.categories.limit"
        if what:
            yield train.cell_problem(int(filled[0]) if words else 0, category.name, what, cure)


def encoding_notes(encodings: tuple[Encoding, ...], chosen: Mapping[str, Selection]) -> Iterator[str]:
    """Yield what the user should know: columns with rare words, and what training never saw: words, and gaps."""
    if rare := [encoding.name for encoding in encodings if encoding.other]:
        yield f"rare words share a column in {listed(rare)}"
    for part, selection in chosen.items():
        for number, encoding in enumerate(encodings if part != "train" else ()):
            codes = selection.codes(number)
            if count := encoding.unknown(codes, selection.raw.categories[number]):
                yield f"{quoted(encoding.name)}: {_share(count, part, selection)} hold a word that training hardly saw"
            if not encoding.gap and (count := int((codes == MISSING).sum())):
                yield f"{quoted(encoding.name)}: {_share(count, part, selection)} miss a word, which training never does"


def _share(count: int, part: str, selection: Selection) -> str:
    return f"{count:,} of {len(selection):,} rows of {part}"


def _names_or_text(words: Sequence[str]) -> str:
    """Say what words that all differ are: texts if most of them are long, else names of the rows."""
    return "it is text" if 2 * sum(word.count(" ") >= A_SENTENCE for word in words) > len(words) else "it names the rows"


Categories: TypeAlias = OneHot  # the registry: a new encoding is one class above and its name here
