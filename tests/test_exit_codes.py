"""Every exit code in the README's table, and no other, is what some command ends with."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.rundir.listing import runs_in
from dlrun.rundir.locking import lock_run
from tests.cli.shell import dlrun
from tests.experiments import SMALL, write_spec

README = (Path(__file__).parent.parent / "README.md").read_text()
DIVERGES = ("-s", "optimizer=gradient_descent", "-s", "learning_rate=1e38")
CALL = "import sys; from dlrun.cli.app import main; sys.argv = ['dlrun', *sys.argv[1:]]; main()"
A_BUG = """
from dlrun.training import loop
def broken(*a, **k):
    raise ZeroDivisionError("planted")
loop.evaluate_now = broken
"""
A_WRONG_GRADIENT = """
import dataclasses, dlrun.kernels
from dlrun.kernels import numpy_column
def fault(dz, a, db):
    numpy_column.activations.tanh_backward(dz, a, db)
    dz *= 1.01
dlrun.kernels.NUMPY = numpy_column.NUMPY = dataclasses.replace(numpy_column.NUMPY, tanh_backward=fault)
"""


def told() -> list[int]:
    """Return the codes of the README's table, which is the only one there."""
    (table,) = re.findall(r"^\| exit code \|.*\n\|---.*\n((?:\|.*\n)+)", README, re.MULTILINE)
    first_cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    return [int(code) for cell in first_cells for code in cell.split(",")]


def ends(*words: str) -> Callable[[Path], int]:
    """Return what runs a command on small.yaml."""
    return lambda home: dlrun(*words, cwd=home).returncode


def ends_with_a_fault(fault: str, *words: str) -> Callable[[Path], int]:
    """Return what runs a command in a process in which something is broken."""
    return lambda home: (
        subprocess.run(
            [sys.executable, "-c", fault + CALL, *words], cwd=home, capture_output=True, timeout=60, check=False
        ).returncode
    )


def interrupted_by(number: signal.Signals) -> Callable[[Path], int]:
    """Return what trains without an end until a signal comes, and looks whether the state was saved."""

    def situation(home: Path) -> int:
        command = [sys.executable, "-m", "dlrun", "train", "small.yaml", "-s", "training.epochs=1000000", "-v"]
        with subprocess.Popen(command, cwd=home, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stderr
            next(line for line in process.stderr if line.split()[:1] == ["3"])
            process.send_signal(number)
            process.communicate(timeout=30)
        assert list((home / "runs").glob("2*/checkpoints/manifest.json"))
        return process.returncode

    return situation


def the_last_run_is_busy(home: Path) -> int:
    """Remove a run that this process is writing to."""
    assert dlrun("train", "small.yaml", "-q", cwd=home).returncode == 0
    (paths,) = runs_in(home / "runs")
    with lock_run(paths):
        return dlrun("rm", "@last", "--yes", cwd=home).returncode


def one_of_a_batch_diverges(home: Path) -> int:
    write_spec(
        home, SMALL.replace("epochs: 3", "epochs: 2") + "    learning_rate: 1e38\n    optimizer: gradient_descent\n", "b.yaml"
    )
    return dlrun("batch", "small.yaml", "b.yaml", cwd=home).returncode


SITUATIONS: dict[tuple[int, str], Callable[[Path], int]] = {
    (0, "a run is trained"): ends("train", "small.yaml"),
    (0, "its gates are passed"): ends("train", "small.yaml", "-s", "gates.dev.error=<=100%"),
    (0, "a gate is inconclusive"): ends("train", "small.yaml", "-s", "gates.dev.error=<40%"),
    (1, "the file cannot be written"): ends("train", "small.yaml", "--runs-dir", "small.yaml/runs"),
    (1, "one of a batch diverges"): one_of_a_batch_diverges,
    (2, "an option is unknown"): ends("train", "small.yaml", "--fast"),
    (2, "the spec is not there"): ends("train", "nowhere.yaml"),
    (2, "the spec is wrong"): ends("train", "small.yaml", "-s", "training.epochs=many"),
    (2, "there is no such run"): ends("gate", "@last", "dev.error < 5%"),
    (3, "a gate fails"): ends("train", "small.yaml", "-s", "gates.steps=< 1"),
    (3, "a gate fails in a batch"): ends("batch", "small.yaml", "-s", "gates.steps=< 1"),
    (4, "a gate is inconclusive, under --strict"): ends("train", "small.yaml", "--strict", "-s", "gates.dev.error=<40%"),
    (5, "it diverges"): ends("train", "small.yaml", *DIVERGES),
    (6, "a gradient is wrong"): ends_with_a_fault(
        A_WRONG_GRADIENT, "gradcheck", "small.yaml", "-s", "architecture.activation=tanh"
    ),
    (7, "somebody else writes to the run"): the_last_run_is_busy,
    (70, "dlrun has a bug"): ends_with_a_fault(A_BUG, "train", "small.yaml"),
    (130, "Ctrl-C"): interrupted_by(signal.SIGINT),
    (143, "SIGTERM"): interrupted_by(signal.SIGTERM),
}


def test_every_row_has_a_situation_and_every_situation_a_row() -> None:
    assert told() == sorted({code for code, _ in SITUATIONS})


@pytest.mark.parametrize(("code", "name"), SITUATIONS, ids=[f"{code}: {name}" for code, name in SITUATIONS])
def test_the_command_ends_with_its_code(tmp_path: Path, code: int, name: str) -> None:
    write_spec(tmp_path)
    assert SITUATIONS[code, name](tmp_path) == code
