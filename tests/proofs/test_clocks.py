"""Nobody waits for a run without a word, and no clock that is wrong costs one.

A process that stands still keeps its run, and whoever else wants it is told at once; one that is killed lets go. The wall clock
jumps by years at every look: bytes, ids, intervals between saves and the time spent stay right, since none is taken from it.
"""

import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from time import monotonic
from types import ModuleType

import pytest

from dlrun import checkpoint
from dlrun.errors import RunBusy
from dlrun.experiment import opening, resumption, run
from dlrun.experiment.cadence import AUTO_SECONDS, Cadence
from dlrun.experiment.resumption import resume_run
from dlrun.experiment.setup import Experiment
from dlrun.rundir import ids, listing
from dlrun.rundir.ids import ID
from dlrun.rundir.listing import SILENCE, list_runs, read_run, runs_in
from dlrun.rundir.locking import GLANCE, lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.commands import Done, Shell
from tests.proofs.counting import FULL, RecordProperty, cases, proof
from tests.proofs.faulty_disk import Counter, watched
from tests.proofs.survivors import child, go_on, killed_at, reference, set_up_in, start, trust_the_power, unlike, wait

MOST_SECONDS = 5.0
ANSWERS = {("resume",): 7, ("resume", "-s", "learning_rate.initial=0.1"): 7, ("rm", "-y"): 7, ("ls",): 0}


@pytest.mark.proof
def test_a_run_that_stands_still_is_held_and_says_by_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], record_property: RecordProperty
) -> None:
    told, dlrun = set_up_in(tmp_path), Shell(monkeypatch, capsys)
    expected = reference(told, tmp_path / "reference")
    places = changes_while_it_is_a_run(tmp_path)
    rng = random.Random(18)
    bar = f"exit 7 with the holder within {MOST_SECONDS:g} s, a listing shows it running; once killed, free at once and whole"
    with proof(record_property, "a run whose process stands still stays locked, and says by whom", bar=bar) as row:
        slowest, freed = 0.0, 0.0
        for number in range(cases(40, 3)):
            row.cases += 1
            with standing_still(told, tmp_path / str(number), rng.choice(places)) as (paths, pid):
                for words, code in ANSWERS.items():
                    began = monotonic()
                    done = asked(dlrun, words, paths)
                    slowest = max(slowest, monotonic() - began)
                    assert done.code == code, (words, done)
                    told_by = (
                        "is being written to" if words[0] == "rm" else f"pid {pid} on {socket.gethostname()} is writing to this"
                    )
                    assert (told_by if code else "running") in " ".join((done.out + done.err).split()), (words, done)
            began = monotonic()
            with lock_run(paths):
                freed = max(freed, monotonic() - began)
            go_on(paths)
            assert not (wrong := unlike(paths, expected)), wrong
        row.figure = f"all; the slowest answer took {slowest:.2f} s, a killed one's lock {1000 * freed:.0f} ms"
        assert slowest < MOST_SECONDS
        assert freed < GLANCE


def asked(dlrun: Shell, words: tuple[str, ...], paths: RunPaths) -> Done:
    """Give a command about a run."""
    command, *options = words
    about = ["--runs-dir", paths.root.parent] if command == "ls" else [paths.id, "--runs-dir", paths.root.parent]
    return dlrun(command, *about, *options)


def changes_while_it_is_a_run(directory: Path) -> list[int]:
    """Return which of an undisturbed run's changing calls come after it is one, and before it is complete."""
    counter = Counter()
    with watched(counter):
        start(set_up_in(directory), directory / "counted")
    completed = max(k for k, name in enumerate(counter.calls) if name == "rename run.json")
    return list(range(counter.calls.index("link"), completed + 1))


@contextmanager
def standing_still(told: Experiment, runs_dir: Path, place: int) -> Iterator[tuple[RunPaths, int]]:
    """Yield a run whose process stands still before some changing call; kill it when the block ends."""

    def work() -> None:
        with watched(Counter(place, lambda name, arguments: os.kill(os.getpid(), signal.SIGSTOP))):
            start(told, runs_dir)

    with child(work) as pid:
        assert os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
        try:
            yield runs_in(runs_dir)[0], pid
        finally:
            os.kill(pid, signal.SIGKILL)
            assert wait(pid) == 128 + signal.SIGKILL


