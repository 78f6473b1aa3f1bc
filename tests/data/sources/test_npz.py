import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.data.missing import DropMissing, RefuseMissing
from dlrun.data.raw import RawData
from dlrun.data.sources.npz import Npz
from dlrun.errors import InvalidInput

X = np.arange(12.0).reshape(4, 3)
Y = np.array([0, 1, 1, 0])


def load(tmp_path: Path, **arrays: Any) -> RawData:
    np.savez(tmp_path / "t.npz", **arrays)
    return Npz(path=str(tmp_path / "t.npz")).load(0)


def test_one_pair_is_to_be_split(tmp_path: Path) -> None:
    raw = load(tmp_path, x=X, y=Y[:, None])
    assert list(raw.parts) == ["all"]
    np.testing.assert_array_equal(raw.parts["all"].x, X)
    np.testing.assert_array_equal(raw.parts["all"].y, Y)
    assert raw.features == ("x1", "x2", "x3")
    assert raw.label_spot("all", 2) == "y[2]"


def test_parts_are_kept_and_strangers_named(tmp_path: Path) -> None:
    raw = load(tmp_path, x_test=X[:2], y_test=Y[:2], x_train=X, y_train=Y, weights=Y, x_target_extra=X)
    assert raw.pool == "train"
    assert sorted(raw.brought) == ["test"]
    assert len(raw.parts["test"]) == 2
    assert raw.notes[0].endswith("not used: 'weights', 'x_target_extra'")


@pytest.mark.parametrize("name", ["train_dev", "traindev"])
def test_train_dev_has_two_spellings(tmp_path: Path, name: str) -> None:
    raw = load(tmp_path, x_train=X, y_train=Y, **{f"x_{name}": X[:3], f"y_{name}": Y[:3]})
    assert len(raw.parts["train_dev"]) == 3
    assert raw.value_spot("train_dev", 1, 2) == f"x_{name}[1, 2]"


def test_a_missing_value_is_left_to_what_data_missing_says(tmp_path: Path) -> None:
    raw = load(tmp_path, x=np.where(X == 7, np.nan, X), y=Y)
    with pytest.raises(InvalidInput, match=r"t\.npz:x\[2, 1\]"):
        RefuseMissing().cleaned(raw)
    assert len(DropMissing().cleaned(raw).parts["all"]) == 3


@pytest.mark.parametrize(
    ("x", "images"),
    [
        (np.zeros((4, 3)), False),
        (np.zeros((4, 3), np.uint8), True),
        (np.zeros((4, 2, 3)), True),
        (np.zeros((4, 3), np.bool_), False),
        (np.zeros((4, 3), np.int16), False),
    ],
)
def test_bytes_and_more_than_two_dimensions_are_images(tmp_path: Path, x: Any, images: bool) -> None:
    raw = load(tmp_path, x=x, y=Y)
    assert raw.images == images
    assert raw.parts["all"].x.shape == (4, x[0].size)


