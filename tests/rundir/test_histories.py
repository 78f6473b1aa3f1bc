import os
from pathlib import Path

import pytest

from dlrun.rundir.histories import finite, read_columns


def test_whole_rows_are_read_and_others_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    path.write_bytes(b"step,epoch,cost\n1,0,0.5\n2,0\n3,0,x,y\n4,1,\n5,1,0.2")
    assert [*read_columns(path, ("step", "cost"))] == [["1", "0.5"], ["4", ""]]
    assert [*read_columns(path, ("step", "missing"))] == []


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\n\x00,\n"])
def test_what_is_no_table_has_no_rows(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "steps.csv").write_bytes(content)
    assert [*read_columns(tmp_path / "steps.csv", ("step",))] == []


def test_no_file_and_one_that_would_never_end_have_no_rows(tmp_path: Path) -> None:
    assert [*read_columns(tmp_path / "steps.csv", ("step",))] == []
    os.mkfifo(tmp_path / "steps.csv")
    assert [*read_columns(tmp_path / "steps.csv", ("step",))] == []


def test_cells_are_finite_numbers_or_nothing() -> None:
    assert [finite(cell) for cell in ("1e3", "nan", "inf", "", "x")] == [1000.0, None, None, None, None]
