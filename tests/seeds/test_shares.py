"""Shares of the training part: each an ordinary run that can be trained by hand, held against the run that has all of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from dlrun.errors import DlrunError, InvalidInput
from dlrun.experiment.setup import set_up
from dlrun.experiment.stored import stored_diagnosis, stored_learning_curve
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Branch, RunRecord
from dlrun.seeds.jobs import Done
from dlrun.seeds.shares import SHARES, plan_curve, store_curve
from tests.experiments import REGRESSION, SMALL, train_run, write_table


def trained(directory: Path, text: str = SMALL, *overrides: str) -> RunPaths:
    return train_run(directory, text, "training.epochs=2", *overrides)[0].paths


def test_a_job_a_share_and_the_run_itself_for_all(tmp_path: Path) -> None:
    paths = trained(tmp_path, SMALL, "gates.dev.error=< 1%")
    plan = plan_curve(paths)
    assert tuple(plan.jobs) == SHARES[:-1]
    assert plan.seconds == pytest.approx(1.85 * (plan.record.seconds or 0))
    assert [job.label for job in plan.jobs.values()][:2] == ["10 % (1 of 5)", "20 % (2 of 5)"]
    sizes = [len(set_up(job.loaded).splits.train) for job in plan.jobs.values()]
    assert sizes == [20, 40, 70, 100, 140]
    for job in plan.jobs.values():
        spec = job.loaded.spec
        assert not spec.gates
        assert spec.training.epochs == 2
        assert spec.data.split.dev == 60
        assert job.loaded.path == paths.resolved


def test_a_run_on_a_share_is_all_there_is_to_its_own_curve(tmp_path: Path) -> None:
    plan = plan_curve(trained(tmp_path, SMALL, "data.train_share=0.5"))
    assert [job.loaded.spec.data.train_share for job in plan.jobs.values()] == [0.05, 0.1, 0.175, 0.25, 0.35]


def test_a_run_that_left_its_parent_does_not_stand_for_all(tmp_path: Path) -> None:
    paths = trained(tmp_path)
    branch = Branch(parent="p", epoch=1.0, step=7, changes=("learning_rate.initial=0.1",))
    replace(RunRecord.load(paths), parent="p", branch=branch).save(paths)
    plan = plan_curve(paths)
    assert tuple(plan.jobs) == SHARES
    assert plan.jobs[1.0].loaded.spec.data.train_share == 1.0


def test_the_curve_is_stored_beside_the_run(tmp_path: Path) -> None:
    paths = trained(tmp_path)
    assert stored_learning_curve(paths) is None
    plan = plan_curve(paths)
    finished = [Done(job, paths, plan.record, stored_diagnosis(paths)) for job in plan.jobs.values()]
    curve = plan.curve(finished)
    assert [point.share for point in curve.points] == [1.0, *SHARES[:-1]]
    assert curve.tolerance == pytest.approx(0.02)
    store_curve(paths, curve)
    assert stored_learning_curve(paths) == curve
    paths.learning_curve.write_text("{")
    with pytest.raises(DlrunError, match=r"learning_curve\.json"):
        stored_learning_curve(paths)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "interrupted"}, r"a completed run, this one is interrupted(.|\n)*dlrun resume"),
        ({"status": "diverged"}, "a completed run, this one is diverged"),
        ({"kind": "folds"}, "pools folds"),
    ],
)
def test_what_has_no_curve_is_refused_in_words(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    paths = trained(tmp_path)
    replace(RunRecord.load(paths), **changes).save(paths)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=words):
        plan_curve(paths)


def test_without_dev_there_is_no_curve(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no dev part"):
        plan_curve(trained(tmp_path, SMALL, "data.split.dev=0"))


def test_of_a_fold_there_is_no_curve(tmp_path: Path) -> None:
    split = ("data.split.train=null", "data.split.dev=null", "data.split.fold={number: 1, of: 3}")
    with pytest.raises(InvalidInput, match="is one of folds"):
        plan_curve(trained(tmp_path, SMALL, *split))


def test_changed_data_is_refused(tmp_path: Path) -> None:
    table = write_table(tmp_path)
    paths = trained(tmp_path, REGRESSION)
    assert plan_curve(paths).jobs
    table.write_text(table.read_text().replace("1000", "1001"))
    with pytest.raises(InvalidInput, match="the data has changed"):
        plan_curve(paths)
