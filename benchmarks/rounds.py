"""Side by side: every contender is a process of its own, and they take turns, round after round; only one works at a time.

What a machine does to one round it does to its neighbours too, so ratios are those of rounds with the same number, and of them
the median; the order rotates.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.work import Work

ROOT = Path(__file__).parents[1]
PAUSE = 0.25  # seconds between two rounds: OpenBLAS's threads spin for 100 ms after their last product


@dataclass(frozen=True)
class Entry:
    """Who takes part: the name in the table, the module of benchmarks/contenders, its options."""

    name: str
    module: str
    options: dict[str, Any]


@dataclass
class Timed:
    """What came of an entry: seconds and mean loss of each round; or why it did not run."""

    name: str
    threads: int = 0
    seconds: list[float] = field(default_factory=list)
    losses: list[float | None] = field(default_factory=list)
    missing: str = ""

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return median(self.seconds)

    @property
    def loss(self) -> float | None:
        """The mean loss over the examples of all rounds."""
        told = [loss for loss in self.losses if loss is not None]
        return mean(told) if told else None


class Worker:
    """A contender's process."""

    def __init__(self, entry: Entry, work: Work) -> None:
        """Start it, and wait until it is warm; what it says on stderr is kept."""
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # `end` closes it
        words = [entry.module, json.dumps(asdict(work)), json.dumps(entry.options)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", *words],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip
        self.timed = Timed(entry.name)
        ready = self._answer()
        self.timed.threads = ready.get("threads", 0)

    def round(self) -> None:
        """Have it do a round, and note what it says."""
        if self.timed.missing:
            return
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        if told := self._answer():
            self.timed.seconds.append(told["seconds"])
            self.timed.losses.append(told["loss"])

    def end(self) -> Timed:
        """End the process, and return what came of it."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.errors.close()
        return self.timed

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        if line := self.process.stdout.readline():
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()
        self.timed.missing = said[-1] if said else "it said nothing"
        self.timed.seconds.clear()
        self.timed.losses.clear()
        print(f"{self.timed.name} did not run: {self.timed.missing}", file=sys.stderr)
        return {}


def side_by_side(entries: Sequence[Entry], work: Work, rounds: int) -> list[Timed]:
    """Give every entry its rounds in turn."""
    workers: list[Worker] = []
    try:
        workers.extend(Worker(entry, work) for entry in entries)
        for number in range(rounds):
            first = number % len(workers)
            for worker in workers[first:] + workers[:first]:
                time.sleep(PAUSE)
                worker.round()
    finally:
        ended = [worker.end() for worker in workers]
    return ended


def ratios(a: Timed, b: Timed) -> list[float]:
    """Return a over b, round by round."""
    return [x / y for x, y in zip(a.seconds, b.seconds, strict=True)]


def fastest(found: Sequence[Timed]) -> Timed | None:
    """Return the one with the least median."""
    return min((timed for timed in found if timed.seconds), key=lambda timed: timed.median, default=None)
