import os
from pathlib import Path

import pytest

from dlrun.errors import DlrunError
from dlrun.rundir.growing import csv_bytes
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import COLUMNS, Predictions, read_predictions

HEADING = ",".join(COLUMNS).encode() + b"\n"


def read(directory: Path, content: bytes) -> Predictions:
    paths = RunPaths(directory)
    paths.predictions.mkdir(exist_ok=True)
    paths.predictions_of("dev").write_bytes(content)
    return read_predictions(paths)


def test_what_is_written_is_read_to_the_bit(tmp_path: Path) -> None:
    rows = [(7, "a,b", "line\nbreak", 0.1 + 0.2, 1e-17), (9, "é\u2028", "", None, 3.0)]
    found = read(tmp_path, csv_bytes([COLUMNS, *rows]))
    assert found == Predictions(
        ids=("7", "9"),
        labels=("a,b", "é\u2028"),
        predictions=("line\nbreak", ""),
        probabilities=(0.1 + 0.2, None),
        losses=(1e-17, 3.0),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", b"\xff\x00", HEADING, b"id,label\n1,2\n", HEADING + b"1,0,0,0.5\n", HEADING + b"1,0,0,0.5,x\n",
        HEADING + b"1,0,0,nan,1\n", HEADING + b"1,0,0,1,inf\n", HEADING + b"1,0,0,1,1\n" * 2, HEADING + b'1,"0,0,1,1\n',
        HEADING + b"\n" * 1_000_000, HEADING + b"1,0,0,1,1\n\n",
    ],
)  # fmt: skip
def test_what_is_damaged_is_told(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DlrunError, match="damaged"):
        read(tmp_path, content)


def test_a_link_and_a_file_that_would_never_end_are_not_read(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "dev.csv").write_bytes(HEADING + b"1,0,0,1,1\n")
    paths.root.mkdir()
    paths.predictions.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DlrunError):
        read_predictions(paths)
    paths.predictions.unlink()
    paths.predictions.mkdir()
    os.mkfifo(paths.predictions_of("dev"))
    with pytest.raises(DlrunError):
        read_predictions(paths)
