import os
from pathlib import Path

import pytest

from dlrun.rundir.curves import mean_curve, read_curves
from dlrun.rundir.paths import RunPaths

HEADING = b"epoch,step,cost,train_error,dev_error\n"


def read(directory: Path, content: bytes) -> dict[str, list[tuple[float, float]]]:
    paths = RunPaths(directory)
    paths.metrics.write_bytes(content)
    return read_curves(paths)


def test_points_come_by_epoch_and_gaps_are_gaps(tmp_path: Path) -> None:
    curves = read(tmp_path, HEADING + b"2,20,0.5,0.2,\n1,10,0.7,0.3,0.4\n2.5,25,nan,inf,0.1\n")
    assert curves == {
        "dev_error": [(1.0, 0.4), (2.5, 0.1)], "train_error": [(1.0, 0.3), (2.0, 0.2)], "cost": [(1.0, 0.7), (2.0, 0.5)]
    }  # fmt: skip


def test_a_row_that_is_still_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    assert read(tmp_path, HEADING + b"1,10,0.7,0.3,0.4\n2,20,0.5,0.2,0.12")["dev_error"] == [(1.0, 0.4)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\xff\x00\n\xfe,\n",
        b"epoch\n1\n",
        b"step,cost\n1,2\n",
        HEADING,
        HEADING + b"x,1,2,3,4\n-1,1,2,3,4\n1,2\n,,,,\n",
    ],
)
def test_what_is_no_metrics_has_no_points(tmp_path: Path, content: bytes) -> None:
    assert not any(read(tmp_path, content).values())


def test_no_file_and_one_that_would_never_end_have_no_points(tmp_path: Path) -> None:
    assert not any(read_curves(RunPaths(tmp_path)).values())
    os.mkfifo(tmp_path / "metrics.csv")
    assert not any(read_curves(RunPaths(tmp_path)).values())


def test_the_mean_curve_has_the_epochs_that_all_have() -> None:
    early, late = [(1.0, 0.4), (2.0, 0.2)], [(1.0, 0.2), (1.5, 0.3), (2.0, 0.1), (3.0, 0.05)]
    assert [epoch for epoch, _ in mean_curve([early, late])] == [1.0, 2.0]
    assert [value for _, value in mean_curve([early, late])] == pytest.approx([0.3, 0.15])
    assert mean_curve([late]) == late
    assert mean_curve([early, []]) == []
