"""However rows come, they are the same matrix; what cannot be one is said with its place."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.api.rows import Rows, as_raw
from dlrun.data.encoding import Encoding
from dlrun.data.preparation import Classes, Preparation
from dlrun.data.preprocessing import Normalization
from dlrun.data.raw import MISSING
from dlrun.errors import InvalidInput
from tests.strategies import matrices, quick


def preparation(*columns: str, images: bool = False) -> Preparation:
    return Preparation(
        columns=columns, numbers=columns, images=images,
        normalization=Normalization(mean=np.zeros(1), divisor=np.ones(1)), dtype="float32",
        classes=Classes(names=("no", "yes"), labels="text"), target_scale=None,
    )  # fmt: skip


def as_matrix(X: Rows, of: Preparation) -> Any:
    return as_raw(X, of, EMPTY).parts["all"].x


ABC = preparation("a", "b", "c")
EMPTY = ("", "?", "NA")


@quick
@given(x=matrices(st.integers(1, 6), st.just(3)), order=st.permutations(["a", "b", "c", "more"]))
def test_array_list_and_table_in_any_order_are_one_matrix(x: Any, order: list[str]) -> None:
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(more="text")[order]
    for given_as in (x, x.tolist(), list(x), table, table.astype({"b": object})):
        np.testing.assert_array_equal(as_matrix(given_as, ABC), x)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float32", "bool"])
def test_numbers_of_any_type_stay_what_they_are(dtype: str) -> None:
    x = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype)
    assert as_matrix(x, ABC).dtype == dtype
    table = pd.DataFrame({"a": x[:, 0], "b": [1.5, 2.5], "c": pd.array([1, 2], dtype="Int64")})
    assert as_matrix(table, ABC).tolist() == [[float(x[0, 0]), 1.5, 1], [float(x[1, 0]), 2.5, 2]]


def test_images_may_keep_their_shape() -> None:
    pixels = np.arange(2 * 4).reshape(2, 2, 2)
    assert as_matrix(pixels, preparation("p1", "p2", "p3", "p4", images=True)).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    with pytest.raises(InvalidInput, match=r"shape is \(2, 2, 2\)"):
        as_matrix(pixels, preparation("p1", "p2", "p3", "p4"))


@pytest.mark.parametrize(
    ("x", "told"),
    [
        ([1, 2, 3], r"rows of 3 values each, \(m, 3\); its shape is \(3,\)\n  → one example is a row of its own"),
        ([[1, 2], [3, 4]], "2 columns, this run was trained on 3\n  → they are 'a', 'b', 'c'"),
        ([[1, 2, 3], [4, 5]], r"rows of 3 values each"),
        ([[1, "tall", 3]], r"X\[0, 'b'\]: 'tall' is not a number"),
        ([["1", 2, 3]], r"X\[0, 'a'\]: '1' is not a number"),
        ([[1, 2j, 3]], r"X\[0, 'b'\]: 2j is not a number"),
        ([[1, 2, 10**400]], "too large for a float"),
        ([[1, np.inf, -np.inf]], r"X\[0, 'b'\]: inf is not a finite number; 2 such values in all"),
        ("table.csv", r"its shape is \(\)"),
        (None, r"its shape is \(\)"),
        (pd.DataFrame({"a": [1], "B": [2], "C ": [3]}), "X has no column 'b', 'c'\n  → did you mean 'B'?"),
        (pd.DataFrame({"a": [1]}), "X has no column 'b', 'c'$"),
        (pd.DataFrame([[1, 2, 3]]), r"have no names, so there is no 'a', 'b', 'c'\n  → .*X\.to_numpy\(\)"),
        (pd.DataFrame([[1, 2, 3, 4]], columns=["a", "b", "c", "a"]), "more than one column 'a'"),
        (pd.DataFrame({"a": ["x"], "b": [1], "c": [1]}), r"X\[0, 'a'\]: 'x' is not a number"),
    ],
)
def test_what_is_no_matrix_is_said_with_its_place(x: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        as_matrix(x, ABC)


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, pd.NaT, "?", " NA "])
def test_a_missing_cell_is_missing_however_it_is_written(gap: Any) -> None:
    raw = as_raw(pd.DataFrame({"a": [1, 2], "city": ["Oslo", gap], "b": pd.Series([gap, 4], dtype=object)}), WORDS, EMPTY)
    examples = raw.parts["all"]
    np.testing.assert_array_equal(examples.x, [[1, np.nan], [2, 4]])
    assert examples.codes is not None
    assert examples.codes.tolist() == [[0], [MISSING]]


WORDS = replace(
    preparation("a", "city", "b"),
    numbers=("a", "b"),
    encodings=(Encoding(name="city", words=("Oslo", "Rome", "3"), other=False, gap=False),),
)


def test_words_come_in_any_order_and_as_what_they_are() -> None:
    frame = pd.DataFrame({"city": [" Rome ", 3, 3.0, "Mars", True], "b": range(5), "more": "x", "a": range(5)})
    rows = [[k, city, k] for k, city in enumerate(frame["city"])]
    for given_as in (frame, rows, np.array(rows, dtype=object)):
        raw = as_raw(given_as, WORDS, EMPTY)
        examples = raw.parts["all"]
        assert examples.codes is not None
        assert examples.codes[:, 0].tolist() == [1, 2, 2, 3, 4]
        assert raw.categories[0].words == ("Oslo", "Rome", "3", "Mars", "True")
        np.testing.assert_array_equal(examples.x, [[k, k] for k in range(5)])


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_a_column_of_words_may_have_any_dtype_of_words(dtype: Any) -> None:
    frame = pd.DataFrame({"city": pd.Series(["Rome", "Oslo"], dtype=dtype), "b": [1.0, 2.0], "a": [1, 2]})
    examples = as_raw(frame, WORDS, EMPTY).parts["all"]
    assert examples.codes is not None
    assert examples.codes[:, 0].tolist() == [1, 0]


def test_a_column_of_words_is_asked_for_too() -> None:
    with pytest.raises(InvalidInput, match="X has no column 'city'\n  → did you mean 'City'"):
        as_raw(pd.DataFrame({"a": [1], "b": [2], "City": ["Rome"]}), WORDS, EMPTY)
    with pytest.raises(InvalidInput, match=r"X\[0, 'b'\]: 'Rome' is not a number"):
        as_raw([[1, "Oslo", "Rome"]], WORDS, EMPTY)
