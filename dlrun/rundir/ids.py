"""Run ids, and the directories that carry them: a new one for every run, however many start in the same second."""

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from dlrun.errors import DlrunError, Problem
from dlrun.rundir import disk
from dlrun.rundir.files import explained
from dlrun.rundir.paths import RunPaths

ID = re.compile(r"\d{8}-\d{6}-[A-Za-z0-9][A-Za-z0-9._-]{0,63}-[a-z2-7]{4}", re.ASCII)  # the allow-list: use fullmatch
SECOND = len("YYYYMMDD-HHMMSS")  # ids begin with the second they were made in
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
RANDOM = 4  # random characters at the end of an id
ATTEMPTS = 100


def new_id(name: str, now: datetime) -> str:
    """Return YYYYMMDD-HHMMSS-<name>-<4 random characters>.

    The time is in UTC: ids sort by age on every host and through every change of the clock. Characters of the name that a file
    name should not hold become `-`. The random part comes from the operating system, not from the seed: two runs of one spec are
    two runs.
    """
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64].rstrip("-._") or "run"
    random = "".join(secrets.choice(BASE32) for _ in range(RANDOM))
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{readable}-{random}"


def utc_now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


def create_run(runs_dir: Path, name: str, clock: Callable[[], datetime] = utc_now) -> RunPaths:
    """Make an empty run directory that no other process has.

    `mkdir` is what decides: it fails if the directory exists, and then another id is drawn.
    Errors: DlrunError if the directory cannot be written.
    """
    with explained("create a run in", runs_dir):
        disk.make_directories(runs_dir)
        for _ in range(ATTEMPTS):
            paths = RunPaths(runs_dir / new_id(name, clock()))
            try:
                disk.make_directory(paths.root)
            except FileExistsError:
                continue
            disk.make_directory(paths.checkpoints)
            disk.make_directory(paths.predictions)
            disk.flush_directory(paths.root)
            disk.flush_directory(runs_dir)
            return paths
    raise DlrunError(Problem(what=f"no free run id in {ATTEMPTS} attempts", where=str(runs_dir)))


def point_latest_at(paths: RunPaths) -> None:
    """Replace the link in one step; it is relative, so that the directory of runs can be moved."""
    temporary = paths.root.with_name(f".latest-{paths.id}")
    # some file systems have no links, and somebody may own a folder of that name: a convenience must not cost the run
    with suppress(OSError):
        disk.link(paths.id, temporary)
        try:
            disk.rename(temporary, paths.root.with_name("latest"))
        except OSError:
            disk.remove(temporary)
