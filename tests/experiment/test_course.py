import json
from pathlib import Path

import numpy as np
import pytest

from dlrun.errors import DlrunError
from dlrun.experiment.first_step import look_at_first_step
from dlrun.experiment.one_batch import learn_one_batch
from dlrun.experiment.opening import open_run
from dlrun.experiment.stored import stored_diagnosis
from dlrun.rundir.paths import RunPaths
from tests.experiments import REGRESSION, SMALL, experiment, train_run, write_table

LONG = "training.epochs=40"
DESCENT = ("optimizer=gradient_descent", "training.batch_size=full", "training.epochs=60", "regularization.keep_prob=1.0")


def test_the_first_step_is_the_one_that_training_takes(tmp_path: Path) -> None:
    overrides = ("training.batch_size=full", "training.epochs=1", "regularization.keep_prob=1.0")
    first = look_at_first_step(experiment(tmp_path, SMALL, *overrides))
    run, diagnosis = train_run(tmp_path, SMALL, *overrides)
    told = run.paths.steps.read_text().splitlines()[1].split(",")
    assert first.cost == pytest.approx(float(told[3]), rel=1e-6)
    assert first.chance == pytest.approx(np.log(2))
    assert first.constant <= first.chance
    layers = run.paths.layers.read_text().splitlines()[1].split(",")
    assert first.layers[0].gradient == pytest.approx(float(layers[3]), rel=0.05)  # which holds the penalty's, too
    assert diagnosis.optimization is not None
    assert diagnosis.optimization.start == first.cost


def test_the_course_is_stored_and_read_again(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path, SMALL, LONG)
    course, health = diagnosis.optimization, diagnosis.health
    assert course is not None
    assert health is not None
    assert (course.steps, course.epochs, course.setting.batch_size, course.setting.dropout) == (280, 40.0, 32, True)
    assert [layer.layer for layer in health.layers] == ["hidden 1", "output"]
    assert stored_diagnosis(run.paths) == diagnosis
    tree = json.loads(run.paths.diagnosis.read_text())
    assert {"setting", "start", "end", "slope", "one_batch"} <= tree["optimization"].keys()


def test_rises_of_a_full_batch_are_counted_with_their_step(tmp_path: Path) -> None:
    for name in ("calm", "wild"):
        (tmp_path / name).mkdir()
    _, calm = train_run(tmp_path / "calm", SMALL, *DESCENT, "learning_rate.initial=0.1")
    _, wild = train_run(tmp_path / "wild", SMALL, *DESCENT, "learning_rate.initial=20")
    assert calm.optimization is not None
    assert calm.optimization.rises is not None
    assert calm.optimization.rises.count == 0
    assert wild.optimization is not None
    assert wild.optimization.rises is not None
    assert wild.optimization.rises.first >= 2
    assert wild.verdict[0] == "optimization"


@pytest.mark.parametrize("overrides", [("training.epochs=0",), ("training.record_steps=off",), ("training.record_steps=7",)])
def test_short_and_silent_runs_have_a_course_too(tmp_path: Path, overrides: tuple[str, ...]) -> None:
    _, diagnosis = train_run(tmp_path, SMALL, *overrides)
    assert diagnosis.optimization is not None
    assert (diagnosis.optimization.end is None) == ("epochs" in overrides[0])


def test_a_regression_is_compared_with_its_mean(tmp_path: Path) -> None:
    write_table(tmp_path)
    first = look_at_first_step(experiment(tmp_path, REGRESSION))
    assert first.chance == pytest.approx(1.0, rel=0.3)  # squared units of the target's deviation
    assert first.constant == first.chance


def test_one_batch_is_learned_unless_the_rate_forbids_it(tmp_path: Path) -> None:
    able = learn_one_batch(experiment(tmp_path, SMALL, "learning_rate.initial=0.02"))
    unable = learn_one_batch(experiment(tmp_path, SMALL, "learning_rate.initial=1e-7"))
    assert able is not None
    assert unable is not None
    assert able.learned
    assert not unable.learned
    assert (able.examples, able.before) == (32, unable.before)
    assert learn_one_batch(experiment(tmp_path, SMALL, "architecture.hidden=[4000,4000]")) is None, "it would take too long"


def test_one_batch_is_tried_where_the_training_set_is_not_fitted(tmp_path: Path) -> None:
    (tmp_path / "low").mkdir()
    _, bad = train_run(tmp_path / "low", SMALL, "learning_rate.initial=1e-6")
    _, good = train_run(tmp_path, SMALL, LONG, "learning_rate.initial=0.02", "diagnosis.tolerance=0.5")
    assert bad.optimization is not None
    assert bad.optimization.one_batch is not None
    assert bad.trouble[0].kind == "rate_too_low"
    assert good.optimization is not None
    assert good.optimization.one_batch is None


def test_a_run_that_diverged_is_neither_bias_nor_variance(tmp_path: Path) -> None:
    opened = open_run(experiment(tmp_path, SMALL, *DESCENT, "learning_rate.initial=1e30"), tmp_path / "runs")
    with pytest.raises(DlrunError), opened as run:
        for _ in run.train():
            pass
    with pytest.raises(DlrunError, match="optimization, and nothing else can be said: this run diverged at step"):
        stored_diagnosis(RunPaths(next((tmp_path / "runs").glob("2*"))))
