"""One writer for each run directory."""

import errno
import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from dlrun.errors import Problem, RunBusy
from dlrun.rundir.files import explained, open_regular, write_all
from dlrun.rundir.paths import RunPaths

HELD = {errno.EAGAIN, errno.EACCES}  # what flock says when another process holds the lock


@contextmanager
def lock_run(paths: RunPaths) -> Iterator[None]:
    """Hold the run until the block is left; however the process ends, the kernel lets go.

    The lock is on the open file, not on its existence: the file stays, and a stale one locks nobody out.
    Errors: RunBusy, with who holds it, if another process does; DlrunError if the directory cannot be written.
    """
    with explained("open", paths.lock):
        fd = open_regular(paths.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    try:
        with explained("lock", paths.lock):
            _take(fd, paths)
            os.ftruncate(fd, 0)
            write_all(fd, f"pid {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        os.close(fd)


def _take(fd: int, paths: RunPaths) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in HELD:
            raise
        holder = re.sub(r"[^\w.-]+", " ", os.pread(fd, 200, 0).decode("ascii", "replace")).strip() or "another process"
        cure = "wait until it ends, or end that process; the lock is free then"
        raise RunBusy(Problem(what=f"{holder} is writing to this run", where=str(paths.root), cure=cure)) from error
