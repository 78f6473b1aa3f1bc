"""Whole commands on MNIST, 784-128-10, Adam, batch 128, 5 epochs: `dlrun train` against equally complete scripts of its peers.

    python -m benchmarks.commands MNIST.npz [--runs 9]

Every side starts, loads, normalizes, trains, looks at train and dev in each epoch and at its end, and writes metrics, a
checkpoint and the predictions on dev; nobody looks at test. The scripts are those of benchmarks/scripts, with the threads that
their libraries choose. dlrun checks the data, diagnoses the run and keeps its history, too. They take turns; the order rotates.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.record import Tree, save, spread, table, verdict

ROOT = Path(__file__).parents[1]
SPEC = "benchmarks/specs/mnist-128.yaml"
RUNS, BAR = 9, 0.5  # of the fastest peer's wall time
AUTO = "dlrun, auto"
OURS = {AUTO: "auto", "dlrun, NumPy": "numpy", "dlrun, Numba": "numba"}
SCRIPTS = {"scikit-learn": "scikit_learn", "PyTorch": "pytorch", "JAX": "jax_scan", "Keras": "keras_fit"}
DEV = 5_000
# Dev errors of other seeds, other splits among them, differ by a standard deviation of 0.2 points: √(p(1 − p)/5000) at 2.5 %.
TOLERANCE = 0.01


@dataclass
class Command:
    """A command, and what came of each time it ran: seconds on the clock and of all cores, MiB at its largest, dev error."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    error: list[float] = field(default_factory=list)
    missing: str = ""

    def run(self, mnist: Path) -> None:
        """Run it once more, in an empty folder."""
        with tempfile.TemporaryDirectory(dir=ROOT, prefix=".commands-") as made:
            out = Path(made)
            with (out / "stderr").open("w+") as errors:
                began = perf_counter()
                process = subprocess.Popen(self.words(mnist, out), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
                _, status, used = os.wait4(process.pid, 0)
                wall = perf_counter() - began
                process.returncode = os.waitstatus_to_exitcode(status)
                if process.returncode:
                    errors.seek(0)
                    self.missing = (errors.read().strip().splitlines() or ["it said nothing"])[0 if self.name in OURS else -1]
                    print(f"{self.name} did not run: {self.missing}", file=sys.stderr)
                    return
            self.wall.append(wall)
            self.cpu.append(used.ru_utime + used.ru_stime)
            self.peak.append(used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
            self.error.append(dev_error(next(out.rglob("dev.csv"))))

    def words(self, mnist: Path, out: Path) -> list[str]:
        """Return the command line."""
        if self.name in SCRIPTS:
            return [sys.executable, f"benchmarks/scripts/{SCRIPTS[self.name]}.py", str(mnist), str(out)]
        changes = ("-s", f"data.source.path={mnist}", "-s", f"training.kernels={OURS[self.name]}")
        return [sys.executable, "-m", "dlrun", "train", SPEC, "--quiet", "--runs-dir", str(out), *changes]


def dev_error(predictions: Path) -> float:
    """Return the share of the predictions on dev that are wrong."""
    with predictions.open(newline="") as file:
        wrong = [row["label"] != row["prediction"] for row in csv.DictReader(file)]
    assert len(wrong) == DEV
    return sum(wrong) / DEV


def measure(mnist: Path, runs: int) -> list[Command]:
    """Run all commands in turn; the first time, which compiles and fills the caches, does not count."""
    commands = [Command(name) for name in (*OURS, *SCRIPTS)]
    for command in commands:
        command.run(mnist)
    commands_there = [Command(command.name) for command in commands if not command.missing]
    for number in range(runs):
        first = number % len(commands_there)
        for command in commands_there[first:] + commands_there[:first]:
            command.run(mnist)
        print(f"{number + 1}/{runs}", file=sys.stderr)
    return commands_there + [command for command in commands if command.missing]


def strangers(commands: Sequence[Command]) -> list[str]:
    """Return who ended at another dev error than the others."""
    ran = [command for command in commands if command.error]
    middle = median(median(command.error) for command in ran)
    return [command.name for command in ran if abs(median(command.error) - middle) > TOLERANCE]


def page(tree: Tree) -> str:
    """Return the table and the bar."""
    commands = [Command(**row) for row in tree["rows"]]
    ran = [command for command in commands if command.wall]
    others = strangers(commands)
    rows = [
        [
            command.name,
            spread(command.wall, 2, " s"),
            spread(command.cpu, 2, " s"),
            spread(command.peak, 0, " MiB"),
            f"{100 * median(command.error):.2f} %{' **OTHER WORK**' if command.name in others else ''}",
        ]
        for command in ran
    ]
    peer = min((command for command in ran if command.name in SCRIPTS), key=lambda command: median(command.wall))
    lines = [
        f"- {ours.name} / {peer.name}, the fastest peer: "
        + verdict(median(a / b for a, b in zip(ours.wall, peer.wall, strict=True)), BAR if ours.name == AUTO else None)
        for ours in ran
        if ours.name in OURS
    ]
    lines += [f"- {command.name} did not run: {command.missing}" for command in commands if command.missing]
    return "\n\n".join([table(["command", "wall time", "time of all cores", "peak memory", "dev error"], rows), "\n".join(lines)])


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commands", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mnist", type=Path, metavar="MNIST.npz", help="the data")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each command is run (default: %(default)s)")
    told = parser.parse_args()
    commands = measure(told.mnist.resolve(), told.runs)
    print(page(save("commands", told, rows=[asdict(command) for command in commands])))
    if others := strangers(commands):
        sys.exit(f"other dev errors than the others': {', '.join(others)}")


if __name__ == "__main__":
    main()
