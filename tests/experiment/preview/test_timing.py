from pathlib import Path

import numpy as np
import pytest

from dlrun.errors import Diverged
from dlrun.experiment.preview import timing
from dlrun.experiment.preview.timing import STEPS_TIMED, disk_bytes, time_run
from tests.experiments import SMALL, experiment, train_run

# each makes another file of the run the largest
RUNS = {
    "steps": ("training.epochs=40", "training.batch_size=8"),
    "checkpoints": ("architecture.hidden=[200,100]", "training.record_steps=off"),
    "predictions": ("data.source.examples=6000", "data.split={train: 1000, dev: 5000, test: 0}", "training.record_steps=off"),
}


def test_nothing_is_changed_and_nothing_written(tmp_path: Path) -> None:
    e = experiment(tmp_path, SMALL, "architecture.batch_norm=true", "training.epochs=0", "training.evaluate_every=1 step")
    theta, stats, files = e.network.params.theta.copy(), e.network.params.stats.copy(), sorted(tmp_path.rglob("*"))
    found = time_run(e)
    assert np.array_equal(theta, e.network.params.theta)
    assert np.array_equal(stats, e.network.params.stats)
    assert sorted(tmp_path.rglob("*")) == files
    assert found.steps == STEPS_TIMED
    assert found.seconds_per_epoch == found.seconds_per_step * e.steps_per_epoch


def test_the_whole_is_made_of_its_parts(tmp_path: Path) -> None:
    e = experiment(tmp_path, SMALL)  # 3 epochs of 7 steps, 200 train and 60 dev examples
    found = time_run(e)
    judged = 1 + 200 / 60
    assert found.total_seconds == pytest.approx(21 * found.seconds_per_step + (3 + judged) * found.seconds_per_evaluation)
    assert found.peak_memory > 2**24


def test_slow_steps_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "SECONDS", 0.0)
    assert time_run(experiment(tmp_path, SMALL)).steps == 1


def test_without_dev_the_end_of_a_run_is_timed_on_train(tmp_path: Path) -> None:
    assert time_run(experiment(tmp_path, SMALL, "data.split={train: 200, dev: 0, test: 0}")).total_seconds > 0


def test_steps_that_diverge_say_so(tmp_path: Path) -> None:
    with pytest.raises(Diverged):
        time_run(experiment(tmp_path, SMALL, "optimizer=gradient_descent", "learning_rate=1e38"))


@pytest.mark.parametrize("name", RUNS)
def test_the_disk_foreseen_is_about_the_disk_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)  # in a repository, provenance.json would hold what differs from its commit
    run, _ = train_run(tmp_path, SMALL, *RUNS[name])
    used = sum(path.stat().st_size for path in run.paths.root.rglob("*") if path.is_file())
    foreseen = disk_bytes(run.experiment)
    print(f"disk, {name}: foreseen {foreseen:,}, used {used:,}")
    assert foreseen == pytest.approx(used, rel=0.2)
