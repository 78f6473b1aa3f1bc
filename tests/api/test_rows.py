"""However rows come, they are the same matrix; what cannot be one is said with its place."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.api.rows import as_matrix
from dlrun.data.preparation import Classes, Preparation
from dlrun.data.preprocessing import Normalization
from dlrun.errors import InvalidInput
from tests.strategies import matrices, quick


def preparation(*features: str, images: bool = False) -> Preparation:
    return Preparation(
        columns=features, numbers=features, images=images, dtype="float32",
        normalization=Normalization(mean=np.zeros(1), divisor=np.ones(1)),
        classes=Classes(names=("no", "yes"), labels="text"), target_scale=None,
    )  # fmt: skip


ABC = preparation("a", "b", "c")


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
        ([[1, 2], [3, 4]], "2 columns, this run has 3 features\n  → they are 'a', 'b', 'c'"),
        ([[1, 2, 3], [4, 5]], r"rows of 3 values each"),
        ([[1, "tall", 3]], r"X\[0, 'b'\]: 'tall' is not a number"),
        ([["1", 2, 3]], r"X\[0, 'a'\]: '1' is not a number"),
        ([[1, 2, 3], [1, None, 3]], r"X\[1, 'b'\]: None is not a number"),
        ([[1, 2j, 3]], r"X\[0, 'b'\]: 2j is not a number"),
        ([[1, 2, 10**400]], "too large for a float"),
        ([[1, np.inf, np.nan]], r"X\[0, 'b'\]: inf is not a finite number; 2 such values in all"),
        ("table.csv", r"its shape is \(\)"),
        (None, r"its shape is \(\)"),
        (pd.DataFrame({"a": [1], "B": [2], "C ": [3]}), "X has no column 'b', 'c'\n  → did you mean 'B'?"),
        (pd.DataFrame({"a": [1]}), "X has no column 'b', 'c'$"),
        (pd.DataFrame([[1, 2, 3]]), r"have no names, so there is no 'a', 'b', 'c'\n  → .*X\.to_numpy\(\)"),
        (pd.DataFrame([[1, 2, 3, 4]], columns=["a", "b", "c", "a"]), "more than one column 'a'"),
        (pd.DataFrame({"a": ["x"], "b": [1], "c": [1]}), r"X\[0, 'a'\]: 'x' is not a number"),
        (pd.DataFrame({"a": [1], "b": [None], "c": [1]}), r"X\[0, 'b'\]: None is not a number"),
        (pd.DataFrame({"a": [1], "b": [np.nan], "c": [1]}), r"X\[0, 'b'\]: nan is not a finite number"),
        (pd.DataFrame({"a": [1], "b": pd.array([None], dtype="Int64"), "c": [1]}), r"X\[0, 'b'\]: (nan|<NA>) is not a"),
    ],
)
def test_what_is_no_matrix_is_said_with_its_place(x: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        as_matrix(x, ABC)
