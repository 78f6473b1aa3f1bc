"""Ctrl-C and SIGTERM at any time: the state is saved, the exit code says so, and nothing is lost."""

import importlib
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dlrun.cli.app import main
from dlrun.rundir.record import RunRecord
from tests.experiments import write_spec
from tests.proofs.counting import RecordProperty, cases, proof
from tests.proofs.survivors import SPEC, Contents, child, contents, go_on, no_leftovers, the_run_in, unlike, wait

IMPORTED_ON_THE_WAY = (  # once, not by every child
    "rich.progress", "threadpoolctl", "dlrun.cli.closing", "dlrun.cli.training", "dlrun.cli.progress", "dlrun.report.markdown",
    "dlrun.report.terminal", "dlrun.report.next_step",
)  # fmt: skip
Send = Callable[[int], None]  # to a process, at its own times
OVERRIDES = ("training.checkpoint_every=7 steps", "training.epochs=20")


def train_from_the_shell(spec: Path, runs_dir: Path) -> None:
    words = [word for change in OVERRIDES for word in ("-s", change)]
    sys.argv = ["dlrun", "train", str(spec), "--runs-dir", str(runs_dir), *words]
    main()


def signalled(spec: Path, runs_dir: Path, send: Send) -> int:
    """Train in a process of its own, send it signals, and return its exit code."""
    with child(lambda: train_from_the_shell(spec, runs_dir)) as pid:
        send(pid)
        return wait(pid)


def sender(numbers: Sequence[int], first: float, between: float) -> Send:
    """Return what sends these signals, the first after so many seconds, the others within so many more."""

    def send(pid: int) -> None:
        time.sleep(first)
        for number in numbers:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return
            time.sleep(between * random.random())

    return send


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_spec(tmp_path_factory.mktemp("signals"), SPEC)


@pytest.fixture(scope="module")
def undisturbed(spec: Path) -> tuple[Contents, float]:
    """What a run holds that nothing disturbs, and how long it takes."""
    for module in IMPORTED_ON_THE_WAY:
        importlib.import_module(module)
    runs_dir = spec.parent / "undisturbed"
    began = time.perf_counter()
    assert signalled(spec, runs_dir, lambda pid: None) == 0
    lasts = time.perf_counter() - began
    paths = the_run_in(runs_dir)
    assert paths
    return contents(paths), lasts


def survives(runs_dir: Path, expected: Contents, code: int, allowed: set[int]) -> str:
    """See that a signalled run tells the truth and goes on to the same bytes; return how it was found."""
    assert code in allowed | {0}, code
    paths = the_run_in(runs_dir)
    if paths is None:
        assert code, "complete, and no run"
        return "not begun"
    was = RunRecord.load(paths).status
    assert was in {"completed", "interrupted"}, was
    if was == "interrupted":
        assert code in allowed
    assert go_on(paths).status == "completed"
    assert not (wrong := unlike(paths, expected)), wrong
    assert not no_leftovers(paths)
    return was


@pytest.mark.proof
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("how", ["once", "twice", "a storm of 50"])
def test_a_signal_at_any_time_loses_nothing(
    tmp_path: Path, spec: Path, undisturbed: tuple[Contents, float], number: int, how: str, record_property: RecordProperty
) -> None:
    expected, lasts = undisturbed
    count = {"once": 1, "twice": 2, "a storm of 50": 50}[how]
    promise = f"{signal.Signals(number).name} {how}, at a random time: status and exit code are true, resumed byte-identical"
    with proof(record_property, promise, bar="all") as row:
        found: Counter[str] = Counter()
        for k in range(cases(100, 2)):
            runs_dir = tmp_path / f"runs{k}"
            code = signalled(spec, runs_dir, sender([number] * count, random.uniform(0, lasts), 0.002))
            found[survives(runs_dir, expected, code, {128 + number})] += 1
            row.cases += 1
            shutil.rmtree(runs_dir, ignore_errors=True)
        row.figure = "all equal; " + ", ".join(f"{n} {word}" for word, n in sorted(found.items()))
