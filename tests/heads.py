"""Commands that start others: in processes of their own, so that they can be signalled, killed, and have workers that fail."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlrun.rundir.listing import list_runs
from dlrun.rundir.record import RunRecord

ROOT = Path(__file__).parents[1]
FAILS = """
import sys

if {word!r} in sys.orig_argv:
    from dlrun.errors import DlrunError
    from dlrun.experiment.run import Run

    def finish(self, *words):
        raise DlrunError("the disk is full")

    Run.finish = finish
"""


def start(*words: object, cwd: Path) -> "subprocess.Popen[str]":
    """Start `dlrun` with these words, and let it work."""
    command = [sys.executable, "-m", "dlrun", *map(str, words)]
    environment = {name: value for name, value in os.environ.items() if name != "DLRUN_RUNS"} | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def training_in(runs_dir: Path, count: int) -> list[RunRecord]:
    """Wait until there are so many runs and the newest trains, and return their records, newest first."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        runs = [run.record for run in list_runs(runs_dir) if run.record and run.paths.metrics.exists()]
        if len(runs) == count:
            return runs
        time.sleep(0.02)
    raise AssertionError("they never began")


def fail_the_worker(monkeypatch: pytest.MonkeyPatch, directory: Path, word: str) -> None:
    """Let the disk of every process that is started with this word be full when its run ends."""
    site = directory / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(FAILS.format(word=word))
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{ROOT}")


def is_there(pid: int) -> bool:
    """Return whether a process lives."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
