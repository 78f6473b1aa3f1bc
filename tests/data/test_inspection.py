"""What a column is: every nature by examples, and what must hold of any column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.inspection import Cells, Column, cells_of, duplicates, inspect, tokens
from dlrun.data.raw import MISSING, RawData, RawExamples, row_numbers
from tests.strategies import quick


def cells(name: str, *column: str) -> Cells:
    """A column of words; an empty one is missing."""
    words = sorted({cell for cell in column if cell})
    codes = np.array([words.index(cell) if cell else MISSING for cell in column], dtype=np.int64)
    return Cells(name=name, words=tuple(words), train=codes, everywhere=codes)


def nature(name: str, *column: str) -> str:
    return inspect(cells(name, *column)).nature


def test_numbers_and_words() -> None:
    assert inspect(cells("a", *["3", "1.5", "-2e3", ".5", "+4", "3", "3", "3", "1", "2"])) == Column(name="a", nature="number")
    assert inspect(cells("a", *["red", "blue", "red"])) == Column(name="a", nature="words")
    assert inspect(cells("a", "1", "", "2", "5", "")).missing == 2


def test_few_words_among_numbers_are_gaps() -> None:
    found = inspect(cells("a", "1", "-", "2.5", "unknown", "3", "", "-", "7", "8"))
    assert (found.nature, found.gap_words, found.missing) == ("number", ("-", "unknown"), 4)
    assert nature("a", "-", *(f"{k}.5" for k in range(20))) == "number"
    many = ["1", "2", "3", "4", "5", "5", "a", "b", "c", "d"]
    assert nature("a", *many) == "code"  # they are words in their own right
    assert (
        nature("a", "inf", "inf", "x") == nature("a", "1", "2", "x", "y", "z") == "code"
    )  # one reader or another might take it for numbers


@pytest.mark.parametrize(
    ("name", "column"),
    [("a", "007 008 007 010"), ("zip", "94110 94110 10001"), ("Postal Code", "1 2 2 1"), ("plz", "8001 8002 8001")],
)
def test_numbers_that_are_names(name: str, column: str) -> None:
    found = inspect(cells(name, *column.split()))
    assert found.nature == "code"
    assert found.reason


def test_what_looks_like_a_code_and_is_a_number() -> None:
    assert nature("a", "0.5", "0", "00.5", "1") == "number"
    assert nature("zip", "1.5", "2.5", "1.5") == "number"
    assert nature("encoded", "1", "2", "1") == "number"


def test_what_names_or_counts_rows() -> None:
    rows = [str(k) for k in range(40)]
    assert nature("a", *rows) == "id"
    assert nature("a", *reversed(rows)) == "number"  # a number of its own in every row, and in no order of counting
    assert nature("customerId", *reversed(rows)) == "id"
    assert nature("customer_id", *(str(k // 2) for k in range(60))) == "id"
    assert nature("colour_id", *(str(k % 3) for k in range(60))) == "number"
    assert nature("a", *(f"Mr {k}" for k in range(12))) == "id"
    assert nature("paid", *reversed(rows)) == "number"
    assert nature("id", *(f"{k}.5" for k in range(40))) == "number"


def test_words_of_which_hardly_one_comes_twice() -> None:
    found = inspect(cells("street", *(f"way {k}" for k in range(12)), "way 0", "", "way 1"))
    assert (found.nature, found.reason) == ("text", "12 different words in 14 cells: hardly one comes twice")
    assert nature("plz", *(f"{k:03}" for k in (*range(12), 3))) == "text"
    assert nature("street", *(f"way {k}" for k in range(12)), *(f"way {k}" for k in range(12))) == "words"
    assert nature("street", *(f"way {k}" for k in range(10)), "") == "words"  # ten may differ by chance


def test_dates_text_constants_and_nothing() -> None:
    assert nature("a", "2024-01-31", "2024-02-01", "1.2.24", "unknown") == "date"
    assert nature("a", *(f"{k // 2} apples" for k in range(300))) == "text"
    assert nature("a", "x", "x", "x") == "constant"
    assert nature("a", "x", "", "x") == "words"  # whether it is there may teach something
    assert nature("a", "", "", "") == "empty"
    assert nature("a", *["1", "2"], *[""] * 20) == "empty"


def test_left_out_is_told_and_used_is_not() -> None:
    for column in (["x"] * 5, [str(k) for k in range(20)], [""] * 5, ["2020-01-01", "2020-01-02"]):
        found = inspect(cells("a", *column))
        assert not found.used
        assert found.reason


@quick
@given(st.lists(st.text(max_size=8), min_size=1, max_size=30))
def test_any_column_is_something_and_gaps_are_counted(column: list[str]) -> None:
    found = inspect(cells("a", *column))
    assert found.missing >= column.count("")
    assert found.used or found.reason


@quick
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=30), st.integers(0, 2**32))
def test_the_order_of_rows_matters_only_to_what_counts_them(numbers: list[float], seed: int) -> None:
    column = [repr(x + 0.5) for x in numbers]
    shuffled = np.random.default_rng(seed).permutation(column).tolist()
    assert inspect(cells("a", *column)) == inspect(cells("a", *shuffled))


def test_a_column_of_numbers_reads_back() -> None:
    x = np.array([[1.5, 0.1], [np.nan, 1 / 3], [-2, 0.1]])
    part = RawExamples(x=x, y=np.array([0, 1, 0]), ids=row_numbers(3), label="y")
    raw = RawData(name="t", parts={"all": part}, features=("a", "b"), images=False, sha256="")
    a, b = cells_of(raw)
    assert np.array_equal(a.numbers(), x[:, 0], equal_nan=True)
    assert np.array_equal(b.numbers(), x[:, 1])
    assert (a.gaps, b.gaps, b.different) == (1, 0, 2)


def test_repeated_rows_are_counted() -> None:
    table = [cells("a", *["1", "2", "1", "1", "1"]), cells("b", *["x", "x", "x", "y", "x"])]
    assert duplicates(table, np.array([0, 0, 0, 0, 0])) == 2
    assert duplicates(table, np.array([0, 0, 1, 0, 0])) == 1


def test_names_are_read_in_words() -> None:
    assert tokens("customerId") == tokens("customer_id") == tokens("Customer ID") == ["customer", "id"]
    assert tokens("HTMLCode2") == ["html", "code", "2"]
    assert tokens("größe") != []
    assert tokens("—") == []
