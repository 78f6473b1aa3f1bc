"""How long until something happens: `dlrun --help`, the first step of `dlrun train`, and what importing the peers takes.

    python -m benchmarks.startup [--runs 15]

Commands are timed whole, from their start to their end; the first step from the start of the process to the first StepEnd that
the training loop yields. They take turns, in an order that rotates.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.record import Tree, save, spread, table, verdict

ROOT = Path(__file__).parents[1]
RUNS = 15
HELP_BAR, STEP_BAR = 1.3, 0.6  # of the bare app's time; seconds
BARE, HELP, STEP = "bare Typer app --help", "dlrun --help", "first step of dlrun train configs/digits.yaml"
BEGAN = "BENCHMARKS_BEGAN"  # the environment's variable with the start of the process, by the monotonic clock
APP = """\
import typer

app = typer.Typer()


@app.command()
def train(spec: str, runs: str = "runs", quiet: bool = False) -> None:
    "Train one experiment."


@app.command()
def show(spec: str) -> None:
    "Show one experiment."


app(prog_name="bare")
"""
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    BARE: ["-c", APP, "--help"],
    HELP: ["-m", "dlrun", "--help"],
    STEP: ["-c", "from benchmarks.startup import first_step; first_step()"],
    "import numpy": ["-c", "import numpy"],
    "import sklearn.neural_network": ["-c", "import sklearn.neural_network"],
    "import torch": ["-c", "import torch"],
    "import jax": ["-c", "import jax"],
    "import keras (on JAX)": ["-c", "import keras"],
}


def first_step() -> None:
    """Train configs/digits.yaml up to its first step, and print how long that took since the process began."""
    from dlrun.experiment import run

    train = run.train

    def until_the_first(*arguments, **named):  # type: ignore[no-untyped-def]
        next(train(*arguments, **named))
        print(time.monotonic() - float(os.environ[BEGAN]), flush=True)
        os._exit(0)

    run.train = until_the_first
    from dlrun.cli.app import main

    sys.argv = ["dlrun", "train", "configs/digits.yaml", "-q", "-s", "training.kernels=numpy", "--runs-dir", sys.argv[1]]
    main()


def seconds(name: str) -> float:
    """Run one of the commands; return how long it took, or how long it says it was until the first step."""
    with tempfile.TemporaryDirectory() as runs_dir:
        began = time.monotonic()
        environment = os.environ | {BEGAN: str(began), "KERAS_BACKEND": "jax"}
        command = [sys.executable, *COMMANDS[name], *([runs_dir] if name == STEP else [])]
        done = subprocess.run(command, cwd=ROOT, check=True, env=environment, text=True, capture_output=True)
        took = time.monotonic() - began
    return float(done.stdout) if name == STEP else took


def measure(runs: int) -> dict[str, list[float]]:
    """Time all in turn; the first time, which fills the caches, does not count."""
    names, found = list(COMMANDS), {name: [] for name in COMMANDS}
    for number in range(-1, runs):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            took = seconds(name)
            if number >= 0:
                found[name].append(took)
    return found


def page(tree: Tree) -> str:
    """Return the table and the bars."""
    found = tree["rows"]
    rows = [[name, spread([1000 * s for s in found[name]], 0, " ms")] for name in found]
    ratio = median(a / b for a, b in zip(found[HELP], found[BARE], strict=True))
    lines = [
        f"- {HELP} / {BARE}: {verdict(ratio, HELP_BAR, 3)}",
        f"- {STEP}, in seconds: {verdict(median(found[STEP]), STEP_BAR, 3)}",
    ]
    return "\n\n".join([table(["what", "time"], rows), "\n".join(lines)])


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each (default: %(default)s)")
    told = parser.parse_args()
    print(page(save("startup", told, rows=measure(told.runs))))


if __name__ == "__main__":
    main()
