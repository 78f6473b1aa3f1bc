"""Files of rows for a run that is trained: columns by name, cells located, arrays of the right shape."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.data.encoding import Encoding
from dlrun.data.missing import Imputation
from dlrun.data.preparation import Classes, Preparation
from dlrun.data.preprocessing import Normalization
from dlrun.data.raw import MISSING
from dlrun.data.sources.csv import Csv
from dlrun.data.sources.digits import Digits
from dlrun.data.sources.row_files import read_labelled_rows, read_rows
from dlrun.errors import InvalidInput

WORDS = Preparation(
    columns=("city", "age", "income"), numbers=("age", "income"), images=False,
    normalization=Normalization(mean=np.zeros(2), divisor=np.ones(2)),
    imputation=Imputation(fill=np.zeros(2)), encodings=(Encoding(name="city", words=("Oslo", "Rome"), other=False, gap=True),),
    dtype="float32", classes=Classes(names=("no", "yes"), labels="text"), target_scale=None,
)  # fmt: skip
NUMBERS = replace(WORDS, columns=("age", "income"), encodings=(), imputation=None)
SOURCE = Csv(path="train.csv", target="y", drop=("name",))
TABLE = "y,more,age,name,city,income\nyes,1,30,Ann,Rome,1e3\n no,2,,Bob, ?,2.5\nyes,3,50,Cid,Mars,\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "new.csv") -> str:
    Path(name).write_text(text)
    return name


def test_columns_are_found_by_name_and_others_left_out() -> None:
    raw = read_rows(write(TABLE), WORDS, SOURCE)
    examples = raw.parts["all"]
    np.testing.assert_array_equal(examples.x, [[30, 1000], [np.nan, 2.5], [50, np.nan]])
    assert examples.codes is not None
    assert examples.codes[:, 0].tolist() == [1, MISSING, 2]
    assert raw.categories[0].words == ("Oslo", "Rome", "Mars")
    assert raw.notes == (
        "new.csv: columns that this run does not know are left out: 'more'",
        "new.csv: the labels in 'y' are left out; `dlrun evaluate --data` judges by them",
    )


def test_labels_are_read_where_they_are_asked_for() -> None:
    raw = read_labelled_rows(write(TABLE), WORDS, SOURCE)
    assert raw.parts["all"].y.tolist() == ["yes", "no", "yes"]
    assert raw.label_spot("all", 1) == "3:y"
    assert len(raw.notes) == 1


def test_packed_and_tab_separated_tables_are_the_same() -> None:
    plain = read_rows(write(TABLE), WORDS, SOURCE).parts["all"]
    Path("new.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    for path in ("new.csv.gz", write(TABLE.replace(",", "\t"), "new.tsv")):
        np.testing.assert_array_equal(read_rows(path, WORDS, SOURCE).parts["all"].x, plain.x)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("city,income\nRome,1\n", r"new.csv:1:1: no column 'age' \(this run was trained on it\)"),
        ("City,age,income\nRome,1,2\n", r"(?s)no column 'city'.*did you mean 'City'\?"),
        ("city;age;income\nRome;1;2\n", r"the header holds ';'"),
        (
            "city,age,income\nRome,old,2\nRome,3,inf\n",
            r"(?s)new.csv:2:age: 'old' is not a number.*new.csv:3:income: 'inf'",
        ),
        ("city,age,income\nRome,old,2,7\nRome,3x,2\n", r"(?s)new.csv:2:4: the row has 4 values.*new.csv:3:age: '3x'"),
        ("city,age,age,income\nRome,1,1,2\n", "appears twice"),
        ("city,age,income\n", "no row below it"),
        ("", "the file is empty"),
    ],
)
def test_what_is_wrong_with_a_table_has_its_place(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_rows(write(text), WORDS, SOURCE)


def test_a_table_of_another_kind_is_told_in_few_words() -> None:
    """A wrong run for a large table: its text is not searched once for each of 784 pixels."""
    columns = tuple(f"pixel{k}" for k in range(784))
    pixels = replace(NUMBERS, columns=columns, numbers=columns)
    with pytest.raises(InvalidInput, match="none of the columns that this run was trained on: 'pixel0'") as caught:
        read_rows(write(TABLE), pixels, SOURCE)
    assert len(caught.value.problems) == 1
    with pytest.raises(InvalidInput, match="and 773 more like these") as caught:
        read_rows(write(TABLE.replace("more", "pixel7")), pixels, SOURCE)
    assert len(caught.value.problems) == 11


def test_labels_that_are_not_there_are_asked_for() -> None:
    with pytest.raises(InvalidInput, match=r"no column 'y' \(the labels\)"):
        read_labelled_rows(write("city,age,income\nRome,1,2\n"), WORDS, SOURCE)
    with pytest.raises(InvalidInput, match="was trained on digits: no column"):
        read_labelled_rows(write(TABLE), WORDS, Digits())
    np.savez("x.npz", x=np.ones((2, 2)))
    with pytest.raises(InvalidInput, match="no array 'y'"):
        read_labelled_rows("x.npz", NUMBERS, SOURCE)


def test_an_array_is_chosen_by_name_or_because_there_is_no_other() -> None:
    x = np.arange(6.0).reshape(3, 2)
    np.savez("one.npz", anything=x)
    np.savez("x.npz", x=x, more=x + 1, y=[1, 0, 1])
    np.savez("parts.npz", x_train=x, y_train=[1, 0, 1], x_dev=x + 1, y_dev=[0, 0, 1])
    np.save("plain.npy", x.astype(np.uint8))
    for path in ("one.npz", "x.npz", "plain.npy"):
        np.testing.assert_array_equal(read_rows(path, NUMBERS, SOURCE).parts["all"].x, x)
    np.testing.assert_array_equal(read_rows("parts.npz", NUMBERS, SOURCE, "x_dev").parts["all"].x, x + 1)
    assert read_labelled_rows("x.npz", NUMBERS, SOURCE).parts["all"].y.tolist() == [1, 0, 1]
    with pytest.raises(InvalidInput, match="which array"):
        read_rows("parts.npz", NUMBERS, SOURCE)
    with pytest.raises(InvalidInput, match=r"(?s)no array 'x_dve'.*did you mean 'x_dev'"):
        read_rows("parts.npz", NUMBERS, SOURCE, "x_dve")
    with pytest.raises(InvalidInput, match="this is a table"):
        read_rows(write(TABLE), WORDS, SOURCE, "x")


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (np.ones((3, 4)), r"rows of 2 values each, \(m, 2\); its shape is \(3, 4\)"),
        (np.ones(2), r"its shape is \(2,\)"),
        (np.ones((0, 2)), r"its shape is \(0, 2\)"),
        (np.array([["a", "b"]]), "real numbers, its dtype is <U1"),
        (np.array([[1.0, 2.0], [1.0, np.inf]]), r"new\.npy:array\[1, 1\]: inf is not a finite number"),
        (np.array([[None, 1]], dtype=object), "may run code"),
    ],
)
def test_what_is_wrong_with_an_array_is_said(x: Any, told: str) -> None:
    np.save("new.npy", x, allow_pickle=True)
    with pytest.raises(InvalidInput, match=told):
        read_rows("new.npy", NUMBERS, SOURCE)


def test_an_array_has_no_place_for_words_and_may_be_broken() -> None:
    np.save("new.npy", np.ones((2, 2)))
    with pytest.raises(InvalidInput, match=r"(?s)columns of them: 'city'.*give a table"):
        read_rows("new.npy", WORDS, SOURCE)
    for content in (b"", b"\x93NUMPY", b"PK\x03\x04", Path("new.npy").read_bytes()[:-5]):
        Path("broken.npy").write_bytes(content)
        with pytest.raises(InvalidInput, match=r"broken\.npy"):
            read_rows("broken.npy", NUMBERS, SOURCE)
    with pytest.raises(InvalidInput, match="no such file"):
        read_rows("gone.npz", NUMBERS, SOURCE)
