"""Commands as processes of their own, some at a time: each ends for itself, and none takes the others with it."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import BinaryIO

from dlrun.workers.leash import Leash

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
LARGEST_OUTPUT = 2**20  # bytes of each stream that are kept: its end
WAIT = 0.2  # seconds between two looks at whether somebody wants us to stop


@dataclass(frozen=True)
class Job:
    """A command, and its number among the others."""

    number: int
    command: tuple[str, ...]


@dataclass(frozen=True)
class Started:
    """A job has begun."""

    job: Job


@dataclass(frozen=True)
class Ended:
    """A job has ended; the exit code is as a shell says it, 137 for one that was killed."""

    job: Job
    code: int
    stdout: str
    stderr: str
    seconds: float


class Pool:
    """At most `workers` processes at once, each with one BLAS thread; jobs begin in their order."""

    def __init__(self, workers: int, *, last: Callable[[Ended], bool] = lambda ended: False) -> None:
        """Say how many there may be, and after which end no more begin."""
        self.workers, self._is_last = workers, last
        self._leash = Leash()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._stopped = False
        self._lock = Lock()

    def run(self, jobs: Sequence[Job]) -> Generator[Started | Ended | None]:
        """Yield what happens, as it happens, and None now and then, so that whoever iterates can look at other things.

        Closing the iterator lets go of all that are running, and they end.
        """
        waiting, happened = list(reversed(jobs)), SimpleQueue[Started | Ended]()
        threads = [Thread(target=self._work, args=(waiting, happened), daemon=True) for _ in range(min(self.workers, len(jobs)))]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads) or not happened.empty():
                try:
                    yield happened.get(timeout=WAIT)
                except Empty:
                    yield None
        finally:
            with self._lock:  # nobody is starting a process that would hold what is closed here
                self._stopped = True
                self._leash.close()

    def stop(self, number: int) -> None:
        """Begin no more jobs, and send a signal to those that are running."""
        with self._lock:
            self._stopped = True
            for process in self._running.values():
                with suppress(ProcessLookupError):
                    process.send_signal(number)

    def _work(self, waiting: list[Job], happened: "SimpleQueue[Started | Ended]") -> None:
        while ended := self._next(waiting, happened):
            self._stopped |= self._is_last(ended)
            happened.put(ended)

    def _next(self, waiting: list[Job], happened: "SimpleQueue[Started | Ended]") -> Ended | None:
        """Run the next job to its end; None if there is none any more."""
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            with self._lock:  # they begin in their order, and none that `stop` does not know of
                if self._stopped or not waiting:
                    return None
                job, began = waiting.pop(), monotonic()
                try:
                    process = self._started(job, stdout, stderr)
                except OSError as error:
                    return Ended(job, 1, "", f"cannot start a process: {error.strerror or error}\n", 0.0)
                happened.put(Started(job))
            code = process.wait()
            with self._lock:
                del self._running[job.number]
            return Ended(job, code if code >= 0 else 128 - code, _end_of(stdout), _end_of(stderr), monotonic() - began)

    def _started(self, job: Job, stdout: BinaryIO, stderr: BinaryIO) -> "subprocess.Popen[bytes]":
        process = self._running[job.number] = subprocess.Popen(
            job.command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **ONE_THREAD, **self._leash.environment()},
            pass_fds=(self._leash.reading,),
            start_new_session=True,  # Ctrl-C is the head's to hand on
        )
        return process


def _end_of(file: BinaryIO) -> str:
    """Return the last of what was printed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - LARGEST_OUTPUT))
    return file.read().decode("utf-8", "replace")
