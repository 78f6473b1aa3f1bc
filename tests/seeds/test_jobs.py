"""Jobs: one that fails does not keep the others, a signal does."""

import signal
from pathlib import Path

import pytest

from dlrun.errors import Diverged, DlrunError, Interrupted, InvalidInput
from dlrun.experiment.run import Run
from dlrun.rundir.record import RunRecord
from dlrun.seeds.chance import seed_jobs
from dlrun.seeds.jobs import Done, Job, failure, run_jobs
from dlrun.spec import read_spec
from tests.experiments import write_spec


def jobs(directory: Path, *overrides: str, count: int = 3) -> list[Job]:
    return seed_jobs(read_spec(write_spec(directory), ["training.epochs=1", *overrides]), overrides, count)


def unseen(job: Job, run: Run) -> None:
    for _ in run.train():
        pass


def test_one_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    def full_disk_once(job: Job, run: Run) -> None:
        unseen(job, run)
        if "2 of 3" in job.label:
            raise DlrunError("the disk is full")

    found = list(run_jobs(jobs(tmp_path), tmp_path / "runs", argv=[], follow=full_disk_once))
    assert [done.error is None for done in found] == [True, False, True]
    records = [RunRecord.load(done.paths) for done in found if done.paths]
    assert [record.status for record in records] == ["completed", "failed", "completed"]
    error = failure(found)
    assert type(error) is DlrunError
    assert "2 of 3" in str(error)
    assert failure([found[0], found[2]]) is None


def test_only_if_all_diverge_has_the_group_diverged(tmp_path: Path) -> None:
    some = jobs(tmp_path, "learning_rate.initial=1e30", "optimizer=gradient_descent", count=2)
    found = list(run_jobs(some, tmp_path / "runs", argv=[], follow=unseen))
    assert all(done.paths and RunRecord.load(done.paths).status == "diverged" for done in found)
    error = failure(found)
    assert isinstance(error, Diverged)
    assert len(error.problems) == 2
    assert type(failure([*found, Done(found[0].job)])) is DlrunError


def test_a_signal_saves_the_run_and_ends_the_group(tmp_path: Path) -> None:
    def interrupted(job: Job, run: Run) -> None:
        for _ in run.train():
            if "2 of 3" in job.label:
                signal.raise_signal(signal.SIGINT)

    found: list[Done] = []
    with pytest.raises(Interrupted) as raised:
        found.extend(run_jobs(jobs(tmp_path), tmp_path / "runs", argv=[], follow=interrupted))
    assert raised.value.exit_code == 130
    assert "dlrun resume" in str(raised.value)
    assert [done.record.status for done in found if done.record] == ["completed", "interrupted"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_between_two_runs_begins_no_other(tmp_path: Path) -> None:
    found = []
    with pytest.raises(Interrupted):
        for done in run_jobs(jobs(tmp_path), tmp_path / "runs", argv=[], follow=unseen):
            found.append(done)
            signal.raise_signal(signal.SIGTERM)
    assert len(found) == 1


def test_what_is_wrong_with_all_of_them_is_said_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="more than"):
        list(run_jobs(jobs(tmp_path, "data.split.train=1000"), tmp_path / "runs", argv=[], follow=unseen))
    assert not (tmp_path / "runs").exists()
