import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

import dlrun
from dlrun.errors import DlrunError, RunBusy
from dlrun.rundir.locking import is_held, lock_run
from dlrun.rundir.paths import RunPaths

HOLD = """
import sys
from pathlib import Path
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths

with lock_run(RunPaths(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(run: Path) -> Iterator[subprocess.Popen[str]]:
    home = Path(dlrun.__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run)], cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_held_run_is_busy_and_says_who_holds_it(tmp_path: Path) -> None:
    with holder(tmp_path) as process, pytest.raises(RunBusy) as raised, lock_run(RunPaths(tmp_path)):
        pass
    assert f"pid {process.pid} on {os.uname().nodename}" in str(raised.value)
    assert raised.value.exit_code == 7


def test_the_kernel_lets_go_when_the_holder_dies(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        with lock_run(RunPaths(tmp_path)):
            assert (tmp_path / "lock").read_text().startswith(f"pid {os.getpid()} on ")


def test_an_old_holder_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("pid 123456789 on a-host-with-a-long-name\n" * 2)
    with lock_run(RunPaths(tmp_path)):
        assert (tmp_path / "lock").read_text() == f"pid {os.getpid()} on {os.uname().nodename}\n"


def test_the_lock_is_free_again_after_the_block_and_after_an_error(tmp_path: Path) -> None:
    with lock_run(RunPaths(tmp_path)):
        pass
    with pytest.raises(ZeroDivisionError), lock_run(RunPaths(tmp_path)):
        raise ZeroDivisionError
    with lock_run(RunPaths(tmp_path)), pytest.raises(RunBusy), lock_run(RunPaths(tmp_path)):
        pass


def test_an_error_inside_the_block_is_not_taken_for_one_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), lock_run(RunPaths(tmp_path)):
        raise FileNotFoundError


def test_what_a_stranger_wrote_into_the_lock_is_not_printed_as_it_is(tmp_path: Path) -> None:
    with lock_run(RunPaths(tmp_path)):
        (tmp_path / "lock").write_bytes(b"\x1b[31m\xff\0" + b"x" * 10_000)
        with pytest.raises(RunBusy) as raised, lock_run(RunPaths(tmp_path)):
            pass
    assert raised.value.problems[0].what.isprintable()
    assert len(raised.value.problems[0].what) < 300


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "missing"])
def test_a_lock_that_is_no_file_is_an_error_in_words(tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    run = tmp_path / "run"
    if kind != "missing":
        run.mkdir()
    if kind == "link":
        (run / "lock").symlink_to(outside)
    if kind == "fifo":
        os.mkfifo(run / "lock")
    if kind == "folder":
        (run / "lock").mkdir()
    with pytest.raises(DlrunError, match="cannot open"), lock_run(RunPaths(run)):
        pass
    assert outside.read_text() == "untouched"


def test_asking_whether_a_run_is_held(tmp_path: Path) -> None:
    run = RunPaths(tmp_path)
    assert not is_held(run)  # and asking makes no lock
    assert not run.lock.exists()
    with holder(tmp_path):
        assert is_held(run)
        assert is_held(run)
    assert not is_held(run)


def test_whoever_asks_leaves_the_lock_as_it_is(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert is_held(RunPaths(tmp_path))
        assert f"pid {process.pid} " in (tmp_path / "lock").read_text()
        with pytest.raises(RunBusy), lock_run(RunPaths(tmp_path)):
            pass


@contextmanager
def somebody_asking(run: RunPaths) -> Iterator[int]:
    """Hold the lock as `is_held` does, only longer."""
    run.lock.touch()
    fd = os.open(run.lock, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_SH)
    try:
        yield fd
    finally:
        os.close(fd)


def test_those_who_ask_do_not_see_each_other(tmp_path: Path) -> None:
    with somebody_asking(RunPaths(tmp_path)):
        assert not is_held(RunPaths(tmp_path))


def test_a_run_is_not_busy_because_somebody_asks(tmp_path: Path) -> None:
    run = RunPaths(tmp_path)
    with somebody_asking(run) as fd:
        asked = Timer(0.01, fcntl.flock, (fd, fcntl.LOCK_UN))
        asked.start()
        with lock_run(run):
            asked.join()


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_a_lock_that_cannot_be_asked_may_be_held(tmp_path: Path, kind: str) -> None:
    lock = RunPaths(tmp_path).lock
    if kind == "link":
        lock.symlink_to(tmp_path)
    elif kind == "fifo":
        os.mkfifo(lock)
    else:
        lock.mkdir()
    assert is_held(RunPaths(tmp_path))
