"""The head of a batch is killed at any time: its workers go with it, and what they had begun goes on to the same bytes."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from dlrun.rundir.paths import RunPaths
from tests.experiments import write_spec
from tests.heads import start
from tests.proofs.counting import RecordProperty, cases, proof
from tests.proofs.survivors import SPEC, Contents, contents, no_leftovers, unlike

WITHIN = 2.0  # seconds that a worker may outlive its head
WORDS = ("-j", "2", "-s", "training.epochs=60")
MEMBERS = 3  # one spec, and one with two seeds


def batch(specs: Path, runs_dir: Path, *words: str) -> "subprocess.Popen[str]":
    return start("batch", *words, "--runs-dir", runs_dir, "--format", "json", cwd=specs)


def workers_in(runs_dir: Path) -> list[int]:
    """Return the processes that have to do with a directory of runs; those that are gone and not waited for are none."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and os.fsencode(runs_dir) in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def runs_of(out: str) -> list[RunPaths]:
    """Return the runs that a batch tells of, in the order of its members; a group tells of none."""
    return [RunPaths(Path(row["path"])) for row in json.loads(out) if row["runs"] is None]


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("batches")
    write_spec(directory, SPEC, "alone.yaml")
    write_spec(directory, SPEC.replace("name: survivor", "name: group\n    seeds: 2"), "group.yaml")
    return directory


@pytest.fixture(scope="module")
def undisturbed(specs: Path) -> tuple[list[Contents], float]:
    """What the runs hold if nothing disturbs them, and how long they take."""
    began = time.perf_counter()
    out, err = batch(specs, specs / "undisturbed", ".", *WORDS).communicate(timeout=300)
    lasts = time.perf_counter() - began
    runs = runs_of(out)
    assert len(runs) == MEMBERS, err
    return [contents(paths) for paths in runs], lasts


def survived_by(specs: Path, runs_dir: Path, seconds: float) -> float:
    """Kill the head of a batch after so long, and return how long the last of its workers outlived it."""
    head = batch(specs, runs_dir, ".", *WORDS)
    time.sleep(seconds)
    head.send_signal(signal.SIGKILL)
    killed = time.perf_counter()
    head.wait()
    while left := workers_in(runs_dir):
        if time.perf_counter() - killed > WITHIN:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"{len(left)} workers outlived their head by {WITHIN} s")
        time.sleep(0.01)
    lasted = time.perf_counter() - killed
    head.communicate()
    return lasted


@pytest.mark.proof
@pytest.mark.slow
def test_no_worker_outlives_its_head_and_the_batch_goes_on(
    tmp_path: Path, specs: Path, undisturbed: tuple[list[Contents], float], record_property: RecordProperty
) -> None:
    expected, lasts = undisturbed
    promise = "the head of a batch is killed at a random time: its workers end too, and `batch --resume` is byte-identical"
    with proof(record_property, promise, bar=f"no worker after {WITHIN:g} s; every file of every run equal") as row:
        found: Counter[str] = Counter()
        longest = 0.0
        for number in range(cases(100, 2)):
            runs_dir = tmp_path / f"runs{number}"
            longest = max(longest, survived_by(specs, runs_dir, random.uniform(0, lasts)))
            found[goes_on(specs, runs_dir, expected)] += 1
            row.cases += 1
            shutil.rmtree(runs_dir, ignore_errors=True)
        counts = ", ".join(f"{count} {word}" for word, count in sorted(found.items()))
        row.figure = f"the last worker was gone after {longest:.2f} s at most; all equal; {counts}"


def goes_on(specs: Path, runs_dir: Path, expected: list[Contents]) -> str:
    """Let a batch go on, see that it ends as if nothing had happened, and return how it was found."""
    begun = len(list((runs_dir / "batches").glob("*/*.run"))) if runs_dir.exists() else 0
    process = batch(specs, runs_dir, "--resume", "-j", "2")
    out, err = process.communicate(timeout=300)
    if "there is no batch to go on with" in err:
        assert process.returncode == 2
        assert not begun
        return "not begun"
    assert process.returncode == 0, err
    runs = runs_of(out)
    assert len(runs) == len(expected)
    for paths, known in zip(runs, expected, strict=True):
        assert not (wrong := unlike(paths, known)), wrong
        assert not no_leftovers(paths)
    return f"with {begun} of {MEMBERS} runs begun"
