import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dlrun.data.raw import RawData
from dlrun.data.sources.hdf5 import Hdf5
from dlrun.errors import InvalidInput

X = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
Y = np.array([0, 1, 1, 0])


def write(path: Path, **arrays: Any) -> str:
    with h5py.File(path, "w") as file:
        for key, array in arrays.items():
            file[key] = array
    return str(path)


def load(tmp_path: Path, **arrays: Any) -> RawData:
    return Hdf5(path=write(tmp_path / "t.h5", **arrays)).load(0)


def problem_of(source: Hdf5) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        source.load(0)
    (problem,) = caught.value.problems
    return Path(problem.where).name, problem.what


def test_the_courses_two_files_are_one_source(tmp_path: Path) -> None:
    names = np.array([b"non-cat", b"cat"])
    train = write(tmp_path / "train.h5", train_set_x=X, train_set_y=Y, list_classes=names)
    test = write(tmp_path / "test.h5", test_set_x=X[:2], test_set_y=Y[:2], list_classes=names)
    raw = Hdf5(path=train, test=test).load(0)
    assert {part: len(examples) for part, examples in raw.parts.items()} == {"train": 4, "test": 2}
    assert raw.images
    np.testing.assert_array_equal(raw.parts["train"].x, X.reshape(4, 6))
    assert [note.rpartition("/")[2] for note in raw.notes] == [
        "train.h5: not used: 'list_classes'",
        "test.h5: not used: 'list_classes'",
    ]
    assert Path(raw.value_problem("test", 1, 4, "", "").where).name == "test.h5:test_set_x[1, 1, 1]"


def test_a_part_of_its_own_may_be_x_and_y(tmp_path: Path) -> None:
    raw = Hdf5(path=write(tmp_path / "a.h5", x=X, y=Y), dev=write(tmp_path / "b.h5", x=X[:1], y=Y[:1])).load(0)
    assert {part: len(examples) for part, examples in raw.parts.items()} == {"train": 4, "dev": 1}


@pytest.mark.parametrize(
    "labels",
    [np.array([b"u", b"v", b"\xc3\xa9", b"u"]), np.array(["u", "v", "\u00e9", "u"], dtype=object)],
    ids=["fixed length", "any length"],
)
def test_texts_are_labels(tmp_path: Path, labels: Any) -> None:
    assert load(tmp_path, x=X, y=labels).parts["all"].y.tolist() == ["u", "v", "\u00e9", "u"]


@pytest.mark.parametrize(
    ("arrays", "where", "what"),
    [
        ({}, "t.h5", "no array x"),
        ({"x": X}, "t.h5:x", "x without y"),
        ({"x": X.astype(complex), "y": Y}, "t.h5:x", "must hold real numbers"),
        ({"x": np.where(X == 4, np.inf, X), "y": Y}, "t.h5:x[0, 1, 1]", "inf is not a finite number"),
        ({"x": X, "y": np.array([b"u" * 2000] * 4)}, "t.h5:y", "holds a text of 2,000 characters"),
        ({"x": X, "y": np.array([b"\xff"] * 4)}, "t.h5:y", "cannot be read"),
        ({"x": X, "y": np.zeros(4, dtype=[("a", int)])}, "t.h5:y", "must hold numbers or text"),
    ],
)
def test_what_is_wrong_is_located(tmp_path: Path, arrays: dict[str, Any], where: str, what: str) -> None:
    found = problem_of(Hdf5(path=write(tmp_path / "t.h5", **arrays)))
    assert found[0] == where
    assert found[1].startswith(what)


def test_parts_that_come_twice_and_files_of_another_part_are_errors(tmp_path: Path) -> None:
    both = write(tmp_path / "both.h5", x_train=X, y_train=Y, x_test=X, y_test=Y)
    assert problem_of(Hdf5(path=both, test=both))[0] == "data.source.test"
    train = write(tmp_path / "train.h5", train_set_x=X, train_set_y=Y)
    assert problem_of(Hdf5(path=train, dev=train)) == ("train.h5", "must hold one pair of arrays, x, y or x_dev, y_dev")


@pytest.mark.parametrize("content", [b"", b"x,y\n1,2\n", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(500)])
def test_what_is_no_hdf5_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.h5").write_bytes(content)
    where, what = problem_of(Hdf5(path=str(tmp_path / "t.h5")))
    assert where == "t.h5"
    assert what.startswith("is not an HDF5 file, or damaged")


def test_a_file_cut_short_is_refused_at_every_length(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "t.h5", x=X, y=Y))
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        problem_of(Hdf5(path=str(path)))


def external(file: h5py.File, folder: Path) -> None:
    (folder / "bytes").write_bytes(bytes(32))
    file.create_dataset("x", (4, 1), "f8", external=[(str(folder / "bytes"), 0, 32)])


def virtual(file: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout(shape=X.shape, dtype=X.dtype)
    layout[:] = h5py.VirtualSource(write(folder / "other.h5", x=X), "x", shape=X.shape)
    file.create_virtual_dataset("x", layout)


def linked(file: h5py.File, folder: Path) -> None:
    file["x"] = h5py.ExternalLink(write(folder / "other.h5", x=X), "/x")


@pytest.mark.parametrize(
    ("lay", "what"), [(external, "lies in another file"), (virtual, "lies in another file"), (linked, "no array x (with y)")]
)
def test_nothing_outside_the_file_is_read(tmp_path: Path, lay: Callable[[h5py.File, Path], None], what: str) -> None:
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["y"] = Y
        lay(file, tmp_path)
    with pytest.raises(InvalidInput) as caught:
        Hdf5(path=str(tmp_path / "t.h5")).load(0)
    assert any(problem.what.startswith(what) or problem.what == "y without x" for problem in caught.value.problems)


def test_an_array_far_larger_than_its_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_dataset("x", (10**9, 1000), "f8", chunks=(1000, 1000))
        file["y"] = Y
    where, what = problem_of(Hdf5(path=str(tmp_path / "t.h5")))
    assert where == "t.h5:x"
    assert what.startswith("has the shape (1000000000, 1000), 8,000,000,000,000 bytes in a file of ")


def test_without_the_package_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "t.h5", x=X, y=Y)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InvalidInput, match="hdf5 files need the package h5py") as caught:
        Hdf5(path=path).load(0)
    assert caught.value.problems[0].cure == "pip install 'dlrun[hdf5]'"
