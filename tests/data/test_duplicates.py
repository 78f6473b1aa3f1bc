from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlrun.data import duplicates
from dlrun.data.duplicates import ALONE, groups_of_equals, input_bytes
from dlrun.data.raw import Category, RawData, RawExamples, Selection, feature_names, row_numbers
from tests.strategies import quick

FEW = st.sampled_from([0.0, -0.0, 1.0, np.nan, -np.nan])  # one NaN of many: its bits have a sign


def chosen_from(parts: dict[str, Any], codes: dict[str, Any] | None = None) -> dict[str, Selection]:
    """Return all rows of arrays by part, with codes of one category if there are any."""
    examples = {
        part: RawExamples(x=x, codes=codes[part] if codes else None, y=np.zeros(len(x)), ids=row_numbers(len(x)), label="y")
        for part, x in parts.items()
    }
    n = next(iter(parts.values())).shape[1]
    words = (Category(name="word", words=("a", "b")),) if codes else ()
    raw = RawData(name="t", parts=examples, features=feature_names(n), categories=words, images=False, sha256="")
    return {part: Selection(raw=raw, part=part, rows=row_numbers(len(x))) for part, x in parts.items()}


def tables(rows: int, columns: int) -> st.SearchStrategy[Any]:
    return hnp.arrays(np.float64, (rows, columns), elements=FEW)


@quick
@given(data=st.data(), n=st.integers(0, 3))
def test_rows_share_a_group_exactly_where_a_comparison_of_all_pairs_says_so(data: st.DataObject, n: int) -> None:
    parts = {"train": data.draw(tables(6, n)), "dev": data.draw(tables(4, n)).astype(np.float32)}
    codes = {part: data.draw(hnp.arrays(np.int64, (len(x), 1), elements=st.integers(-1, 1))) for part, x in parts.items()}
    groups = np.concatenate([*groups_of_equals(chosen_from(parts, codes)).values()])
    x, words = np.concatenate([*parts.values()]), np.concatenate([*codes.values()])
    for i in range(10):
        equal = [
            bool(np.array_equal(x[i], x[j], equal_nan=True)) and bool((words[i] == words[j]).all()) and i != j for j in range(10)
        ]
        assert [bool(groups[i] == groups[j] != ALONE) and i != j for j in range(10)] == equal


def test_equal_hashes_of_unlike_rows_are_not_taken_for_equal_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_hashes", lambda selection, dtype: np.zeros(len(selection), dtype=np.int64))
    groups = groups_of_equals(chosen_from({"train": np.array([[1.0], [2.0], [3.0]]), "dev": np.array([[2.0], [4.0]])}))
    assert (groups["train"][[0, 2]] == ALONE).all()
    assert groups["train"][1] == groups["dev"][0] != ALONE
    assert groups["dev"][1] == ALONE


def test_one_leaked_row_among_60_000_images_is_found() -> None:
    rng = np.random.default_rng(0)
    train, dev = (rng.integers(0, 256, (m, 784), dtype=np.uint8) for m in (60_000, 1_000))
    dev[123] = train[45_678]
    groups = groups_of_equals(chosen_from({"train": train, "dev": dev}))
    assert np.flatnonzero(groups["train"] != ALONE).tolist() == [45_678]
    assert np.flatnonzero(groups["dev"] != ALONE).tolist() == [123]


def test_only_the_rows_that_are_used_count() -> None:
    chosen = chosen_from({"train": np.array([[1.0], [1.0], [2.0]])})
    used = {"train": Selection(raw=chosen["train"].raw, part="train", rows=np.array([1, 2]))}
    assert (groups_of_equals(used)["train"] == ALONE).all()
    assert input_bytes(used) == 16


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float32, np.float64, np.longdouble])
def test_every_type_of_number_is_compared(dtype: Any) -> None:
    groups = groups_of_equals(chosen_from({"train": np.array([[0, 1], [1, 1], [0, 1]]).astype(dtype)}))["train"]
    assert groups[0] == groups[2] != ALONE == groups[1]
