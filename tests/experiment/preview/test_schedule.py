from pathlib import Path

import pytest

from dlrun.experiment.preview.schedule import rate_plan
from dlrun.nn.schedules import Schedule
from dlrun.training.loop import train
from tests.experiments import SMALL, experiment
from tests.laws import kind, members

KEYS = {"manual": "{kind: manual, rates: [{epoch: 1, rate: 0.05}, {epoch: 3, rate: 0.01}]}"}


def test_the_table_of_the_notes(tmp_path: Path) -> None:
    words = ("learning_rate.initial=0.2", "learning_rate.decay={kind: inverse_time, rate: 1}", "training.epochs=5")
    rows = rate_plan(experiment(tmp_path, SMALL, *words), 100).rows
    assert [(row.epoch_num, round(row.first, 3)) for row in rows] == [(0, 0.2), (1, 0.1), (2, 0.067), (3, 0.05), (4, 0.04)]
    assert all(row.first == row.last for row in rows)


@pytest.mark.parametrize("warmup", ["0", "1.5"])
@pytest.mark.parametrize("schedule", [kind(member) for member in members(Schedule)])
def test_the_rates_told_are_those_that_training_uses(tmp_path: Path, schedule: str, warmup: str) -> None:
    decay = KEYS.get(schedule, schedule)
    words = (f"learning_rate.decay={decay}", f"learning_rate.warmup={warmup}", "training.epochs=5", "training.batch_size=48")
    e = experiment(tmp_path, SMALL, *words)
    used: dict[int, list[float]] = {}
    for step in train(e.network, e.plan, e.splits, e.start()):
        used.setdefault(step.epoch, []).append(step.learning_rate)
    told = rate_plan(e, 100)
    assert told.depends_on_run == (schedule == "reduce_on_plateau")
    assert [(row.epoch_num, row.first, row.last) for row in told.rows] == [(k, r[0], r[-1]) for k, r in used.items()]


def test_a_long_run_is_thinned_and_none_has_no_rows(tmp_path: Path) -> None:
    e = experiment(tmp_path, SMALL, "training.epochs=1000000000")
    rows = rate_plan(e, 20).rows
    assert (len(rows), rows[0].epoch_num, rows[-1].epoch_num) == (20, 0, 999_999_999)
    assert rate_plan(experiment(tmp_path, SMALL, "training.epochs=0"), 20).rows == ()
