"""Everything that reads a run, done to one run in a process of its own, and what each did."""

import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlrun
from dlrun.api.run import Run
from dlrun.cli.app import main
from dlrun.errors import DlrunError
from tests.proofs.watching import FORBIDDEN, PATHS, Event, recorded

CODES = {0, 1, 2, 3, 5}
MOST_SECONDS = 30  # of the processor, for all that is done to one run: what takes longer is ended
MOST_BYTES = 8 << 30
OURS = tuple(  # where Python, what is installed, and this code lie; what the kernel tells of the machine
    dict.fromkeys(
        os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, Path(dlrun.__file__).parent, "/sys/fs/cgroup", "/proc")
    )
)

SIBLING = "20260131-120100-small-bbbb"  # an honest run beside the one that is read: the same data, another seed

COMMANDS: dict[str, Sequence[str]] = {
    "ls": ["ls", "--runs-dir", "{runs}"],
    "ls --format json": ["ls", "--runs-dir", "{runs}", "--format", "json"],
    "ls --format csv": ["ls", "--runs-dir", "{runs}", "--format", "csv"],
    "ls --format md": ["ls", "--runs-dir", "{runs}", "--format", "md", "--sort", "dev_error", "--where", "epochs<5"],
    "ls --groups": ["ls", "--runs-dir", "{runs}", "--groups"],
    "ls --groups --format json": ["ls", "--runs-dir", "{runs}", "--groups", "--format", "json"],
    "best": ["best", "--runs-dir", "{runs}"],
    "best by a key of the spec": ["best", "--runs-dir", "{runs}", "--by", "seed", "--max", "--where", "epochs<5"],
    "show": ["show", "{run}"],
    "show --format json": ["show", "{run}", "--format", "json"],
    "show --lineage": ["show", "{run}", "--lineage"],
    "diagnose": ["diagnose", "{run}"],
    "diagnose --format json": ["diagnose", "{run}", "--format", "json"],
    "recipe": ["recipe", "{run}"],
    "recipe --format json": ["recipe", "{run}", "--format", "json"],
    "diagnose --errors": ["diagnose", "{run}", "--errors"],
    "diagnose --errors --format json": ["diagnose", "{run}", "--errors", "--format", "json"],
    "diagnose --seeds": ["diagnose", "{run}", "--seeds"],
    "diagnose --seeds of the other": ["diagnose", "{other}", "--seeds", "--format", "json"],
    "compare": ["compare", "{run}", "{other}"],
    "compare, the other one first": ["compare", "{other}", "{run}", "--runs-dir", "{runs}"],
    "compare --format json": ["compare", "{run}", "{other}", "--format", "json"],
    "compare --format csv": ["compare", "{other}", "--against", "{run}", "--format", "csv"],
    "compare --format md": ["compare", "{other}", "{run}", "--format", "md"],
    "gate": ["gate", "{run}"],
    "gate of predictions": ["gate", "{run}", "dev.macro_f1 >= 0", "dev.auc >= 0", "dev.loss < 1e9", "--format", "json"],
    "gate against the other": ["gate", "{run}", "dev.error vs {other} not worse"],
    "gate of the other against it": ["gate", "{other}", "dev.error vs {run} not worse", "--format", "json"],
    "export": ["export", "{run}", "--to", "npz", "--out", "{out}/net.npz"],
    "predict": ["predict", "{run}", "{rows}", "--out", "{out}/rows.csv"],
    "predict --format json": ["predict", "{run}", "{rows}", "--out", "{out}/rows.json", "--format", "json"],
    "smooth": ["smooth", "{run}"],
    "smooth --format json": ["smooth", "{run}", "--column", "cost", "--format", "json"],
}
API: dict[str, Callable[[Run], object]] = {
    "load": repr,
    ".summary": lambda run: (run.status, run.spec, run.summary),
    ".metrics": lambda run: run.metrics,
    ".steps": lambda run: run.steps,
    ".predictions": lambda run: run.predictions,
    ".diagnosis": lambda run: run.diagnosis,
    ".predict": lambda run: run.predict([["Oslo", 33, 1000.5]]),
}


@dataclass(frozen=True)
class Done:
    """What one command, or one member of the API, did."""

    name: str
    code: int
    seconds: float
    out: str
    err: str
    events: list[str]  # that should not be

    def faults(self, most_seconds: float) -> Iterator[str]:
        """Yield what must not happen."""
        if self.code not in CODES:
            yield f"exit code {self.code}"
        if "Traceback" in self.err or "This is a bug" in self.err:
            yield "a traceback: " + self.err.strip()[-400:]
        if raw := {c for c in self.out + self.err if c != "\n" and not c.isprintable()}:
            yield f"control characters {sorted(raw)}"
        if self.code and not self.err.strip():
            yield "no word of what is wrong"
        if not self.code and self.out and self.name.endswith("json") and not _is_json(self.out):
            yield "no JSON"
        if self.seconds > most_seconds:
            yield f"{self.seconds:.2f} s"
        yield from self.events


