"""Many runs at once, each trained by a `dlrun` of its own: what they are told, and how each has ended."""

import re
import sys
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from typing import Literal, Protocol

from dlrun.errors import DlrunError
from dlrun.rundir.files import read_bytes
from dlrun.rundir.listing import ListedRun, read_run
from dlrun.rundir.paths import RunPaths
from dlrun.workers.pool import Ended, Job, Pool, Started

LAST_LINES = 8  # of the log, under a failure
LARGEST_LOG = 2**26  # bytes
LONGEST_PATH = 2**16  # bytes
ARROW = "  → "  # begins a cure, as errors are printed
NOTE = "· "  # begins what a run says of itself before it trains
COUNT = re.compile(r"[\d,]+ errors?, nothing has run\.")

Status = Literal["completed", "failed", "diverged", "interrupted", "killed", "invalid"]
BY_CODE: dict[int, Status] = {
    0: "completed",
    3: "completed",  # its gates decide nothing here: whoever asked for the run does
    4: "completed",
    5: "diverged",
    2: "invalid",
    130: "interrupted",
    143: "interrupted",
    137: "killed",
}


class Signals(Protocol):
    """Which signal has come, if any."""

    number: int | None


@dataclass(frozen=True, kw_only=True)
class Training:
    """One run that is to be: a spec with what is changed in it, and the file in which it writes which run it has become."""

    spec: Path
    overrides: tuple[str, ...]
    runs_dir: Path
    run_file: Path

    @property
    def paths(self) -> RunPaths | None:
        """The run, if it has begun."""
        try:
            root = Path(read_bytes(self.run_file, LONGEST_PATH).decode("utf-8", "surrogateescape").strip())
        except DlrunError:
            return None
        paths = RunPaths(self.runs_dir / root.name if root.parent == self.runs_dir.absolute() else root)
        return paths if paths.record.is_file() else None

    def command(self, *, strict: bool = False) -> tuple[str, ...]:
        """Return the command that trains it, or, if it has begun, goes on with it."""
        if paths := self.paths:
            words = ["resume", str(paths.root)]
        else:
            changes = [word for change in self.overrides for word in ("-s", change)]
            files = ["--runs-dir", str(self.runs_dir), "--run-file", str(self.run_file)]
            words = ["train", *changes, *files, "--", str(self.spec)]
        return (sys.executable, "-m", "dlrun", words[0], "--format", "json", *(["--strict"] if strict else []), *words[1:])


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a process has ended: its run as it is now, and if it failed why, what to do, and the end of its log."""

    status: Status
    code: int
    seconds: float
    run: ListedRun | None = None
    why: str = ""
    cures: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Begun:
    """The run of this number trains now."""

    number: int


@dataclass(frozen=True)
class Over:
    """The run of this number has ended."""

    number: int
    ending: Ending


def train_all(
    trainings: Mapping[int, Training], *, workers: int, signals: Signals, strict: bool = False, fail_fast: bool = False
) -> Generator[Begun | Over | None]:
    """Train all, at most so many at once, and yield what happens as it happens, and None now and then.

    They begin in their order. A signal is handed on to all that are running, which save and end; then no more begin. With
    fail_fast the first failure has them stopped. Closing the iterator lets go of all: they end within two seconds.
    """
    pool = Pool(workers, last=lambda ended: fail_fast and BY_CODE.get(ended.code) != "completed")
    told_to_stop = False
    with closing(pool.run([Job(number, one.command(strict=strict)) for number, one in trainings.items()])) as events:
        for event in events:
            stop = signals.number
            match event:
                case Started():
                    yield Begun(event.job.number)
                case Ended():
                    ending = _ending(trainings[event.job.number], event)
                    if fail_fast and ending.status != "completed":
                        stop = stop or SIGTERM
                    yield Over(event.job.number, ending)
                case None:
                    yield None
            if stop is not None and not told_to_stop:
                pool.stop(stop)
                told_to_stop = True


def _ending(training: Training, ended: Ended) -> Ending:
    status = BY_CODE.get(ended.code, "failed")
    paths = training.paths
    run = read_run(paths) if paths else None
    lines = [line for line in ended.stderr.splitlines() if line.strip() and not COUNT.fullmatch(line)]
    notes = tuple(line.removeprefix(NOTE) for line in lines if line.startswith(NOTE))
    if status == "completed":
        return Ending(status=status, code=ended.code, seconds=ended.seconds, run=run, notes=notes)
    why, cures = ("its process was killed", ()) if status == "killed" else _last_words(lines, ended.code)
    log = last_lines(paths.log) if paths else tuple(ended.stderr.splitlines()[-LAST_LINES:])
    return Ending(
        status=status, code=ended.code, seconds=ended.seconds, run=run, why=why, cures=cures, log=log, notes=notes
    )  # fmt: skip


def _last_words(lines: list[str], code: int) -> tuple[str, tuple[str, ...]]:
    """Return what a process said last of what went wrong, and the cures that it named."""
    cures: list[str] = []
    for line in reversed(lines):
        if line.startswith(ARROW):
            cures.insert(0, line.removeprefix(ARROW))
        elif not line.startswith("  "):  # else the lines of a spec around an error
            return line, tuple(cures)
    return f"exit code {code}", tuple(cures)


def last_lines(path: Path) -> tuple[str, ...]:
    """Return the end of a log; nothing if there is none."""
    try:
        text = read_bytes(path, LARGEST_LOG).decode("utf-8", "replace")
    except DlrunError:
        return ()
    return tuple(text.splitlines()[-LAST_LINES:])
