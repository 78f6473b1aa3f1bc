"""A pool of processes: in order, so many at once, each with one thread, and none outlives its head."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from dlrun.workers.pool import Ended, Job, Pool, Started
from tests.heads import is_there

SLEEPS = "import time; time.sleep(60)"


def python(number: int, code: str) -> Job:
    return Job(number, (sys.executable, "-c", code))


def ended(workers: int, *codes: str) -> list[Ended]:
    events = Pool(workers).run([python(number, code) for number, code in enumerate(codes)])
    return sorted((event for event in events if isinstance(event, Ended)), key=lambda event: event.job.number)


def test_each_ends_for_itself() -> None:
    found = ended(2, "print('one')", "import sys; sys.exit('no')", "import os; os.kill(os.getpid(), 9)", "print('four')")
    assert [event.code for event in found] == [0, 1, 137, 0]
    assert (found[0].stdout, found[1].stderr, found[3].stdout) == ("one\n", "no\n", "four\n")


def test_they_begin_in_order_and_no_more_at_once_than_are_allowed(tmp_path: Path) -> None:
    running = most = 0
    begun = []
    for event in Pool(2).run([python(number, "import time; time.sleep(0.05)") for number in range(6)]):
        if isinstance(event, Started):
            begun.append(event.job.number)
            running += 1
        elif isinstance(event, Ended):
            running -= 1
        most = max(most, running)
    assert begun == sorted(begun)
    assert most == 2


def test_a_worker_has_one_thread_and_no_terminal() -> None:
    (found,) = ended(
        1, "import os, sys; print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'], sys.stdin.read() == '')"
    )
    assert found.stdout == "1 1 True\n"


def test_of_much_output_the_end_is_kept() -> None:
    (found,) = ended(1, "print('x' * 5_000_000); print('the end')")
    assert len(found.stdout) == 2**20
    assert found.stdout.endswith("the end\n")


def test_stopping_begins_no_more_and_hands_the_signal_on() -> None:
    pool = Pool(2)
    codes = []
    for event in pool.run([python(number, SLEEPS) for number in range(5)]):
        if isinstance(event, Started) and event.job.number == 1:
            time.sleep(0.1)
            pool.stop(signal.SIGTERM)
        if isinstance(event, Ended):
            codes.append(event.code)
    assert codes == [143, 143]


def test_no_worker_outlives_its_head(tmp_path: Path) -> None:
    """The head is killed; each worker follows the leash, though it heeds no signal but the last."""
    worker = (
        "import os, signal, sys, time; from dlrun.workers.leash import follow_the_head; "
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); follow_the_head(os.environ); "
        f"open(f'{tmp_path}/{{os.getpid()}}', 'w'); time.sleep(60)"
    )
    head = (
        "import sys; from dlrun.workers.pool import Job, Pool; "
        f"list(Pool(3).run([Job(n, (sys.executable, '-c', {worker!r})) for n in range(3)]))"
    )
    process = subprocess.Popen([sys.executable, "-c", head], cwd=Path(__file__).parents[2])
    while len(pids := [int(path.name) for path in tmp_path.iterdir()]) < 3:
        time.sleep(0.02)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 2
    while (left := [pid for pid in pids if is_there(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left


def test_what_cannot_be_started_has_ended() -> None:
    (found,) = [event for event in Pool(1).run([Job(0, ("/nowhere/at/all",))]) if isinstance(event, Ended)]
    assert found.code == 1
    assert "cannot start a process: No such file" in found.stderr
