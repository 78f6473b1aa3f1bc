import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.errors import DlrunError
from dlrun.rundir.own import LONGEST_LINE, own_file, own_folder, own_table


def _linked(path: Path) -> None:
    path.with_name("other").write_text("a,b\n1,2\n")
    path.symlink_to("other")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (_linked, "links within a run are not followed"),
        (lambda path: path.symlink_to("nowhere"), "links within a run are not followed"),
        (os.mkfifo, "not a regular file"),
        (Path.mkdir, "not a regular file"),
        (lambda path: None, "cannot read: no such file or directory"),
        (lambda path: path.write_bytes(bytes(101)), "larger than"),
    ],
    ids=["link", "dangling", "fifo", "folder", "missing", "large"],
)
@pytest.mark.parametrize("own", [own_file, own_table])
def test_only_a_file_of_the_run_itself_is_its_own(
    tmp_path: Path, own: Callable[[Path, int], Path], make: Callable[[Path], object], what: str
) -> None:
    make(tmp_path / "steps.csv")
    with pytest.raises(DlrunError, match=what):
        own(tmp_path / "steps.csv", 100)


def test_a_file_of_the_run_may_be_as_large_as_it_may(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a,b\n" * 25)
    assert own_file(tmp_path / "a", 100) == own_table(tmp_path / "a", 100) == tmp_path / "a"


def test_a_table_has_a_header_that_ends(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a," * LONGEST_LINE)
    with pytest.raises(DlrunError, match="its rows are too long"):
        own_table(tmp_path / "a", 2**20)


def test_a_folder_of_the_run_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert own_folder(tmp_path) == tmp_path
    assert own_folder(tmp_path / "missing") == tmp_path / "missing"
    with pytest.raises(DlrunError, match="link"):
        own_folder(tmp_path / "link")
