"""The runs of a directory, and what `dlrun ls` knows of each: run.json and nothing else."""

import gc
import os
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from dlrun.errors import DlrunError
from dlrun.rundir.files import explained
from dlrun.rundir.ids import ID, RANDOM, SECOND
from dlrun.rundir.locking import is_held
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord, Status
from dlrun.rundir.values import RUN_VALUES, dig

SILENCE = timedelta(minutes=2)  # a run that is alive gives a sign of life every ten seconds

ListedStatus = Literal[Status, "damaged"]


@dataclass(frozen=True)
class ListedRun:
    """One run: its record, or, if that cannot be read, the reason.

    status is what the record says, but for two states in which nobody is left to write it: damaged, and lost, of a run that
    calls itself running while no process of this host holds it, or another host has given no sign of life for two minutes.
    """

    paths: RunPaths
    record: RunRecord | None
    status: ListedStatus
    problem: str = ""

    def value(self, key: str) -> Any:
        """Return the run's own value of that name, else the one at that address of its spec; None if there is none."""
        if key == "status":
            return self.status
        if key == "run":
            return self.paths.id
        if self.record is None:
            return None
        read = RUN_VALUES.get(key)
        return read(self.record) if read else dig(self.record.spec, *key.split("."))


def list_runs(runs_dir: Path) -> list[ListedRun]:
    """Return the runs in a directory, newest first; one whose record is damaged or foreign is among them, with the reason."""
    with garbage_ignored():
        return [read_run(paths) for paths in reversed(runs_in(runs_dir))]


def read_run(paths: RunPaths) -> ListedRun:
    """Return what one run's record says; never an error."""
    try:
        record = RunRecord.load(paths)
    except DlrunError as error:
        more = len(error.problems) - 1
        return ListedRun(paths, None, "damaged", error.problems[0].what + (f", and {more} more" if more else ""))
    return ListedRun(paths, record, "lost" if record.status == "running" and not _is_alive(paths, record) else record.status)


def _is_alive(paths: RunPaths, record: RunRecord) -> bool:
    """Say whether a process works on a run: here it holds the lock, elsewhere only its heartbeat can be seen."""
    if record.host == socket.gethostname():
        return is_held(paths)
    return datetime.now(UTC) - record.heartbeat < SILENCE


@contextmanager
def garbage_ignored() -> Iterator[None]:
    """Keep the garbage collector still: it would look through millions of new objects, again and again, and find none.

    Of 10,000 runs that takes a third of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def short_ids(runs: Sequence[ListedRun]) -> dict[str, str]:
    """Return for each id a tail that no other of these runs has: its four random characters, or else all of it.

    Of all the runs in a directory, so that what is shown can be typed where a RUN is asked for.
    """
    return short_names([run.paths.id for run in runs])


def short_names(ids: Sequence[str]) -> dict[str, str]:
    """Return for each id what `short_ids` calls it, given the ids alone."""
    tails = Counter(name[-RANDOM:] for name in ids)
    return {name: name[-RANDOM:] if tails[name[-RANDOM:]] == 1 else name for name in ids}


def runs_in(runs_dir: Path) -> list[RunPaths]:
    """Return the runs in a directory, oldest first; links, foreign names, and directories without run.json are none."""
    with explained("list the runs in", runs_dir):
        try:
            entries = list(os.scandir(runs_dir))
        except FileNotFoundError:
            return []
    directories = [Path(entry.path) for entry in entries if ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]
    return sorted((RunPaths(path) for path in directories if is_run(path)), key=_age)


def _age(run: RunPaths) -> tuple[str, int, str]:
    """Sort by the second in the id; within one, by the spec's time of writing: it is written once, at the start."""
    try:
        written = run.spec.stat().st_mtime_ns
    except OSError:
        written = 0
    return run.id[:SECOND], written, run.id


def is_run(directory: Path) -> bool:
    """Return whether a directory holds a run.json."""
    try:
        return RunPaths(directory).record.is_file()
    except (OSError, ValueError):  # a name that is too long, forbidden, or holds a NUL
        return False
