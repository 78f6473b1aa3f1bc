"""A run from spec to diagnosis: what it leaves on disk, that it can be repeated, and how it ends when it goes wrong."""

import csv
import json
import os
import signal
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest

from dlrun import checkpoint
from dlrun.errors import Diverged, DlrunError, Interrupted, InvalidInput
from dlrun.experiment.opening import open_run
from dlrun.experiment.setup import set_up
from dlrun.kernels import compilation
from dlrun.rundir.record import RunRecord
from dlrun.spec import read_spec
from dlrun.training.loop import StepEnd, train
from tests.experiments import REGRESSION, SMALL, experiment, train_run, write_table

FILES = {
    "spec.yaml", "resolved.yaml", "run.json", "preparation.json", "provenance.json", "checks.json", "metrics.csv",
    "layers.csv", "steps.csv", "timings.csv", "predictions/dev.csv",
    "checkpoints/manifest.json", "checkpoints/manifest.copy.json", "diagnosis.json", "log.txt", "lock",
}  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_every_file_it_promises(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    left = {str(path.relative_to(run.paths.root)) for path in run.paths.root.rglob("*") if path.is_file()}
    checkpoints = {name for name in left if name.endswith(".npz")}
    assert left - checkpoints == FILES
    assert checkpoints
    assert run.paths.spec.read_bytes() == (tmp_path / "small.yaml").read_bytes()
    record = RunRecord.load(run.paths)
    assert (record.status, record.stop_reason) == ("completed", "all epochs done")
    assert record.summary["parameters"] == 2 * 8 + 8 + 8 * 1 + 1
    assert record.summary["examples"] == {"train": 200, "dev": 60, "test": 40}


def test_metrics_and_steps_have_the_columns_of_the_design(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    metrics, steps = rows(run.paths.metrics), rows(run.paths.steps)
    assert list(metrics[0]) == (
        ["epoch", "step", "learning_rate", "cost", "train_loss", "train_error", "dev_loss", "dev_error", "weight_norm"]
    )
    assert [row["epoch"] for row in metrics] == ["1", "2", "3"]
    assert list(steps[0]) == ["step", "epoch", "learning_rate", "cost"]
    assert [int(row["step"]) for row in steps] == list(range(1, 3 * 7 + 1))
    assert [int(row["epoch"]) for row in steps] == [0] * 7 + [1] * 7 + [2] * 7
    assert list(rows(run.paths.timings)[0]) == ["epoch", "seconds", "examples_per_second"]


def test_what_it_takes_to_compile_kernels_is_no_training_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiling(*arguments: Any) -> Iterator[StepEnd]:
        with compilation.loading():
            sleep(0.5)
        yield from train(*arguments)

    monkeypatch.setattr("dlrun.experiment.run.train", compiling)
    with open_run(experiment(tmp_path, SMALL, "training.kernels=numba"), tmp_path / "runs") as run:
        began = monotonic()
        list(run.train())
        took = monotonic() - began
        run.finish()
    seconds = RunRecord.load(run.paths).seconds
    assert seconds
    assert seconds < took - 0.5
    assert sum(float(row["seconds"]) for row in rows(run.paths.timings)) < seconds


@pytest.mark.parametrize("text", [SMALL, REGRESSION], ids=["classification", "regression"])
def test_training_on_the_resolved_spec_gives_the_same_bytes(tmp_path: Path, text: str) -> None:
    write_table(tmp_path)
    run, _ = train_run(tmp_path, text)
    again = set_up(read_spec(run.paths.resolved))
    with open_run(again, tmp_path / "elsewhere") as second:
        list(second.train())
        second.finish()
    for name in ("metrics", "steps", "resolved", "diagnosis"):
        assert getattr(second.paths, name).read_bytes() == getattr(run.paths, name).read_bytes()
    assert second.paths.predictions_of("dev").read_bytes() == run.paths.predictions_of("dev").read_bytes()


def test_what_only_training_needs_is_let_go_when_it_is_over(tmp_path: Path) -> None:
    with open_run(experiment(tmp_path, SMALL), tmp_path / "runs") as run:
        deque(run.train(), maxlen=0)
        slots = [weakref.ref(slot) for slot in run.state.slots.values()]
        assert slots
        assert all(slot() is not None for slot in slots)
        run.finish()
    assert all(slot() is None for slot in slots)


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    one, _ = train_run(tmp_path)
    other, _ = train_run(tmp_path, SMALL, "seed=4")
    assert one.paths.metrics.read_bytes() != other.paths.metrics.read_bytes()


def test_predictions_errors_and_diagnosis_are_about_the_same_examples(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path)
    table = rows(run.paths.predictions_of("dev"))
    assert list(table[0]) == ["id", "label", "prediction", "probability", "loss"]
    assert len({row["id"] for row in table}) == 60
    wrong = np.mean([row["label"] != row["prediction"] for row in table])
    best = min(float(row["dev_error"]) for row in rows(run.paths.metrics))
    stored = json.loads(run.paths.diagnosis.read_text())
    assert diagnosis.errors.dev
    assert wrong == diagnosis.errors.dev.value == best == stored["errors"]["dev"]["error"]
    for row in table:  # the probability is that of the second class, and the loss is its
        p = float(row["probability"])
        assert float(row["loss"]) == pytest.approx(-np.log(p if row["label"] == "1" else 1 - p), rel=1e-5, abs=1e-7)
        assert (row["prediction"] == "1") == (p > 0.5)


def test_regression_is_reported_in_the_units_of_the_target(tmp_path: Path) -> None:
    write_table(tmp_path)
    run, diagnosis = train_run(tmp_path, REGRESSION)
    table = rows(run.paths.predictions_of("dev"))
    labels, predictions = (np.array([float(row[key]) for row in table]) for key in ("label", "prediction"))
    assert labels.min() > 900
    rmse = float(np.sqrt(((labels - predictions) ** 2).mean()))
    assert diagnosis.errors.dev
    assert diagnosis.errors.dev.value == pytest.approx(rmse, rel=1e-6)
    assert float(rows(run.paths.metrics)[-1]["dev_error"]) == pytest.approx(rmse, rel=1e-4)
    assert {row["probability"] for row in table} == {""}


def test_without_a_dev_part_the_last_parameters_are_judged_and_variance_is_unknown(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path, SMALL, "data.split.dev=0")
    assert diagnosis.variance is None
    assert not run.paths.predictions_of("dev").exists()
    assert rows(run.paths.metrics)[0]["dev_error"] == ""
    assert run.record.summary["best_epoch"] == 3


def test_zero_epochs_judge_the_initial_network(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path, SMALL, "training.epochs=0")
    assert rows(run.paths.metrics) == []
    assert run.record.status == "completed"
    assert diagnosis.errors.train.n == 200


def test_record_steps_can_be_thinned_or_switched_off(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "training.record_steps=5")
    assert [row["step"] for row in rows(run.paths.steps)] == ["5", "10", "15", "20"]
    run, _ = train_run(tmp_path, SMALL, "training.record_steps=off")
    assert not run.paths.steps.exists()


def test_divergence_is_on_record_and_nothing_on_disk_is_not_finite(tmp_path: Path) -> None:
    told = experiment(tmp_path, SMALL, "optimizer=gradient_descent", "learning_rate.initial=1e38", "regularization.l2=100")
    with pytest.raises(Diverged), open_run(told, tmp_path / "runs") as run:
        list(run.train())
    record = RunRecord.load(run.paths)
    assert record.status == "diverged"
    assert record.stop_reason
    assert "step" in record.stop_reason
    assert not list(run.paths.checkpoints.iterdir())  # the first update overflowed: there is nothing good to keep
    assert all(np.isfinite(float(row["cost"])) for row in rows(run.paths.steps))
    assert "diverged" in run.paths.log.read_text()


def test_a_run_that_diverges_late_keeps_its_best_parameters(tmp_path: Path) -> None:
    told = experiment(tmp_path)
    with pytest.raises(Diverged), open_run(told, tmp_path / "runs") as run:
        for step in run.train():
            if step.step == 10:
                told.network.params.theta[0] = np.nan
    manifest = json.loads(run.paths.manifest.read_text())
    assert set(manifest) == {"schema", "best", "sha256"}
    with np.load(run.paths.checkpoints / manifest["best"]["file"]) as file:
        assert np.isfinite(file["theta"]).all()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_the_step_saves_and_says_interrupted(tmp_path: Path, number: int, code: int) -> None:
    told = experiment(tmp_path, SMALL, "training.epochs=1000")
    handler = signal.getsignal(number)
    with pytest.raises(Interrupted) as raised, open_run(told, tmp_path / "runs") as run:
        for step in run.train():
            if step.step == 5:
                os.kill(os.getpid(), number)
    assert raised.value.exit_code == code
    assert signal.getsignal(number) == handler
    assert RunRecord.load(run.paths).status == "interrupted"
    manifest = json.loads(run.paths.manifest.read_text())
    assert manifest["last"]["step"] == len(rows(run.paths.steps)) >= 5


def test_a_bug_leaves_its_traceback_in_the_run(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as raised, open_run(experiment(tmp_path), tmp_path / "runs") as run:
        _ = 1 // 0
    assert "ZeroDivisionError" in run.paths.crash.read_text()
    assert str(run.paths.crash) in raised.value.__notes__[0]
    assert RunRecord.load(run.paths).status == "failed"


def test_a_failure_is_on_record(tmp_path: Path) -> None:
    with pytest.raises(DlrunError), open_run(experiment(tmp_path), tmp_path / "runs") as run:
        raise DlrunError("the disk is full")
    assert RunRecord.load(run.paths).stop_reason == "the disk is full"


def test_provenance_says_where_the_numbers_come_from(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    told: dict[str, Any] = json.loads(run.paths.provenance.read_text())
    assert set(told) == {
        "schema",
        "versions",
        "machine",
        "blas",
        "kernels",
        "data",
        "seeds",
        "argv",
        "git",
        "spec",
        "preparation",
    }
    assert told["versions"]["numpy"] == np.__version__
    assert told["blas"]["threads"] == 1
    assert told["data"]["classes"] == ["0", "1"]
    assert len(told["data"]["sha256"]) == 64


@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT, signal.SIGTERM)])
def test_a_second_signal_leaves_at_once_and_loses_nothing(tmp_path: Path, signals: tuple[int, ...]) -> None:
    told = experiment(tmp_path, SMALL, "training.epochs=1000")
    with pytest.raises(Interrupted), open_run(told, tmp_path / "runs") as run:
        for step in run.train():
            if step.step == 5:
                for number in signals:
                    os.kill(os.getpid(), number)
    assert RunRecord.load(run.paths).status == "interrupted"
    assert json.loads(run.paths.manifest.read_text())["last"]["step"] >= 5
    assert not list(run.paths.root.rglob("*.tmp"))


def test_a_second_signal_within_a_step_leaves_what_was_saved_before(tmp_path: Path) -> None:
    told = experiment(tmp_path, SMALL, "training.kernels=numpy", "training.epochs=1000", "training.checkpoint_every=3 steps")
    backward, calls = told.network.backward, 0

    def interrupted_backward() -> None:
        nonlocal calls
        calls += 1
        if calls == 6:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        backward()

    told.network.backward = interrupted_backward  # type: ignore[method-assign]
    with pytest.raises(Interrupted), open_run(told, tmp_path / "runs") as run:
        list(run.train())
    assert RunRecord.load(run.paths).status == "interrupted"
    assert json.loads(run.paths.manifest.read_text())["last"]["step"] == 3  # not 5: the generators have moved on since


def test_nothing_breaks_into_a_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = checkpoint.save

    def interrupted_save(*words: Any) -> None:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
        save(*words)

    monkeypatch.setattr(checkpoint, "save", interrupted_save)
    with pytest.raises(Interrupted), open_run(experiment(tmp_path), tmp_path / "runs") as run:
        list(run.train())
        run.finish()
    assert run.paths.manifest.exists()
    assert RunRecord.load(run.paths).status == "interrupted"


@pytest.mark.parametrize("rate", ["1e37", "1e100"])
def test_an_update_out_of_the_finite_numbers_is_divergence(tmp_path: Path, rate: str) -> None:
    changes = ("optimizer=gradient_descent", f"learning_rate={rate}", "training.batch_size=full", "training.epochs=1")
    with pytest.raises(Diverged), open_run(experiment(tmp_path, SMALL, *changes), tmp_path / "runs") as run:
        list(run.train())
        run.finish()
    assert RunRecord.load(run.paths).status == "diverged"


def test_early_stopping_without_a_dev_part_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,y\n1,no\n2,yes\n3,no\n4,yes\n")
    text = "data: {source: {kind: csv, path: table.csv, target: y}}\ntraining: {early_stopping: {patience: 1}}"
    with pytest.raises(InvalidInput, match="no dev part"):
        experiment(tmp_path, text)


def test_a_target_error_above_1_is_a_forgotten_percent_sign(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"did you mean 5%\?"):
        experiment(tmp_path, SMALL, "diagnosis.target_error=5")


def test_what_does_not_fit_into_memory_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not fit into memory"):
        experiment(tmp_path, SMALL, "architecture.hidden=[1000000,1000000]")
