from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.labels import encode_labels, label_notes
from dlrun.data.raw import RawData, RawExamples, row_numbers
from dlrun.errors import InvalidInput


def raw_of(**parts: Any) -> RawData:
    return RawData(
        name="file",
        parts={
            part: RawExamples(x=np.zeros((len(y), 1)), y=np.asarray(y), ids=row_numbers(len(y)), label=f"y_{part}")
            for part, y in parts.items()
        },
        features=("a",),
        images=False,
        sha256="",
    )


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([10, 9, 10, -1], ("-1", "9", "10")),
        ([10.0, 9.0, 9.0], ("9", "10")),
        (["10", "9", "cat"], ("10", "9", "cat")),
        ([True, False], ("False", "True")),
        (np.array([3, 255], np.uint8), ("3", "255")),
        (np.array([0, 2**63], np.uint64), ("0", "9223372036854775808")),
    ],
)
def test_classes_are_sorted_as_numbers_or_as_text(y: Any, classes: tuple[str, ...]) -> None:
    labels, names = encode_labels(raw_of(all=y), regression=False)
    assert names == classes
    assert labels["all"].dtype == np.int64
    assert [names[code] for code in labels["all"]] == [str(int(v) if isinstance(v, float) else v) for v in np.asarray(y).tolist()]


@given(y=st.lists(st.integers(-5, 5), min_size=2, max_size=30).filter(lambda y: len(set(y)) > 1), cut=st.integers(0, 30))
def test_all_parts_share_one_list_of_classes(y: list[int], cut: int) -> None:
    parts = {"train": np.array(y), "dev": np.array(y[:cut], dtype=int)}
    labels, names = encode_labels(raw_of(**parts), regression=False)
    assert names is not None
    assert set(labels) == {"train", "dev"}
    for part, values in parts.items():
        assert [int(names[code]) for code in labels[part]] == values.tolist()


@pytest.mark.parametrize(
    ("y", "where", "what"),
    [
        ([0.5, 1.0], "file:y_all[0]", "the target holds real numbers, here 0.5"),
        ([1.0, 1e300], "file:y_all[1]", "real numbers, here 1e+300"),
        ([1.0, np.nan], "file:y_all[1]", "nan is not a finite number"),
        ([1.0, np.inf], "file:y_all[1]", "inf is not a finite number"),
        (["a", " "], "file:y_all[1]", "the label is empty"),
        (["a", "a"], "file:y_all", "all labels are 'a'"),
    ],
)
def test_what_names_no_class_is_located(y: Any, where: str, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        encode_labels(raw_of(all=y), regression=False)
    (problem,) = caught.value.problems
    assert problem.where == where
    assert what in problem.what


def test_real_numbers_point_to_regression_and_are_counted() -> None:
    with pytest.raises(InvalidInput) as caught:
        encode_labels(raw_of(train=np.arange(100) + 0.5, dev=[0.5]), regression=False)
    (problem,) = caught.value.problems
    assert problem.cure == "for regression write `loss: squared_error`"
    assert problem.where == "file:y_train[0]"
    expected = "the target holds real numbers, here 0.5; 101 such labels in all, the next at y_train[1], y_train[2]"
    assert problem.what == expected


def test_each_cause_is_said_once_whatever_the_part() -> None:
    with pytest.raises(InvalidInput) as caught:
        encode_labels(raw_of(train=[1, np.nan, 0.5], dev=[np.inf, 1.5], test=["", "a"]), regression=False)
    assert [(problem.where, problem.what) for problem in caught.value.problems] == [
        ("file:y_test[0]", "the label is empty"),
        ("file:y_train[1]", "the label nan is not a finite number; 2 such labels in all, the next at y_dev[0]"),
        ("file:y_train[2]", "the target holds real numbers, here 0.5; 2 such labels in all, the next at y_dev[1]"),
    ]


def test_text_targets_under_regression_are_one_problem() -> None:
    with pytest.raises(InvalidInput) as caught:
        encode_labels(raw_of(all=["7", "tall", "small", "1_000", "tall"]), regression=True)
    (problem,) = caught.value.problems
    assert problem.where == "file:y_all[1]"
    assert problem.what.startswith("the label 'tall' is not a finite number; 4 such labels in all")
    assert problem.cure == "for classes leave `loss` out"


def test_text_in_one_part_and_numbers_in_another_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="text in one part and numbers in another"):
        encode_labels(raw_of(train=[0, 1], dev=["0", "1"]), regression=False)


def test_targets_are_floats() -> None:
    labels, names = encode_labels(raw_of(train=[1, 2], dev=["1.5", "-2e3"], test=[True, False]), regression=True)
    assert names is None
    assert {part: y.tolist() for part, y in labels.items()} == {"train": [1, 2], "dev": [1.5, -2000], "test": [1, 0]}
    assert all(y.dtype == np.float64 for y in labels.values())


def test_bad_targets_are_located_in_every_part() -> None:
    with pytest.raises(InvalidInput) as caught:
        encode_labels(raw_of(train=[1.0, np.nan], dev=["1", "tall\x1b"]), regression=True)
    first, second = caught.value.problems
    assert (first.where, first.what) == ("file:y_dev[1]", "the label 'tall\\x1b' is not a finite number")
    assert (second.where, second.what) == ("file:y_train[1]", "the label nan is not a finite number")


def test_notes_name_what_cannot_be_learned() -> None:
    (note,) = label_notes(np.arange(20), tuple(map(str, range(20))))
    assert note.startswith("20 classes for 20 training examples; for regression write")
    assert not list(label_notes(np.arange(10), tuple("abcdefghij")))


def test_a_label_of_its_own_in_every_row_names_the_row() -> None:
    labels = np.array([f"row{k}" for k in range(11)])
    with pytest.raises(InvalidInput, match="each of 11 rows has a label of its own: it names the row, not a class"):
        encode_labels(raw_of(all=labels), regression=False)
    with pytest.raises(InvalidInput, match="`loss: squared_error`"):
        encode_labels(raw_of(all=np.arange(11) * 1000), regression=False)
    assert encode_labels(raw_of(all=np.arange(11)), regression=True)[1] is None
    encode_labels(raw_of(all=np.array([*labels, "row0"])), regression=False)


def test_a_label_that_training_lacks_is_located_in_every_part_that_is_brought() -> None:
    raw = raw_of(train=np.array(["u", "v"]), dev=np.array(["v", "w"]), test=np.array(["x"]))
    with pytest.raises(InvalidInput) as caught:
        encode_labels(raw, regression=False)
    (problem,) = caught.value.problems
    assert problem.what == "no training example has the label 'w'; 2 such labels in all, the next at y_test[0]"
    assert problem.where.endswith("y_dev[1]")
