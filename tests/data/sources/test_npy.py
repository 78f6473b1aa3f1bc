import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.data.sources.npy import Npy
from dlrun.errors import InvalidInput

X = np.arange(12.0).reshape(4, 3)
Y = np.array([0, 1, 1, 0])


def files(tmp_path: Path, **arrays: Any) -> Npy:
    """A file for each key."""
    paths: dict[str, Any] = {}
    for key, array in arrays.items():
        path = tmp_path / f"{key}.npy"
        paths[key] = str(path)
        if isinstance(array, bytes):
            path.write_bytes(array)
        else:
            np.save(path, array)
    return Npy(**paths)


def saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue()


def test_two_files_are_one_source(tmp_path: Path) -> None:
    raw = files(tmp_path, path=X, labels=Y[:, None]).load(0)
    assert raw.pool == "all"
    np.testing.assert_array_equal(raw.parts["all"].x, X)
    np.testing.assert_array_equal(raw.parts["all"].y, Y)
    assert Path(raw.label_problem("all", 2, "", "").where).name == "labels.npy:y[2]"
    assert Path(raw.value_problem("all", 2, 1, "", "").where).name == "path.npy:x[2, 1]"


def test_parts_have_files_of_their_own(tmp_path: Path) -> None:
    raw = files(tmp_path, path=X, labels=Y, test=X[:2], test_labels=Y[:2], train_dev=X, train_dev_labels=Y).load(0)
    assert {part: len(examples) for part, examples in raw.parts.items()} == {"train": 4, "train_dev": 4, "test": 2}


def test_half_a_part_is_an_error_of_its_key(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        files(tmp_path, path=X, labels=Y, dev=X, test_labels=Y).load(0)
    assert [problem.where for problem in caught.value.problems] == ["data.source.dev", "data.source.test_labels"]


@pytest.mark.parametrize(
    ("arrays", "where", "what"),
    [
        ({"path": b"", "labels": Y}, "path.npy", "is not a NumPy file"),
        ({"path": b"PK\x03\x04....", "labels": Y}, "path.npy", "is not a NumPy file"),
        ({"path": saved(X)[:-1], "labels": Y}, "path.npy", "cannot be read: its header promises 96 bytes, the file holds 95"),
        ({"path": saved(X)[:20], "labels": Y}, "path.npy", "cannot be read"),
        ({"path": header((10**9, 10**6)), "labels": Y}, "path.npy", "cannot be read: its header promises 8,000,000,000,000"),
        ({"path": b"\x93NUMPY\x09\x09", "labels": Y}, "path.npy", "cannot be read"),
        ({"path": X, "labels": np.array([1, None, "a", 2], dtype=object)}, "labels.npy", "is an array of Python objects"),
        ({"path": X * 1j, "labels": Y}, "path.npy:x", "must hold real numbers"),
        ({"path": X, "labels": Y[:3]}, "labels.npy:y", "4 examples in x, 3 labels in y"),
        ({"path": X, "labels": Y, "dev": X[:, :2], "dev_labels": Y}, "dev.npy:x", "has 2 columns, "),
    ],
)
def test_what_is_wrong_is_located(tmp_path: Path, arrays: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        files(tmp_path, **arrays).load(0)
    (problem,) = caught.value.problems
    assert Path(problem.where).name == where
    assert problem.what.startswith(what)
