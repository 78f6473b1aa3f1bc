import os
from pathlib import Path

import pytest

from dlrun.errors import DlrunError
from dlrun.rundir import predictions
from dlrun.rundir.growing import csv_bytes
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import COLUMNS, Predictions, read_predictions

HEADING = "id,label,prediction,probability,loss\n"


def written(home: Path, text: str | bytes) -> RunPaths:
    paths = RunPaths(home / "run")
    paths.predictions.mkdir(parents=True, exist_ok=True)
    paths.predictions_of("dev").write_bytes(text.encode() if isinstance(text, str) else text)
    return paths


def test_what_is_written_is_read_to_the_bit(tmp_path: Path) -> None:
    rows = [(7, "a,b", "line\nbreak", 0.1 + 0.2, 1e-17), (9, "é\u2028", "", None, 3.0)]
    paths = written(tmp_path, csv_bytes([COLUMNS, *rows]))
    assert read_predictions(paths) == Predictions(
        paths.predictions_of("dev"),
        ids=["7", "9"],
        labels=["a,b", "é\u2028"],
        predictions=["line\nbreak", ""],
        probabilities=[0.1 + 0.2, None],
        losses=[1e-17, 3.0],
    )


def test_columns_come_as_they_are_written(tmp_path: Path) -> None:
    read = read_predictions(written(tmp_path, HEADING + '3,"a,b",c,0.5,0.25\n4,c,c,,1e-3\n'), "dev")
    assert (read.ids, read.labels, read.predictions, read.losses) == (["3", "4"], ["a,b", "c"], ["c", "c"], [0.25, 0.001])
    assert len(read) == 2


def test_other_columns_may_stand_between_them(tmp_path: Path) -> None:
    read = read_predictions(written(tmp_path, "loss,more,prediction,label,probability,id\n1,?,p,l,0,7\n"), "dev")
    assert (read.ids, read.labels, read.predictions, read.losses) == (["7"], ["l"], ["p"], [1.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no heading"),
        (HEADING, "it has no rows"),
        ("id,label\n1,2\n", "its columns are not id, label"),
        (HEADING + "1,a,b,0.5\n", "line 2 has 4 cells, not 5"),
        (HEADING + "1,a,b,0.5,1\n2,a,b,0.5,1,2\n", "line 3 has 6 cells"),
        (HEADING + "1,a,b,0.5,x\n", "could not convert"),
        (HEADING + "1,a,b,0.5,nan\n", "a loss of 'nan'"),
        (HEADING + "1,a,b,inf,1\n", "line 2: a probability of 'inf'"),
        (HEADING + '1,"a,b,0.5,1\n', "unexpected end of data"),
        (HEADING + 1_000_000 * "\n", "line 2 has 0 cells"),
        (HEADING + "1,a,b,0.5,1\n1,a,b,0.5,1\n", "ids repeat"),
        (HEADING + "1,a," + 200_000 * "b" + ",0.5,1\n", "field larger"),
        ("a" * 70_000 + "\n", "it has no heading"),
        (HEADING.encode() + b"\xff\xfe\x00", "cells, not 5"),
    ],
)
def test_what_is_damaged_is_said_to_be(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(DlrunError, match="this file is damaged") as raised:
        read_predictions(written(tmp_path, text), "dev")
    assert said in str(raised.value)


def test_links_are_not_followed(tmp_path: Path) -> None:
    paths = written(tmp_path / "a", HEADING + "1,a,b,0.5,1\n")
    other = written(tmp_path / "b", "")
    other.predictions_of("dev").unlink()
    other.predictions_of("dev").symlink_to(paths.predictions_of("dev"))
    with pytest.raises(DlrunError):
        read_predictions(other, "dev")
    other.predictions_of("dev").unlink()
    other.predictions.rmdir()
    other.predictions.symlink_to(paths.predictions)
    with pytest.raises(DlrunError, match="links within a run are not followed"):
        read_predictions(other, "dev")


def test_a_file_that_would_never_end_is_not_read(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    paths.predictions.mkdir()
    os.mkfifo(paths.predictions_of("dev"))
    with pytest.raises(DlrunError):
        read_predictions(paths)


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = written(tmp_path, HEADING + "".join(f"{k},a,b,0.5,1\n" for k in range(9)))
    monkeypatch.setattr(predictions, "MOST_ROWS", 5)
    with pytest.raises(DlrunError, match="too many rows"):
        read_predictions(paths, "dev")
    monkeypatch.setattr(predictions, "LARGEST", 20)
    with pytest.raises(DlrunError, match="larger than"):
        read_predictions(paths, "dev")


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DlrunError, match="no such file"):
        read_predictions(RunPaths(tmp_path), "dev")
