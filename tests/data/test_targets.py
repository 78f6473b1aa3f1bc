"""Classes or a number: by the values of the target."""

import numpy as np
import pytest

from dlrun.data.raw import RawArray, RawData, RawExamples, row_numbers
from dlrun.data.targets import inspect_target
from dlrun.errors import InvalidInput


def raw(y: RawArray) -> RawData:
    part = RawExamples(x=np.zeros((len(y), 1)), y=y, ids=row_numbers(len(y)), label="t")
    return RawData(name="table.csv", parts={"all": part}, features=("a",), images=False, sha256="")


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (np.array(["b", "a", "b"]), {"a": 1, "b": 2}),
        (np.array([True, False, True]), {"False": 1, "True": 2}),
        (np.array([1.0, 0.0, 1.0]), {"0": 1, "1": 2}),
        (np.arange(60) % 20, {str(k): 3 for k in range(20)}),
    ],
)
def test_classes(y: RawArray, classes: dict[str, int]) -> None:
    found = inspect_target(raw(y))
    assert found.classes == classes
    assert not found.regression
    assert np.bincount(found.values).tolist() == list(classes.values())


@pytest.mark.parametrize("y", [np.array([1.5, 2, 2]), np.arange(63) % 21, np.array([1, 2, 3, 3]), np.array([0.5, 0.5, 1.5])])
def test_numbers(y: RawArray) -> None:
    found = inspect_target(raw(y))
    assert found.regression
    assert found.classes == {}
    assert np.array_equal(found.values, y)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.array([f"row {k}" for k in range(50)]), "50 different words in 50 rows"),
        (np.array(["a", "a", "a"]), "all labels are 'a'"),
        (np.array([1.5, np.nan]), "not a finite number"),
    ],
)
def test_what_can_be_no_target_is_said(y: RawArray, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        inspect_target(raw(y))
