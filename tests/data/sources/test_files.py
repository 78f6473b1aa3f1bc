import os
from pathlib import Path

import pytest

from dlrun.data.sources.files import open_file, shown_path
from dlrun.errors import InvalidInput


def test_opens_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with open_file(str(tmp_path / "a")) as file:
        assert file.read() == b"abc"


def test_suggests_the_file_beside_the_missing_one(tmp_path: Path) -> None:
    (tmp_path / "flowers.csv").touch()
    with pytest.raises(InvalidInput, match=r"flower\.csv: no such file\n.*did you mean 'flowers\.csv'"):
        open_file(str(tmp_path / "flower.csv"))
    with pytest.raises(InvalidInput, match="there is no directory"):
        open_file(str(tmp_path / "nowhere" / "flower.csv"))


def test_refuses_what_is_no_regular_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is a directory"):
        open_file(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="not a regular file"):
        open_file(str(tmp_path / "pipe"))
    with pytest.raises(InvalidInput, match="no such file"):
        open_file(str(tmp_path / "pipe" / "below"))
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_file("a\0b")
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_file("a" * 5000)


def test_names_are_short_and_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "data" / "a.csv")) == os.path.join("data", "a.csv")  # noqa: PTH118
    assert shown_path("../a\x1b[31m.csv") == "../a\\x1b[31m.csv"


def test_a_file_larger_than_memory_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 2**43)
    with pytest.raises(InvalidInput, match="does not fit into memory"):
        open_file(str(tmp_path / "sparse"))


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="a file of Linux")
def test_a_file_without_a_size_is_empty() -> None:
    with open_file("/proc/kmsg") as file:  # reading it would wait for ever
        assert file.read() == b""