class Jumping(datetime):
    """A wall clock that is somewhere else at every look, between 1970 and 2160."""

    rng = random.Random(5)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Jumping":
        jump = cls.rng.choice((timedelta(hours=-1), timedelta(seconds=-1), timedelta(days=cls.rng.randint(-20_000, 50_000))))
        return cls.fromtimestamp((datetime.now(UTC) + jump).timestamp(), tz)


WHERE_TIME_IS_TOLD: tuple[ModuleType, ...] = (ids, listing, opening, resumption, run)


@pytest.mark.proof
def test_a_wall_clock_that_jumps_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty
) -> None:
    trust_the_power(monkeypatch)
    told, runs_dir, rng = set_up_in(tmp_path), tmp_path / "runs", random.Random(18)
    by_the_clock = set_up_in(tmp_path, "training.checkpoint_every=auto")
    expected = reference(told, tmp_path / "reference")
    for module in WHERE_TIME_IS_TOLD:
        monkeypatch.setattr(module, "datetime", Jumping)
    bar = "the bytes of a run with a good clock; every id valid, every run listed, in the order of the ids; no time below 0"
    with proof(record_property, "a wall clock that jumps by years, at every look, changes nothing", bar=bar) as row:
        for _ in range(cases(200, 10)):
            row.cases += 1
            before = {paths.id for paths in runs_in(runs_dir)}
            killed_at(rng.randint(1, 14), rng.choice((told, by_the_clock)), runs_dir)
            (new,) = (paths for paths in runs_in(runs_dir) if paths.id not in before)
            assert (runs_dir / "latest").readlink() == Path(new.id)  # the one that began last, whatever its id says
            assert read_run(new).status == "lost"
            record = go_on(new)
            assert record.status == "completed"
            assert 0 < (record.seconds or 0) < 60
            differ = {name for name in unlike(new, expected) if name != "resolved.yaml"}  # checkpoint_every
            assert not differ, differ
        made = [listed.paths.id for listed in list_runs(runs_dir)]
        assert len(made) == row.cases
        assert all(ID.fullmatch(name) for name in made)
        assert [name[: ids.SECOND] for name in made] == sorted((name[: ids.SECOND] for name in made), reverse=True)
        years = sorted({name[:4] for name in made})
        saves = [saves_while_the_clock_jumps(by_the_clock, seconds) for seconds in (0.0, AUTO_SECONDS / 3, AUTO_SECONDS)]
        assert saves == [0, 4, 14]  # in 14 steps: of the clock that only goes forward
        row.figure = f"all equal; ids from {years[0]} to {years[-1]}; saved as often as the monotonic clock says"


def saves_while_the_clock_jumps(told: Experiment, seconds: float) -> int:
    """Return how often a run of 14 steps, each as long as said, is saved."""
    now = 0.0
    cadence, saves = Cadence(told.spec.training.checkpoint_every, told.steps_per_epoch, now), 0
    for step in range(1, 15):
        now += seconds
        if cadence.due(step, now):
            saves += 1
            cadence.saved(now, now)
    return saves


@pytest.mark.proof
def test_a_sign_of_life_is_judged_from_wherever_it_comes(tmp_path: Path, record_property: RecordProperty) -> None:
    told = set_up_in(tmp_path)
    paths = killed_at(7, told, tmp_path / "runs")
    record = RunRecord.load(paths)
    limit = SILENCE.total_seconds()
    bar = f"of another host: alive until {limit:g} s after it, from the future too; of this host the lock alone decides"
    with proof(record_property, "a run of another host is lost after two minutes of silence, and no sooner", bar=bar) as row:
        for seconds in offsets():
            for host in ("elsewhere", socket.gethostname()):
                row.cases += 1
                replace(record, host=host, heartbeat=datetime.now(UTC) - timedelta(seconds=seconds)).save(paths)
                alive = host == "elsewhere" and seconds < limit
                assert read_run(paths).status == ("running" if alive else "lost"), (seconds, host)
                if alive:
                    with pytest.raises(RunBusy, match=f"pid {record.pid} on elsewhere is writing"), resume_run(paths):
                        pass
        row.figure = "all judged so"
        restored = checkpoint.restore(paths, told.start())
        assert restored.entry
        assert restored.entry.file == "00000005.npz"


def offsets() -> list[float]:
    """Return seconds of silence; below 0, the sign of life is from the future."""
    limit = SILENCE.total_seconds()
    near = [limit - 30, limit - 5, limit + 0.5, limit + 30]
    far = [sign * 10.0**power for power in range(10) for sign in (-1, 1)]
    return near + (far if FULL else far[::3])
