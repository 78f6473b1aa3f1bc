"""How often a step is written down, and how far a run's files are cut back."""

import csv
from pathlib import Path

import pytest

from dlrun.experiment.recording import cut_back_to, record_every
from dlrun.rundir.growing import Prefix, csv_bytes
from dlrun.rundir.paths import RunPaths
from tests.experiments import SMALL, train_run


@pytest.mark.parametrize(
    ("told", "total", "every"),
    [("auto", 0, 1), ("auto", 100_000, 1), ("auto", 100_001, 2), ("auto", 1_000_000, 10), ("off", 10, None), (7, 10, 7)],
)
def test_up_to_a_hundred_thousand_rows_every_step_has_one(told: str | int, total: int, every: int | None) -> None:
    assert record_every(told, total) == every  # type: ignore[arg-type]


def test_only_a_run_with_a_train_dev_part_has_its_columns(tmp_path: Path) -> None:
    for name, overrides in {"without": [], "with": ["data.train_dev=20", "data.split.train=180"]}.items():
        (tmp_path / name).mkdir()
        run, found = train_run(tmp_path / name, SMALL, *overrides)
        header, *rows = run.paths.metrics.read_text().splitlines()
        assert header.endswith("weight_norm" if name == "without" else "weight_norm,train_dev_loss,train_dev_error")
        assert all(row.count(",") == header.count(",") and not row.endswith(",") for row in rows)
        assert (found.data_mismatch is None) == (name == "without")
        predicted = run.paths.predictions_of("train_dev")
        assert predicted.exists() == (name == "with")
    assert len(predicted.read_text().splitlines()) == 21


def test_steps_are_written_as_csv_writes_them(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL)
    with run.paths.steps.open(newline="") as file:
        heading, *rows = list(csv.reader(file))
    numbers = [(int(step), int(epoch), float(rate), float(cost)) for step, epoch, rate, cost in rows]
    assert len(numbers) == run.state.step
    assert run.paths.steps.read_bytes() == csv_bytes([heading, *numbers])


HEADER = b"epoch,seconds,examples_per_second\n"


@pytest.mark.parametrize(
    ("timings", "left"),
    [
        (HEADER + b"1,0.5,80.0\n2,1e-05,1e+07\n", HEADER + b"1,0.5,80.0\n"),
        (HEADER + b"1,0.5,80.0\n2,0.", HEADER + b"1,0.5,80.0\n"),
        (HEADER, HEADER),  # fewer rows
        (HEADER + b"1,0.5,8", HEADER),
        (HEADER + bytes(11) + b"\n", HEADER),
        (HEADER + b"1,0.5\r,80.0\n", HEADER),
        (b"epoch,SECONDS,examples_per_second\n1,0.5,80.0\n", None),
        (HEADER[:-1], None),
    ],
)
def test_timings_are_cut_back_to_whole_rows_and_no_more_than_metrics_has(
    tmp_path: Path, timings: bytes, left: bytes | None
) -> None:
    paths = RunPaths(tmp_path)
    paths.metrics.write_bytes(b"epoch\n1\n2\n")
    paths.timings.write_bytes(timings)
    cut_back_to(paths, {"metrics.csv": Prefix(len(b"epoch\n1\n"), "")})
    assert paths.metrics.read_bytes() == b"epoch\n1\n"
    assert (paths.timings.read_bytes() if paths.timings.exists() else None) == left
