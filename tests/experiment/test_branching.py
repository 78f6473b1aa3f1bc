"""Child runs: they begin where their parent was, change what may change, and leave it as it is."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from dlrun.errors import InvalidInput, RunBusy
from dlrun.experiment.branching import branch_run
from dlrun.experiment.opening import open_run
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment
from dlrun.rundir.listing import runs_in
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Branch, RunRecord
from dlrun.training.loop import StepEnd
from tests.experiments import SMALL, experiment, train_run
from tests.proofs.survivors import contents, go_on, train_to_the_end, unlike

STEPS = 7  # an epoch of SMALL


def look_away(told: Experiment, steps: Iterable[StepEnd]) -> None:
    for _ in steps:
        pass


def branch(parent: RunPaths, *changes: str, at_epoch: int | None = None) -> Run:
    with branch_run(parent, changes, parent.root.parent, at_epoch=at_epoch, watch=look_away) as run:
        train_to_the_end(run)
    return run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def everything(paths: RunPaths) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in paths.root.rglob("*") if path.is_file()}


@pytest.fixture
def parent(tmp_path: Path) -> RunPaths:
    run, _ = train_run(tmp_path)
    return run.paths


def test_training_a_complete_run_on_is_training_it_longer(tmp_path: Path, parent: RunPaths) -> None:
    before = everything(parent)
    child = branch(parent, "training.epochs=5")
    (tmp_path / "whole").mkdir()
    whole, _ = train_run(tmp_path / "whole", SMALL, "training.epochs=5")
    assert unlike(child.paths, contents(whole.paths)) == []
    assert everything(parent) == before
    record = RunRecord.load(child.paths)
    assert record.parent == parent.id
    assert record.branch == Branch(parent=parent.id, epoch=3.0, step=3 * STEPS, changes=("training.epochs=5",))
    assert f"child of {parent.id} at epoch 3: training.epochs=5" in child.paths.log.read_text()


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_at_an_epoch_without_a_checkpoint_the_parent_is_trained_again(parent: RunPaths, epoch: int) -> None:
    before = everything(parent)
    child = branch(parent, "learning_rate.initial=1e-5", at_epoch=epoch)
    mine, its = rows(child.paths.metrics), rows(parent.metrics)
    assert mine[:epoch] == its[:epoch]
    assert [row["learning_rate"] for row in mine] == ["0.001"] * epoch + ["1e-05"] * (3 - epoch)
    assert rows(child.paths.steps)[: epoch * STEPS] == rows(parent.steps)[: epoch * STEPS]
    assert len(rows(child.paths.timings)) == len(mine) == 3
    assert everything(parent) == before


def test_a_checkpoint_on_the_way_saves_work(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "training.epochs=6", "training.checkpoint_every=2 epochs")
    seen: list[int] = []

    def watch(told: Experiment, steps: Iterable[StepEnd]) -> None:
        seen.extend(step.step for step in steps)

    with branch_run(run.paths, ["learning_rate=1e-5"], tmp_path / "runs", at_epoch=5, watch=watch) as child:
        train_to_the_end(child)
    assert seen == list(range(4 * STEPS + 1, 5 * STEPS + 1))
    assert rows(child.paths.metrics)[:5] == rows(run.paths.metrics)[:5]


def test_a_child_resumes_like_any_run_and_has_children(tmp_path: Path, parent: RunPaths) -> None:
    changes = ["learning_rate.initial=1e-4", "training.epochs=6"]
    expected = contents(branch(parent, *changes, at_epoch=2).paths)
    with branch_run(parent, changes, tmp_path / "other", at_epoch=2, watch=look_away) as run:
        for step in run.train():
            if step.step == 4 * STEPS + 3:
                break
    go_on(run.paths)
    assert unlike(run.paths, expected) == []
    grandchild = branch(run.paths, "regularization.l2=1", at_epoch=5)
    assert RunRecord.load(grandchild.paths).parent == run.paths.id


def test_a_child_that_lost_its_checkpoints_cannot_begin_at_step_0(tmp_path: Path, parent: RunPaths) -> None:
    with branch_run(parent, ["learning_rate=1e-5"], tmp_path / "other", at_epoch=2, watch=look_away) as run:
        pass
    for path in run.paths.checkpoints.glob("*.npz"):
        path.unlink()
    with pytest.raises(Exception, match=rf"branch again: dlrun resume .*{parent.id} --at-epoch 2 -s learning_rate=1e-5"):
        go_on(run.paths)


def test_patience_begins_anew_and_the_reason_to_stop_is_gone(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "training.epochs=200", "training.early_stopping={patience: 2}")
    stopped = run.state.epoch
    child = branch(run.paths, "learning_rate.initial=1e-6")
    assert child.state.epoch == stopped + 2
    assert child.state.best.epoch == run.state.best.epoch


def test_the_best_of_the_parent_is_the_childs_until_it_is_better(parent: RunPaths) -> None:
    child = branch(parent, "learning_rate.initial=1e-9", "training.epochs=4")
    assert child.state.best.error <= min(float(row["dev_error"]) for row in rows(parent.metrics))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("seed=4", "seed"),
        ("data.source.noise=0.1", "data.source.noise"),
        ("architecture.hidden=[9]", "architecture.hidden"),
        ("loss=softmax_cross_entropy", "loss.kind"),
        ("optimizer=momentum", "optimizer.kind"),
        ("training.dtype=float64", "training.dtype"),
        ("training.batch_size=16", "training.batch_size"),
    ],
)
def test_what_may_not_change_is_named(parent: RunPaths, change: str, key: str) -> None:
    with pytest.raises(InvalidInput, match=f"{key} cannot change in a child run"):
        branch(parent, change, "learning_rate=1e-5")
    assert runs_in(parent.root.parent) == [parent]


@pytest.mark.parametrize(
    "change",
    [
        "learning_rate.decay=cosine", "regularization.keep_prob=1", "regularization.l1=1", "optimizer.beta1=0.8",
        "training.clip=1", "training.evaluate_every=3 steps", "diagnosis.target_error=1%",
        "training.early_stopping={patience: 1}", "name=other",
    ],
)  # fmt: skip
def test_what_may_change_changes(parent: RunPaths, change: str) -> None:
    assert RunRecord.load(branch(parent, change, at_epoch=2).paths).status == "completed"


@pytest.mark.parametrize(
    ("changes", "at_epoch", "said"),
    [
        (["learning_rate.initial=1e-3"], None, "nothing would be different from the parent"),
        (["learning_rate=1e-5"], None, "nothing is left to train: training.epochs is 3, and the child begins after 3"),
        (["learning_rate=1e-5"], 9, "the parent has come to epoch 3 only"),
        (["learning_rate=oops"], None, "must be a number"),
    ],
)
def test_what_makes_no_child(parent: RunPaths, changes: list[str], at_epoch: int | None, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        branch(parent, *changes, at_epoch=at_epoch)
    assert [path.name for path in parent.root.parent.iterdir() if path.is_dir() and not path.is_symlink()] == [parent.id]


def test_a_child_begins_no_later_than_its_parent_came(tmp_path: Path) -> None:
    with open_run(experiment(tmp_path, SMALL), tmp_path / "runs") as run:
        for step in run.train():
            if step.step == STEPS + 3:
                break
    with pytest.raises(InvalidInput, match="the parent has come to epoch 1 only"):
        branch(run.paths, "learning_rate=1e-5", at_epoch=2)
    assert runs_in(tmp_path / "runs") == [run.paths]


def test_a_child_of_a_child_begins_with_what_that_began_with(tmp_path: Path) -> None:
    """Its last two checkpoints are later ones: only the first can be trained on from, and only with its own spec."""
    parent, _ = train_run(tmp_path, SMALL, "training.epochs=9", "training.checkpoint_every=1 epoch")
    child = branch(parent.paths, "learning_rate.initial=0.05", at_epoch=3)
    grandchild = branch(child.paths, "name=other", at_epoch=5)
    assert rows(grandchild.paths.metrics) == rows(child.paths.metrics)
    with pytest.raises(InvalidInput, match="left its own parent at epoch 3, so epoch 2 is not its own"):
        branch(child.paths, "name=other", at_epoch=2)


def test_another_watched_column_is_not_compared_with_the_old_one(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "training.epochs=6", "training.early_stopping={patience: 4}")
    told = "training.early_stopping={patience: 2, watch: train_loss}"
    child = branch(run.paths, told, "training.epochs=12", "regularization.keep_prob=1", at_epoch=3)
    assert child.state.epoch > 5  # train_loss is above the best dev_error, and falls


def test_without_recorded_steps_a_child_has_none_and_resumes_exactly(tmp_path: Path, parent: RunPaths) -> None:
    changes = ["training.record_steps=off", "training.epochs=6"]
    expected = contents(branch(parent, *changes).paths)
    assert "steps.csv" not in expected
    with branch_run(parent, changes, tmp_path / "other", watch=look_away) as run:
        for step in run.train():
            if step.step == 4 * STEPS:
                break
    go_on(run.paths)
    assert unlike(run.paths, expected) == []


def test_the_parent_is_free_while_its_child_trains(tmp_path: Path, parent: RunPaths) -> None:
    with branch_run(parent, ["training.epochs=5"], tmp_path / "other", watch=look_away), lock_run(parent):
        pass


def test_a_parent_at_work_is_not_read(parent: RunPaths) -> None:
    with lock_run(parent), pytest.raises(RunBusy):
        branch(parent, "training.epochs=5")


def test_a_diverged_run_can_be_saved_from_where_it_was_well(tmp_path: Path) -> None:
    told = experiment(tmp_path, SMALL)
    with pytest.raises(Exception, match="diverged"), open_run(told, tmp_path / "runs") as run:
        for step in run.train():
            if step.step == 2 * STEPS + 2:
                told.network.params.theta[0] = np.nan
    child = branch(run.paths, "learning_rate.initial=1e-4", at_epoch=2)
    assert RunRecord.load(child.paths).status == "completed"
