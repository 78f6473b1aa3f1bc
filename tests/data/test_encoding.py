"""Words as columns: one column a word, as the training part teaches them, and nothing that dev or test could change."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder

from dlrun.arrays import Array
from dlrun.data.encoding import Encoding, OneHot, encoding_notes
from dlrun.data.raw import MISSING, Category, RawData, RawExamples, Selection, row_numbers
from dlrun.errors import InvalidInput
from tests.strategies import quick

CELLS = st.lists(st.sampled_from(["red", "blue", "green", "(other)", "é", None]), min_size=1, max_size=20)


def raw_of(name: str = "colour", **parts: Sequence[str | None]) -> RawData:
    """Return a source with one column of words, of which None is a gap."""
    words = tuple(sorted({word for cells in parts.values() for word in cells if word is not None}))
    return RawData(
        name="t.csv",
        parts={
            part: RawExamples(
                x=np.empty((len(cells), 0)),
                codes=np.array([[MISSING if word is None else words.index(word)] for word in cells]),
                y=np.zeros(len(cells)),
                ids=row_numbers(len(cells)),
                label="y",
                lines=row_numbers(len(cells)) + 2,
            )
            for part, cells in parts.items()
        },
        features=(),
        categories=(Category(name=name, words=words),),
        images=False,
        sha256="",
    )


def selection(raw: RawData, part: str = "train") -> Selection:
    return Selection(raw=raw, part=part, rows=row_numbers(len(raw.parts[part])))


def fit(raw: RawData, **settings: Any) -> Encoding:
    (encoding,) = OneHot(**settings).fit(selection(raw))
    return encoding


def encoded(encoding: Encoding, raw: RawData, part: str = "train") -> Array:
    chosen = selection(raw, part)
    z = np.zeros((len(chosen), len(encoding.features)))
    encoding.write(chosen.codes(0), raw.categories[0], z)
    return z


def refusal(cells: Sequence[str | None], **settings: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        fit(raw_of(train=cells), **settings)
    (problem,) = caught.value.problems
    assert problem.where.startswith("t.csv:")
    assert problem.where.endswith(":colour")
    assert "drop: [colour]" in problem.cure
    return problem.what


@quick
@given(train=CELLS, dev=CELLS, smallest=st.integers(1, 3))
def test_every_row_has_one_one_and_says_which_word_it_was(train: list[str | None], dev: list[str | None], smallest: int) -> None:
    if not any(train):
        return
    raw = raw_of(train=train, dev=dev)
    encoding = fit(raw, smallest=smallest)
    assert list(encoding.words) == sorted({word for word in train if word is not None and train.count(word) >= smallest})
    for part, cells in {"train": train, "dev": dev}.items():
        z = encoded(encoding, raw, part)
        assert set(np.unique(z)) <= {0, 1}
        assert (z.sum(axis=1) <= 1).all()
        if part == "train":
            assert (z.sum(axis=1) == 1).all()
            assert (z.sum(axis=0) > 0).all()  # every column has been trained
        meanings = [*encoding.words, *["other"] * encoding.other, *["gap"] * encoding.gap]
        for row, word in zip(z, cells, strict=True):
            told = meanings[row.argmax()] if row.any() else None
            if word is None:
                assert told == ("gap" if encoding.gap else None)
            elif word in encoding.words:
                assert told == word
            else:
                assert told == ("other" if encoding.other else None)


@quick
@given(train=CELLS, dev=CELLS, other=CELLS)
def test_other_parts_never_change_what_training_sees(
    train: list[str | None], dev: list[str | None], other: list[str | None]
) -> None:
    if not any(train):
        return
    one, two = raw_of(train=train, dev=dev), raw_of(train=train, dev=other)
    assert fit(one) == fit(two)
    assert encoded(fit(one), one).tobytes() == encoded(fit(two), two).tobytes()


@quick
@given(train=st.lists(st.sampled_from("abcde"), min_size=1, max_size=30), dev=st.lists(st.sampled_from("abcdefg"), min_size=1))
def test_scikit_learn_encodes_words_alike(train: list[str], dev: list[str]) -> None:
    raw = raw_of(train=list(train), dev=list(dev))
    reference = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.array(train)[:, None])
    np.testing.assert_array_equal(encoded(fit(raw, smallest=1), raw, "dev"), reference.transform(np.array(dev)[:, None]))


def test_columns_are_named_for_their_words() -> None:
    encoding = fit(raw_of(train=["red", "red", "blue", None]))
    assert encoding.features == ("colour=red", "colour=(other)", "colour=(missing)")


@pytest.mark.parametrize("rows", [11, 99])
def test_a_word_in_every_row_names_the_rows(rows: int) -> None:
    names = [f"id{k}" for k in range(rows)]
    what = f"the column holds a different word in each of {rows} training rows: it names the rows"
    assert refusal(names) == refusal([*names, None], smallest=1) == what
    texts = [f"this is what number {k} says" for k in range(rows)]
    assert refusal(texts).endswith("it is text")


def test_too_many_words_are_no_classes() -> None:
    many = [f"w{k}" for k in range(101)] * 2
    assert refusal(many) == "the column holds 101 different words, at most 100 are classes"
    assert len(fit(raw_of(train=many), limit=101).words) == 101
    unseen = [f"v{k}" for k in range(500)]
    assert fit(raw_of(train=["a", "a", "b", "b"], dev=unseen)).words == ("a", "b")


@pytest.mark.parametrize("day", ["2020-01-{:02}", "2020-1-{} 12:00", "2020-01-{:02}T00:00:00Z", "{}.5.2020", "5/{}/20"])
def test_dates_are_told_from_words(day: str) -> None:
    assert refusal([day.format(k + 1) for k in range(5)] * 2 + [None]) == "the column holds dates"


def test_a_column_without_a_word_in_training_teaches_nothing() -> None:
    with pytest.raises(InvalidInput, match=r"t\.csv:2:colour: the column holds no word in the training part"):
        fit(raw_of(train=[None, None], dev=["a", "b"]))


def test_all_columns_are_told_at_once() -> None:
    days: list[str | None] = ["2020-01-01", "2020-01-02"]
    one = raw_of(train=days)
    codes = np.array([[0, 0], [1, 1]])
    part = RawExamples(x=np.empty((2, 0)), codes=codes, y=np.zeros(2), ids=row_numbers(2), label="y")
    categories = tuple(Category(name=name, words=one.categories[0].words) for name in ("born", "died"))
    raw = RawData(name="t.csv", parts={"train": part}, features=(), categories=categories, images=False, sha256="")
    with pytest.raises(InvalidInput) as caught:
        OneHot().fit(selection(raw))
    assert [problem.where for problem in caught.value.problems] == ["t.csv:born[0]", "t.csv:died[0]"]


def test_the_notes_say_what_training_never_saw() -> None:
    raw = raw_of(train=["a", "a", "b", "b", "c"], dev=["a", "d", None, "c"], test=["a"])
    chosen = {part: selection(raw, part) for part in raw.parts}
    encodings = OneHot().fit(chosen["train"])
    assert list(encoding_notes(encodings, chosen)) == [
        "rare words share a column in 'colour'",
        "'colour': 2 of 4 rows of dev hold a word that training hardly saw",
        "'colour': 1 of 4 rows of dev miss a word, which training never does",
    ]


@quick
@given(cells=CELLS, data=st.data())
def test_rows_drawn_for_other_parts_say_nothing(cells: list[str | None], data: st.DataObject) -> None:
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(cells) - 1), min_size=1))))
    if not any(cells[i] for i in rows):
        return
    raw = raw_of(train=cells)
    (found,) = OneHot().fit(Selection(raw=raw, part="train", rows=rows))
    assert found == fit(raw_of(train=[cells[i] for i in rows]))
