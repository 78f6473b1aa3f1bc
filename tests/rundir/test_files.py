import csv
import errno
import hashlib
import json
import math
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.errors import DlrunError
from dlrun.rundir.files import append_text, read_json, sha256_of, write_atomically, write_json
from dlrun.rundir.growing import AppendFile

SYSTEM_CALLS = ["open", "write", "fsync", "rename"]  # all that write_atomically asks of the kernel, apart from closing


class FailingKernel:
    """Counts system calls and lets one of them fail."""

    def __init__(self, patch: pytest.MonkeyPatch, failing_call: int | None, error: int) -> None:
        self.calls: list[str] = []
        for name in SYSTEM_CALLS:
            patch.setattr(os, name, self.counted(name, getattr(os, name), failing_call, error))

    def counted(self, name: str, call: Callable[..., Any], failing_call: int | None, error: int) -> Callable[..., Any]:
        def counting(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) - 1 == failing_call:
                raise OSError(error, os.strerror(error))
            return call(*arguments, **named)

        return counting


@contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# whole files


@pytest.mark.parametrize("data", [b"\x00\xff", "θ = 1\n", ""])
def test_a_file_is_written_and_replaced_whole(tmp_path: Path, data: bytes | str) -> None:
    path = tmp_path / "file"
    for content in ("old and longer than the new one", data):
        write_atomically(path, content)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_bytes_are_durable_before_the_name_is_and_the_name_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = FailingKernel(monkeypatch, None, 0)
    write_atomically(tmp_path / "file", "new")
    assert kernel.calls == ["open", "write", "fsync", "rename", "open", "fsync"]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("failing_call", range(6))
