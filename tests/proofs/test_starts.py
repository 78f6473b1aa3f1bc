"""However many runs start in the same second, each gets a directory of its own, and `latest` leads to one of them.

The clock stands still, and ids are drawn from few enough that most processes draw one that is taken.
"""

import os
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest

from dlrun.experiment.setup import Experiment
from dlrun.rundir import disk, ids
from dlrun.rundir.listing import is_run, list_runs
from tests.proofs.counting import FULL, RecordProperty, cases, proof
from tests.proofs.survivors import child, set_up_in, start, wait

PROCESSES = 64
LETTERS = "abcdef" if FULL else "abc"  # of four: 1,296 ids for 1,280 runs, 81 for 64


class Frozen(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Frozen":
        return cls(2026, 1, 31, 12, tzinfo=tz)


def draw_and_count(told: Experiment, runs_dir: Path) -> None:
    """Make a whole run, and exit with how many ids were drawn that somebody had."""
    make, taken = disk.make_directory, 0

    def counted(path: Path) -> None:
        nonlocal taken
        try:
            make(path)
        except FileExistsError:
            taken += 1
            raise

    disk.make_directory = counted
    start(told, runs_dir)
    raise SystemExit(min(taken, 69))  # 70: something went wrong


def start_at_once(told: Experiment, runs_dir: Path) -> int:
    """Let processes make a run each, as nearly at the same moment as can be; return how many drew an id that was taken."""
    gate, let_go = os.pipe()

    def work() -> None:
        os.close(let_go)
        os.read(gate, 1)  # returns when the parent lets go, for all of them
        draw_and_count(told, runs_dir)

    with ExitStack() as stack:
        children = [stack.enter_context(child(work)) for _ in range(PROCESSES)]
        os.close(gate)
        os.close(let_go)
        codes = [looking(pid, runs_dir) for pid in children]
    assert max(codes) < 70
    return sum(code > 0 for code in codes)


def looking(pid: int, runs_dir: Path) -> int:
    """Return the exit code of a child; until it ends, see that `latest`, once it is there, leads to a run whenever one looks."""
    link = runs_dir / "latest"
    there = link.is_symlink()
    while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if there:
            assert is_run(runs_dir / link.readlink())
        there = there or link.is_symlink()
    return wait(pid)


@pytest.mark.proof
def test_every_start_has_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty) -> None:
    told, runs_dir = set_up_in(tmp_path, "training.epochs=1"), tmp_path / "runs"
    monkeypatch.chdir(tmp_path)  # in no git repository, which each of them would ask for what has changed
    monkeypatch.setattr(ids, "datetime", Frozen)
    monkeypatch.setattr(ids, "BASE32", LETTERS)
    monkeypatch.setattr(ids, "ATTEMPTS", 100_000)
    bar = "a directory each, every one a whole run, latest one of them whenever one looks, nothing else left"
    with proof(record_property, f"{PROCESSES} runs that start at once, in one second, get a directory each", bar=bar) as row:
        met = 0
        for _ in range(cases(20, 1)):
            met += start_at_once(told, runs_dir)
            row.cases += PROCESSES
            made = list_runs(runs_dir)
            assert len({run.paths.id for run in made}) == row.cases
            assert {run.status for run in made} == {"completed"}
            assert {run.paths.id[: ids.SECOND] for run in made} == {f"{datetime(2026, 1, 31, 12, tzinfo=UTC):%Y%m%d-%H%M%S}"}
            assert {path.name for path in runs_dir.iterdir()} == {"latest", *(run.paths.id for run in made)}
        row.figure = f"{len(made):,} distinct, all whole; {met:,} drew an id first that another had"
        assert met > 0