@pytest.mark.parametrize(
    ("arrays", "where", "what"),
    [
        ({}, "", "no array x"),
        ({"X": X, "Y": Y}, "", "no array x"),
        ({"x": X}, "x", "x without y"),
        ({"y": Y}, "y", "y without x"),
        ({"x_dev": X, "y_dev": Y}, "", "no array x"),
        ({"x_train": X, "y_train": Y, "y_dev": Y}, "y_dev", "y_dev without x_dev"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y}, "", "to be split, but there is also 'x_test', 'y_test'"),
        ({"x": X * 1j, "y": Y}, "x", "real numbers, its dtype is complex128"),
        ({"x": X.astype(str), "y": Y}, "x", "real numbers"),
        ({"x": X.astype(object), "y": Y}, "x", "Python objects"),
        ({"x": X, "y": np.array([1, "a", None, 2], object)}, "y", "Python objects"),
        ({"x": X[0], "y": Y[:3]}, "x", "must be (examples, features), it is (3,)"),
        ({"x": X[:0], "y": Y[:0]}, "x", "is empty"),
        ({"x": X[:, :0], "y": Y}, "x", "is empty"),
        ({"x": X, "y": np.eye(4)}, "y", "must be (m,) or (m, 1), it is (4, 4)"),
        ({"x": X, "y": np.float64(1)}, "y", "must be (m,)"),
        ({"x": X, "y": Y[:3]}, "y", "4 examples in x, 3 labels in y"),
        ({"x": X, "y": Y * 1j}, "y", "numbers or text"),
        ({"x_train": X, "y_train": Y, "x_dev": X[:, :2], "y_dev": Y}, "x_dev", "has 2 columns, 'x_train' has 3"),
        ({"x": np.where(X == 7, np.inf, X), "y": Y}, "x[2, 1]", "inf is not a finite number"),
        (
            {"x_train": X, "y_train": Y, "x_train_dev": X, "y_train_dev": Y, "x_traindev": X, "y_traindev": Y},
            "",
            "'x_train_dev', 'x_traindev' are all the train_dev part",
        ),
        ({"x": np.where(X > 7, -np.inf, X), "y": Y}, "x[2, 2]", "-inf is not a finite number; 4 such values in all"),
        ({"x": np.where(X == 7, np.inf, X).reshape(4, 1, 3), "y": Y}, "x[2, 0, 1]", "inf is not"),
    ],
)
def test_what_is_wrong_is_located(tmp_path: Path, arrays: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, **arrays)
    (problem,) = caught.value.problems
    assert problem.where.rpartition("t.npz")[2].removeprefix(":") == where
    assert what in problem.what


@pytest.mark.parametrize(
    ("arrays", "cure"),
    [
        ({}, "the file is empty"),
        ({"x_dev": X, "y_dev": Y}, "there are 'x_dev', 'y_dev'"),
        ({"x_dev": X, "y_dev": Y, "w\x1b": Y}, "there are 'x_dev', 'y_dev', 'w\\x1b'"),
        ({"X": X, "Y": Y}, "did you mean 'X'?"),
    ],
)
def test_what_there_is_instead_of_x_is_said(tmp_path: Path, arrays: dict[str, Any], cure: str) -> None:
    with pytest.raises(InvalidInput, match=r"no array x \(with y\) or x_train \(with y_train\)") as caught:
        load(tmp_path, **arrays)
    assert caught.value.problems[0].cure == cure


def test_values_have_places_in_the_array_as_it_was(tmp_path: Path) -> None:
    raw = load(tmp_path, x_train=np.zeros((4, 2, 3)), y_train=Y)
    assert raw.value_spot("train", 3, 4) == "x_train[3, 1, 1]"


def test_a_bad_value_far_down_keeps_its_row(tmp_path: Path) -> None:
    x = np.zeros((3000, 2))
    x[2500, 1] = np.inf
    with pytest.raises(InvalidInput, match=r"t\.npz:x\[2500, 1\]"):
        load(tmp_path, x=x, y=np.zeros(3000, int))


def test_all_parts_are_judged_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, x_train=np.full_like(X, np.inf), y_train=Y, x_dev=X, y_dev=Y[:1])
    assert len(caught.value.problems) == 2


def test_a_header_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        for key in ("x.npy", "y.npy"):
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**15, 8)})
            archive.writestr(key, header.getvalue())
    with pytest.raises(InvalidInput, match=r"t\.npz:x: cannot be read"):
        Npz(path=str(tmp_path / "t.npz")).load(0)


class Trap:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return pytest.fail, ("code from the data was run",)


@pytest.mark.parametrize("content", [b"", b"x,y\n1,2\n", b"PK\x03\x04", pickle.dumps(Trap()), b"\x93NUMPY\x01\x00"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.npz").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"t\.npz: is not a NumPy archive"):
        Npz(path=str(tmp_path / "t.npz")).load(0)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_archive_is_refused_or_read_as_it_was(tmp_path: Path, save: Callable[..., None]) -> None:
    path = tmp_path / "t.npz"
    save(path, x=X, y=Y)
    whole = path.read_bytes()
    refused = 0
    for at in range(0, len(whole), 3):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
            path.write_bytes(content)
            try:
                raw = Npz(path=str(path)).load(0)
            except InvalidInput:
                refused += 1
                continue
            np.testing.assert_array_equal(raw.parts["all"].x, X)
            np.testing.assert_array_equal(raw.parts["all"].y, Y)
    assert refused > len(whole) / 3  # at least every truncation
