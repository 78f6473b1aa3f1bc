"""How often a step is written down."""

from pathlib import Path

import pytest

from dlrun.experiment.recording import record_every
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
