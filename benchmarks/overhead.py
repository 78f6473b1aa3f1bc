"""What checkpoints and checks cost: the share of a whole `dlrun train` command, from the first import to the last line.

    python -m benchmarks.overhead [MNIST.npz]

Each command runs in a process of its own, several times; there, what saves, flushes, looks for numbers that are not finite, or
shows that the run is alive is timed, each call without the timed calls inside it, and less what timing nothing takes: the median
over every eighth call, just before which a function that does nothing is called with the same arguments. There, between two
matrix products, that takes two to three times as long as in a loop of its own. The first and the last run.json are no part of
it: a run has them anyway. Writes benchmarks/OVERHEAD.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_name("OVERHEAD.md")
BAR = 0.01  # of the wall time
RUNS = 5
CALIBRATE_EVERY = 8  # calls of a part
TIMED = {  # where a function is looked up when it is called, its name, and what it is for
    ("dlrun.checkpoint", "save"): "checkpoints",
    ("dlrun.checkpoint", "save_best"): "checkpoints",
    ("dlrun.experiment.recording:Records", "flush"): "flushed rows",
    ("dlrun.kernels:NUMPY", "all_finite"): "finite numbers",
    ("dlrun.training.divergence:Moments", "finite"): "finite numbers",
    ("dlrun.training.loop", "require_finite_update"): "finite numbers",
    ("dlrun.training.loop", "require_finite_means"): "finite numbers",
    ("dlrun.kernels:NUMPY", "squared_norm"): "finite numbers",
    ("dlrun.experiment.run:Run", "_look_at_the_clock"): "clock and signs of life",
}
PARTS = tuple(dict.fromkeys(TIMED.values()))
CHILD = "import sys; from benchmarks.overhead import train_timed; train_timed(sys.argv.pop(1))"


@dataclass(frozen=True)
class Measured:
    """One command: its wall time, the time of each part in it, and how often that was called; in seconds."""

    wall: float
    seconds: dict[str, float]
    calls: dict[str, int]

    @property
    def share(self) -> float:
        """All parts over the wall time."""
        return sum(self.seconds.values()) / self.wall


def train_timed(told: str) -> None:
    """Run the command that sys.argv says, and write down what its parts took."""
    seconds, calls = dict.fromkeys(PARTS, 0.0), dict.fromkeys(PARTS, 0)
    inside = [0.0]  # of each call that is under way: the time of timed calls within it
    free: list[float] = []  # what timing nothing took

    def nothing(*_arguments: Any, **_named: Any) -> None:
        pass

    def timed(call: Callable[..., Any], part: str) -> Callable[..., Any]:
        @wraps(call)
        def timing(*arguments: Any, **named: Any) -> Any:
            if calls[part] % CALIBRATE_EVERY == 0:
                began = perf_counter()
                nothing(*arguments, **named)
                free.append(perf_counter() - began)
                inside[-1] += free[-1]
            inside.append(0.0)
            began = perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                took = perf_counter() - began
                seconds[part] += took - inside.pop()
                inside[-1] += took
                calls[part] += 1

        return timing

    for (place, name), part in TIMED.items():
        module, _, cls = place.partition(":")
        owner = getattr(import_module(module), cls) if cls else import_module(module)
        setattr(owner, name, timed(getattr(owner, name), part))
    from dlrun.cli.app import main

    try:
        main()
    finally:
        each = median(free) if free else 0.0
        less = {part: max(0.0, spent - each * calls[part]) for part, spent in seconds.items()}
        Path(told).write_text(json.dumps([less, calls]), encoding="utf-8")


def measure(words: list[str], directory: Path) -> Measured:
    """Run `dlrun train` once."""
    told = directory / "told.json"
    command = [sys.executable, "-c", CHILD, str(told), "train", *words, "--quiet", "--runs-dir", str(directory / "runs")]
    began = perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    wall = perf_counter() - began
    return Measured(wall, *json.loads(told.read_text(encoding="utf-8")))


def workloads(mnist: Path | None) -> dict[str, list[str]]:
    """Return what is trained: the words after `dlrun train`."""
    found = {"digits, as configs/digits.yaml": ["configs/digits.yaml"]}
    if mnist:
        changes = [f"data.source.path={mnist.resolve()}", "architecture.hidden=[128]", "training.epochs=5"]
        found["MNIST, 784-128-10, batch 128, 5 epochs"] = [
            "benchmarks/specs/mnist-relu.yaml",
            *(w for c in changes for w in ("-s", c)),
        ]
    return found


def row(name: str, runs: list[Measured]) -> str:
    """Return a row of the table: medians, and from the least to the most."""
    shares = [100 * run.share for run in runs]
    walls = [run.wall for run in runs]
    parts = [f"{1000 * median(run.seconds[p] for run in runs):.1f} ms / {runs[0].calls[p]:,}" for p in PARTS]
    share = f"**{median(shares):.2f} %** ({min(shares):.2f}–{max(shares):.2f})"
    wall = f"{median(walls):.2f} s ({min(walls):.2f}–{max(walls):.2f})"
    verdict = "holds" if median(shares) <= 100 * BAR else "FAILS"
    return f"| {' | '.join([name, wall, *parts, share, verdict])} |"


def flush_milliseconds(directory: Path) -> float:
    """Return how long this disk takes to have 4 KiB for certain, the median of 50."""
    took = []
    with (directory / "flushed").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            began = perf_counter()
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return 1000 * median(took)


def page(rows: list[str], flush: float, n_runs: int) -> str:
    """Return the document."""
    heading = ["command", "wall time", *(f"{part}, time / calls" for part in PARTS), f"share (bar: {100 * BAR:g} %)", "verdict"]
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "pydantic"))
    return "\n".join(
        [
            "# What checkpoints and checks cost",
            "",
            "Written by `make overhead`; do not edit. The share of a whole `dlrun train` command, imports and report included:",
            f"the median of {n_runs} runs, in parentheses from the least to the most.",
            "",
            f"| {' | '.join(heading)} |",
            f"|{'---|' * len(heading)}",
            *rows,
            "",
            f"- {datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            f"- Python {platform.python_version()}, {versions}",
            f"- an fsync of 4 KiB takes {flush:.2f} ms on this disk",
            "",
        ]
    )


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mnist", nargs="?", type=Path, metavar="MNIST.npz", help="measure on it, too")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each command is run (default: %(default)s)")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".overhead-") as made:  # on the disk that runs are kept on, not in memory
        directory, rows = Path(made), []
        for name, words in workloads(told.mnist).items():
            measure(words, directory)  # compiles, and fills the caches
            rows.append(row(name, [measure(words, directory) for _ in range(told.runs)]))
        written = page(rows, flush_milliseconds(directory), told.runs)
    print(written)
    PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
