"""One writer for each run directory."""

import errno
import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from dlrun.errors import Problem, RunBusy
from dlrun.rundir import disk
from dlrun.rundir.files import explained, open_regular, write_all
from dlrun.rundir.paths import RunPaths

HELD = {errno.EAGAIN, errno.EACCES}  # what flock says when another process holds the lock
GLANCE = 0.05  # seconds; whoever asks `is_held` has the lock for microseconds, which must not make a run busy


@contextmanager
def lock_run(paths: RunPaths) -> Iterator[RunPaths]:
    """Hold the run until the block is left, and yield its own paths; however the process ends, the kernel lets go.

    The lock is on the open file, not on its existence: the file stays, and a stale one locks nobody out. Whoever came by a link
    such as `latest` works on with the paths that are yielded: the link may move meanwhile.
    Errors: RunBusy, with who holds it, if another process does; DlrunError if the directory cannot be written.
    """
    paths = paths.itself()
    with explained("open", paths.lock):
        fd = open_regular(paths.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    try:
        with explained("lock", paths.lock):
            _take(fd, paths)
            disk.truncate(fd, 0)
            write_all(fd, f"pid {os.getpid()} on {socket.gethostname()}\n".encode())
        yield paths
    finally:
        os.close(fd)


@contextmanager
def shared(paths: RunPaths) -> Iterator[RunPaths]:
    """Keep writers away from a run that is only read, and yield its own paths; nothing is changed, and other readers may come.

    Errors: RunBusy if a process is writing to it.
    """
    paths = paths.itself()
    with explained("open", paths.lock):
        try:
            fd = open_regular(paths.lock, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:  # it never had a writer
            fd = -1
    try:
        if fd >= 0:
            with explained("lock", paths.lock):
                _take(fd, paths, fcntl.LOCK_SH)
        yield paths
    finally:
        if fd >= 0:
            os.close(fd)


def is_held(paths: RunPaths) -> bool:
    """Return whether a process holds the run, without getting in its way: a shared lock is asked for, and let go at once.

    A run that never had a lock is not held; one that cannot be asked (permissions, a file system without locks) may be.
    """
    try:
        fd = open_regular(paths.lock, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def _take(fd: int, paths: RunPaths, kind: int = fcntl.LOCK_EX) -> None:
    deadline = monotonic() + GLANCE
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in HELD:
                raise
            if monotonic() >= deadline:
                raise _busy(fd, paths) from error
        sleep(GLANCE / 20)


def _busy(fd: int, paths: RunPaths) -> RunBusy:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        pass
    else:  # so nobody writes
        what = "another process is reading this run, to begin a child of it"
        return RunBusy(Problem(what=what, where=str(paths.root), cure="wait a moment"))
    holder = re.sub(r"[^\w.-]+", " ", os.pread(fd, 200, 0).decode("ascii", "replace")).strip() or "another process"
    cure = "wait until it ends, or end that process; the lock is free then"
    return RunBusy(Problem(what=f"{holder} is writing to this run", where=str(paths.root), cure=cure))
