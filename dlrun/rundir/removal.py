"""Removing runs, so that a crash at any moment leaves a run that is whole, or none."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from dlrun.errors import InvalidInput, Problem
from dlrun.rundir import disk
from dlrun.rundir.files import explained
from dlrun.rundir.ids import ID, point_latest_at
from dlrun.rundir.listing import ListedRun, read_run, runs_in
from dlrun.rundir.locking import is_held, lock_run
from dlrun.rundir.paths import RunPaths

LEFT = ".removed-"  # a run on its way out; it is no id, so nothing finds it


def removable(paths: RunPaths) -> ListedRun:
    """Return the run at a path by its own name, which a link or `.` is not.

    Errors: InvalidInput if it is a link, or a directory that holds a run.json but is no run: neither called like one nor with a
    record that can be read.
    """
    root = Path(os.path.abspath(paths.root))  # noqa: PTH100  # links stay links
    if root.is_symlink():
        what = "this is a link, and only the run itself can be removed"
        raise InvalidInput(Problem(what=what, where=str(paths.root), cure=f"dlrun rm {root.resolve()}"))
    run = read_run(RunPaths(root))
    if run.record is None and not ID.fullmatch(root.name):
        raise InvalidInput(Problem(what=f"this directory is no run: {run.problem}", where=str(paths.root)))
    return run


def remove_run(paths: RunPaths) -> None:
    """Remove a run: first its name, in one step, then its files; `latest` goes to the newest of the others.

    Links within the run are removed, never followed. What a crash leaves has no name that a run could have, and the next removal
    in the same directory sweeps it away.
    Errors: RunBusy if a process is writing to it; DlrunError if it cannot be removed.
    """
    home = paths.root.parent
    with lock_run(paths):
        nameless = home / f"{LEFT}{paths.id}-{secrets.token_hex(4)}"
        with explained("remove", paths.root):
            disk.rename(paths.root, nameless)
            disk.flush_directory(home)
        _forget_latest(home, paths.id)
        with explained("remove", nameless):
            disk.remove_tree(nameless)
    _sweep(home)


def _forget_latest(home: Path, name: str) -> None:
    """Point `latest` at the newest run if it led to the one that is gone; without any run there is no such link."""
    latest = home / "latest"
    with suppress(OSError):  # no link of that name, or one that may not be changed: a convenience
        if str(latest.readlink()) != name:
            return
        runs = runs_in(home)
        if runs:
            point_latest_at(runs[-1])
        else:
            disk.remove(latest)


def _sweep(home: Path) -> None:
    """Remove what removals that crashed have left."""
    for left in home.glob(f"{LEFT}*"):
        if not is_held(RunPaths(left)):
            with suppress(OSError):  # somebody else is at it, or it is a link or a file, which rmtree refuses
                disk.remove_tree(left)


def size_of(paths: RunPaths) -> int:
    """Return the bytes of a run's files; links count as links."""
    total = 0
    for directory, _, files in os.walk(paths.root):
        for name in files:
            with suppress(OSError):  # it went away meanwhile
                total += os.lstat(f"{directory}/{name}").st_size
    return total