@dataclass(frozen=True)
class Read:
    """What all of it did to one run, and by how many megabytes the process grew."""

    done: list[Done]
    megabytes: float
    ended: str = ""  # why the process did not come to an end of its own

    def faults(self, most_seconds: float, most_megabytes: float) -> Iterator[str]:
        """Yield what must not happen."""
        for one in self.done:
            yield from (f"{one.name}: {fault}" for fault in one.faults(most_seconds))
        if self.megabytes > most_megabytes:
            yield f"{self.megabytes:.0f} MB"
        if self.ended:
            yield f"{self.ended} in {list(COMMANDS | API)[len(self.done)]}"


def read_all(run: Path, rows: Path, out: Path) -> Iterator[Done]:
    """Do all that reads a run."""
    places = {"runs": str(run.parent), "run": f"{run}/", "other": f"{run.parent / SIBLING}/", "rows": str(rows), "out": str(out)}
    for name, words in COMMANDS.items():
        for left in out.iterdir():
            left.unlink()
        yield _command(name, [word.format(**places) for word in words], out)
    for name, member in API.items():
        yield _member(name, member, run, out)


def _command(name: str, words: list[str], out: Path) -> Done:
    def work() -> int:
        sys.argv = ["dlrun", *words]
        try:
            main()
        except SystemExit as done:
            return done.code if isinstance(done.code, int) else 1
        return 0

    return _watched(name, work, out)


def _member(name: str, member: Callable[[Run], object], run: Path, out: Path) -> Done:
    def work() -> int:
        try:
            member(dlrun.load(run))
        except DlrunError as error:
            print(error, file=sys.stderr)
            return 1
        return 0

    return _watched(name, work, out)


def _watched(name: str, work: Callable[[], int], out: Path) -> Done:
    screens = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace") for _ in range(2)]
    code, crash, before, start = 70, "", (sys.stdout, sys.stderr), time.process_time()
    sys.stdout, sys.stderr = screens
    try:
        with recorded() as seen:
            code = work()
    except Exception as error:  # of the API: anything but a DlrunError
        crash = f"Traceback: {type(error).__name__}: {error!r}"[:500]
    finally:
        sys.stdout, sys.stderr = before
    seconds = time.process_time() - start
    out_text, err_text = map(_shown, screens)
    return Done(name, code, seconds, out_text, err_text + crash, sorted({fault for event in seen for fault in _odd(event, out)}))


def _shown(screen: io.TextIOWrapper) -> str:
    screen.flush()
    assert isinstance(screen.buffer, io.BytesIO)
    return screen.buffer.getvalue().decode()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _odd(event: Event, out: Path) -> Iterator[str]:
    """Yield what an event did that reading a run has no need of: only `--out` is written, only the run's own files are read."""
    if event.name in FORBIDDEN:
        yield event.name
    elif event.name == "exec" and not event.path.startswith((*OURS, "<frozen", "<__array_function__")):
        yield f"{event.name} {event.path[:80]!r}"
    elif event.name == "import" and event.path.split(".")[0] not in sys.modules:
        yield f"import {event.path[:80]!r}"
    elif event.name in PATHS and event.path != os.devnull:
        home, real = out.parent / "runs", event.real()
        if event.writes and not real.is_relative_to(out):
            yield f"{event.name} to {event.path[-80:]!r}"
        elif not event.writes and not str(real).startswith((str(home), str(out), str(out.with_name("new.csv")), *OURS)):
            yield f"{event.name} of {event.path[-80:]!r}"


def in_a_child(run: Path, rows: Path, out: Path) -> Read:
    """Do all that reads a run in a copy of this process, which then ends."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _work(writing, run, rows, out)
    os.close(writing)
    done: list[Done] = []
    megabytes = 0.0
    with os.fdopen(reading, encoding="utf-8") as lines:
        for line in lines:
            tree: dict[str, Any] = json.loads(line)
            if "megabytes" in tree:
                megabytes = tree["megabytes"]
            else:
                done.append(Done(**tree))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Read(done, megabytes, f"ended with {status}" if status else "")


def _work(writing: int, run: Path, rows: Path, out: Path) -> None:
    status = 1
    with suppress(BaseException):
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        os.chdir(out)
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with os.fdopen(writing, "w", encoding="utf-8", buffering=1) as lines:
            for done in read_all(run, rows, out):
                print(json.dumps(done.__dict__), file=lines)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            print(json.dumps({"megabytes": grown / unit}), file=lines)
        status = 0
    os._exit(status)