def test_whichever_call_fails_the_file_is_old_or_new_and_the_error_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing_call: int, error: int
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    FailingKernel(monkeypatch, failing_call, error)
    with pytest.raises(DlrunError) as raised:
        write_atomically(path, "new")
    assert path.read_text() == ("old" if failing_call < 4 else "new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert f"{path}: cannot write: {os.strerror(error).lower()}" in str(raised.value)


def test_an_interrupt_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(fd: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_may_not_grow_is_an_error_with_a_cure(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(DlrunError, match="file too large") as raised, largest_file(4096):
        write_atomically(path, b"x" * 10_000)
    assert "ulimit" in raised.value.problems[0].cure
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_missing_directory_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(DlrunError, match="cannot write: no such file or directory"):
        write_atomically(tmp_path / "missing" / "file", "new")


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside, link = tmp_path / "outside", tmp_path / "link"
    outside.write_text("untouched")
    link.symlink_to(outside)
    write_atomically(link, "new")
    assert (outside.read_text(), link.read_text(), link.is_symlink()) == ("untouched", "new", False)


# append files


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"))


@given(rows=st.lists(st.tuples(st.integers(), st.floats(allow_nan=False), cells)))
def test_rows_come_back_as_they_were_written(
    rows: list[tuple[int, float, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("append") / "rows.csv"
    with AppendFile(path, ["a", "b", "c"]) as file:
        for row in rows:
            file.append(row)
    with path.open(newline="", encoding="utf-8") as stored:
        header, *read = csv.reader(stored)
    assert header == ["a", "b", "c"]
    assert [(int(a), float(b), c) for a, b, c in read] == rows
    assert path.stat().st_size == file.size


def test_a_block_of_rows_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with AppendFile(tmp_path / "steps.csv", ["step", "cost"]) as file:
        kernel = FailingKernel(monkeypatch, None, 0)
        file.append((1, 0.1), (2, np.float64(0.1)), (3, None), (4, np.float32(0.1)))
        assert kernel.calls == ["write"]
    assert (tmp_path / "steps.csv").read_text() == "step,cost\n1,0.1\n2,0.1\n3,\n4,0.1\n"


def test_a_file_is_continued_with_one_header(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    for epoch in (1, 2):
        with AppendFile(path, ["epoch"]) as file:
            file.append((epoch,))
    assert path.read_text() == "epoch\n1\n2\n"


@pytest.mark.parametrize("found", ["epoch,loss\n1,0.5\n", "ep", "\n"])
def test_rows_are_not_put_under_other_columns(tmp_path: Path, found: str) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(found)
    with pytest.raises(DlrunError, match="the columns are not epoch"):
        AppendFile(path, ["epoch"])
    assert path.read_text() == found


def test_a_row_that_does_not_fit_on_the_disk_is_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    with AppendFile(path, ["step"]) as file:
        file.append(("a" * 1000,))
        whole = path.read_bytes()
        with pytest.raises(DlrunError, match="cannot append to: file too large"), largest_file(1500):
            file.append(("b" * 1000,))
        assert path.read_bytes() == whole
        file.append(("c",))
    assert path.read_bytes() == whole + b"c\n"


def test_appending_follows_no_link_out_of_the_run(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("")
    (tmp_path / "metrics.csv").symlink_to(outside)
    with pytest.raises(DlrunError, match="cannot open"):
        AppendFile(tmp_path / "metrics.csv", ["epoch"])
    with pytest.raises(DlrunError, match="cannot append to"):
        append_text(tmp_path / "metrics.csv", "text")
    assert outside.read_text() == ""


def test_text_is_added_in_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = FailingKernel(monkeypatch, None, 0)
    append_text(tmp_path / "log.txt", "θ\n")
    append_text(tmp_path / "log.txt", "more\n")
    assert kernel.calls == ["open", "write", "open", "write"]
    assert (tmp_path / "log.txt").read_text(encoding="utf-8") == "θ\nmore\n"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    (tmp_path / "other.csv").write_text("other\n")
    write_atomically(tmp_path / "file", "x")
    sha256_of(tmp_path / "file")
    with AppendFile(tmp_path / "rows.csv", ["a"]) as file:
        file.flush()
    file.close()
    for refused in (tmp_path / "other.csv", tmp_path):
        with pytest.raises(DlrunError):
            AppendFile(refused, ["a"])
    assert len(list(Path("/dev/fd").iterdir())) == before


# reading


def test_the_hash_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc" * 100_000)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(b"abc" * 100_000).hexdigest()


@pytest.mark.parametrize("read", [sha256_of, read_json])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(DlrunError, match="cannot read"):
            read(path)


trees = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
)


def without_nan(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: without_nan(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [without_nan(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree


@settings(max_examples=50)  # each of them waits for the disk
@given(tree=trees)
def test_a_tree_comes_back_in_its_order_with_null_for_what_is_not_finite(
    tree: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("json") / "tree.json"
    write_json(path, tree)
    read = read_json(path)
    assert read == without_nan(tree)
    assert list(read) == list(tree)
    json.loads(path.read_bytes(), parse_constant=pytest.fail)


def test_numpy_numbers_and_undecodable_arguments_are_written(tmp_path: Path) -> None:
    argument = os.fsdecode(b"caf\xe9")
    write_json(
        tmp_path / "a.json", {"x": np.float32(0.5), "n": np.int64(3), "nan": np.float64("nan"), "t": (1,), "argv": argument}
    )
    assert read_json(tmp_path / "a.json") == {"x": 0.5, "n": 3, "nan": None, "t": [1], "argv": argument}
    write_json(tmp_path / "b.json", {"θ": 1})
    assert "θ" in (tmp_path / "b.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"null", b'{"a": NaN}', b'{"a": -Infinity}', b"\xff\xfe{}", b'{"a": ' + b"[" * 100_000, b"9" * 5_000],
)
def test_broken_json_is_an_error_with_the_name_of_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(DlrunError) as raised:
        read_json(path)
    assert raised.value.problems[0].where == str(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(b'{"a": "' + b"a" * 2**20 + b'"}')
    with pytest.raises(DlrunError, match="larger than 1 MiB"):
        read_json(tmp_path / "run.json", 2**20)
