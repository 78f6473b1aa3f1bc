"""A run that is killed, or whose disk fails, at any moment goes on to the same bytes."""

import errno
import os
import random
import resource
import shutil
import signal
import time
from pathlib import Path

import pytest

from dlrun.errors import DlrunError
from dlrun.experiment.setup import Experiment
from dlrun.rundir.record import RunRecord
from tests.proofs.counting import RecordProperty, cases, proof
from tests.proofs.faulty_disk import Counter, Fault, kill, kill_half_way, refuse, watched
from tests.proofs.survivors import (
    STEPS_AN_EPOCH,
    Contents,
    child,
    contents,
    go_on,
    no_leftovers,
    reference,
    set_up_in,
    start,
    the_run_in,
    unlike,
    wait,
)

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


@pytest.fixture
def told(tmp_path: Path) -> Experiment:
    return set_up_in(tmp_path)


def goes_on(runs_dir: Path, expected: Contents) -> RunRecord | None:
    """Let the run of a directory go on, see that it ends as it should, and return its record; None if there is none."""
    paths = the_run_in(runs_dir)
    if paths is None:
        return None
    evaluated = paths.metrics.read_text().count("\n") - 1 if paths.metrics.exists() else 0
    was = RunRecord.load(paths).status
    record = go_on(paths)
    assert record.status == "completed"
    assert not (wrong := unlike(paths, expected)), wrong
    assert not (left := no_leftovers(paths)), left
    if was != "completed":
        assert record.resumptions[-1].step >= STEPS_AN_EPOCH * (evaluated - 1)  # at most one interval is done again
    return record


def calls_of(told: Experiment, runs_dir: Path) -> list[str]:
    """Return every changing call of an undisturbed run."""
    counter = Counter()

    def counted() -> None:
        with watched(counter):
            start(told, runs_dir)
        os.write(writing, "\n".join(counter.calls).encode())

    reading, writing = os.pipe()
    with child(counted) as pid:
        os.close(writing)
        with open(reading, encoding="utf-8") as answer:  # noqa: PTH123
            calls = answer.read().split("\n")
        assert wait(pid) == 0
    return calls


@pytest.mark.proof
def test_every_changing_call_is_a_moment_to_be_killed_at(
    tmp_path: Path, told: Experiment, record_property: RecordProperty
) -> None:
    with proof(record_property, "killed at any call that changes a file, a run resumes byte-identical", bar="every call") as row:
        calls = calls_of(told, tmp_path / "counted")
        expected = contents(the_run_in(tmp_path / "counted") or pytest.fail("no run"))
        born = 0
        every = max(1, 2 * len(calls) // cases(2 * len(calls), 60))
        birth = calls.index("rename run.json")
        moments = [(at, fault) for at in range(len(calls)) for fault in (kill, kill_half_way)]
        for at, fault in moments[random.randrange(every) :: every]:
            row.cases += 1
            was_born = killed_at(tmp_path / "runs", told, at, fault, expected)
            assert was_born == (at > birth), "a run that had begun is gone"
            born += was_born
        row.figure = f"{len(calls)} calls, before each and in the middle of each write; {born} had become runs, all equal"


def killed_at(runs_dir: Path, told: Experiment, at: int, fault: Fault, expected: Contents) -> bool:
    def killed() -> None:
        with watched(Counter(at, fault)):
            start(told, runs_dir)

    with child(killed) as pid:
        assert wait(pid) == 128 + signal.SIGKILL
    record = goes_on(runs_dir, expected)
    shutil.rmtree(runs_dir, ignore_errors=True)
    return record is not None


@pytest.mark.proof
def test_every_changing_call_may_fail(tmp_path: Path, told: Experiment, record_property: RecordProperty) -> None:
    bar = "an error in words, exit code 1; old or new; resumed byte-identical"
    with proof(record_property, "a disk that fails at any call costs no checkpoint", bar=bar) as row:
        calls = calls_of(told, tmp_path / "counted")
        expected = contents(the_run_in(tmp_path / "counted") or pytest.fail("no run"))
        moments = [(at, error, lasting) for at in range(len(calls)) for error in ERRORS for lasting in (False, True)]
        every = max(1, len(moments) // cases(len(moments), 90))
        survived = failed = 0
        for at, error, lasting in moments[random.randrange(every) :: every]:
            row.cases += 1
            if refused_at(tmp_path / "runs", told, at, error, lasting=lasting):
                failed += 1
            else:
                survived += 1
            goes_on(tmp_path / "runs", expected)
            shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        row.figure = f"{len(calls)} calls × 3 errors, once and from then on: {failed} ended in words, {survived} did without"
        assert failed > survived


def refused_at(runs_dir: Path, told: Experiment, at: int, error: int, *, lasting: bool) -> bool:
    """Return whether the run failed; with anything but an error in words the child's code is 70."""

    def refused() -> None:
        with (
            watched(Counter(at, refuse(error), lasting=lasting)),
            pytest.raises(DlrunError, match=os.strerror(error).lower()) as raised,
        ):
            start(told, runs_dir)
            raise SystemExit(0)
        raise SystemExit(raised.value.exit_code)

    with child(refused) as pid:
        code = wait(pid)
    assert code in (0, 1), (at, error, lasting)
    return code == 1


@pytest.mark.proof
def test_a_limit_on_file_sizes(tmp_path: Path, told: Experiment, record_property: RecordProperty) -> None:
    bar = "exit code 0 or 1, the reason in words; resumed without the limit byte-identical"
    with proof(record_property, "a limit on the size of files (ulimit -f) costs no checkpoint", bar=bar) as row:
        expected = reference(told, tmp_path / "undisturbed")
        ended: dict[int, int] = {0: 0, 1: 0}
        for _ in range(cases(100, 6)):
            limit = random.randrange(100, 6_000)
            ended[limited(tmp_path / "runs", told, limit)] += 1
            goes_on(tmp_path / "runs", expected)
            shutil.rmtree(tmp_path / "runs", ignore_errors=True)
            row.cases += 1
        row.figure = f"limits of 100 to 6,000 bytes: {ended[1]} ended in words, {ended[0]} had room enough"


def limited(runs_dir: Path, told: Experiment, limit: int) -> int:
    """Train where no file may have more bytes than this, and return the exit code."""

    def starved() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            start(told, runs_dir)
        except DlrunError as failure:
            raise SystemExit(failure.exit_code if "file too large" in str(failure) else 70) from failure

    with child(starved) as pid:
        return wait(pid)


@pytest.mark.proof
def test_killed_at_a_random_time(tmp_path: Path, told: Experiment, record_property: RecordProperty) -> None:
    with proof(record_property, "killed at a random time, a run resumes byte-identical", bar="all") as row:
        often = set_up_in(tmp_path, "training.checkpoint_every=1 step", "training.epochs=12")
        expected = reference(often, tmp_path / "undisturbed")
        with child(lambda: start(often, tmp_path / "timed")) as pid:
            began = time.perf_counter()
            assert wait(pid) == 0
            lasts = time.perf_counter() - began
        again = 0
        for number in range(cases(200, 12)):
            runs_dir = tmp_path / f"runs{number}"
            with child(lambda runs_dir=runs_dir: start(often, runs_dir)) as pid:  # type: ignore[misc]
                time.sleep(random.uniform(0, lasts))
                os.kill(pid, signal.SIGKILL)
                wait(pid)
            row.cases += 1
            record = goes_on(runs_dir, expected)
            again += record is not None and bool(record.resumptions)
            shutil.rmtree(runs_dir, ignore_errors=True)
        row.figure = f"all equal; {again} had begun and were not complete"
