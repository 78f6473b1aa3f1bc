"""Jobs: each a process of its own; one that fails does not keep the others, a signal does, and their order decides nothing."""

import os
import signal
from pathlib import Path

import pytest

from dlrun.errors import Diverged, DlrunError, Interrupted, InvalidInput
from dlrun.rundir.record import RunRecord
from dlrun.seeding import derived_seeds
from dlrun.seeds.chance import seed_jobs
from dlrun.seeds.jobs import Beginning, Done, Job, failure, run_jobs
from dlrun.spec import read_spec
from tests.experiments import write_spec
from tests.heads import fail_the_worker

ENDLESS = "training.epochs=1000000"


def jobs(directory: Path, *overrides: str, count: int = 3) -> list[Job]:
    changes = ("training.epochs=1", *overrides)
    return seed_jobs(read_spec(write_spec(directory), changes), changes, count)


def unseen(event: object) -> None:
    pass


def test_one_that_fails_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_the_worker(monkeypatch, tmp_path, f"seed={derived_seeds(3, 3)[1]}")
    found = list(run_jobs(jobs(tmp_path), tmp_path / "runs", workers=1, see=unseen))
    assert [done.error is None for done in found] == [True, False, True]
    records = [RunRecord.load(done.paths) for done in found if done.paths]
    assert [record.status for record in records] == ["completed", "failed", "completed"]
    error = failure(found)
    assert type(error) is DlrunError
    assert "(2 of 3): the disk is full" in str(error)
    assert "dlrun resume" in str(error)
    assert failure([found[0], found[2]]) is None


def test_one_that_is_killed_does_not_keep_the_others(tmp_path: Path) -> None:
    first, *others = jobs(tmp_path, count=2)
    killed = Job(first.loaded, (*first.overrides, ENDLESS), first.label)

    def kill(event: object) -> None:
        if event is None and started and (paths := started[0].training.paths) and paths.metrics.exists():
            os.kill(RunRecord.load(paths).pid, signal.SIGKILL)
            started.clear()
        if isinstance(event, Beginning) and event.job is killed:
            started.append(event)

    started: list[Beginning] = []
    found = list(run_jobs([killed, *others], tmp_path / "runs", workers=1, see=kill))
    assert [done.error is None for done in found] == [False, True]
    assert "its process was killed" in str(failure(found))
    assert f"dlrun resume {found[0].paths.root}" in str(failure(found)) if found[0].paths else False


def test_they_come_in_their_order_whichever_ends_first(tmp_path: Path) -> None:
    first, *others = jobs(tmp_path, count=3)
    longer = Job(first.loaded, (*first.overrides, "training.epochs=400"), first.label)
    ended: list[Job] = []
    some = [longer, *others]

    def note(event: object) -> None:
        if isinstance(event, Done):
            ended.append(event.job)

    found = list(run_jobs(some, tmp_path / "runs", workers=2, see=note))
    assert [done.job for done in found] == some
    assert {job.label for job in ended} == {job.label for job in some}
    assert not failure(found)


def test_only_if_all_diverge_has_the_group_diverged(tmp_path: Path) -> None:
    some = jobs(tmp_path, "learning_rate.initial=1e30", "optimizer=gradient_descent", count=2)
    found = list(run_jobs(some, tmp_path / "runs", workers=2, see=unseen))
    assert all(done.paths and RunRecord.load(done.paths).status == "diverged" for done in found)
    error = failure(found)
    assert isinstance(error, Diverged)
    assert len(error.problems) == 2
    assert "diverged at step" in str(error)
    assert type(failure([*found, Done(found[0].job)])) is DlrunError


@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_saves_what_runs_and_begins_no_other(tmp_path: Path, workers: int) -> None:
    def interrupt(event: object) -> None:
        if isinstance(event, Beginning):
            begun.append(event)
        elif event is None and len(begun) == workers and all(is_training(one) for one in begun):
            signal.raise_signal(signal.SIGINT)
            begun.clear()

    begun: list[Beginning] = []
    found: list[Done] = []
    with pytest.raises(Interrupted) as raised:
        found.extend(run_jobs(jobs(tmp_path, ENDLESS), tmp_path / "runs", workers=workers, see=interrupt))
    assert raised.value.exit_code == 130
    assert [done.record.status for done in found if done.record] == ["interrupted"] * workers
    assert all(f"dlrun resume {done.paths.root}" in str(raised.value) for done in found if done.paths)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def is_training(one: Beginning) -> bool:
    return bool((paths := one.training.paths) and paths.metrics.exists())


def test_a_spec_that_is_changed_meanwhile_is_noticed(tmp_path: Path) -> None:
    def change(event: object) -> None:
        if isinstance(event, Done):
            write_spec(tmp_path, (tmp_path / "small.yaml").read_text() + "\nnotes: changed\n")

    found = list(run_jobs(jobs(tmp_path, count=2), tmp_path / "runs", workers=1, see=change))
    assert found[0].error is None
    assert "the spec was changed" in str(found[1].error)


def test_what_is_wrong_with_all_of_them_is_said_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="more than"):
        list(run_jobs(jobs(tmp_path, "data.split.train=1000"), tmp_path / "runs", workers=1, see=unseen))
    with pytest.raises(InvalidInput, match="nothing"):
        list(run_jobs(jobs(tmp_path, "gates.dev.error vs nothing=not worse"), tmp_path / "runs", workers=1, see=unseen))
    assert not (tmp_path / "runs").exists()
