"""`python -m benchmarks.listing`: what commands that look at all runs take where there are 10,000 of them.

The runs are copies of the record of a real one, with other seeds, rates and results. Each command is a process of its own, its
output goes to a pipe, and the median of its times on the clock is printed. The bar is 2 s on a machine that does nothing else.
"""

import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[1]
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
COMMANDS: dict[str, tuple[str, ...]] = {
    "ls": ("ls",),
    "ls --format json": ("ls", "--format", "json"),
    "ls --limit 20": ("ls", "--limit", "20"),
    "ls --sort dev_error --where": ("ls", "--sort", "dev_error", "--where", "learning_rate.initial<0.01"),
    "best": ("best",),
    "best --by dev_loss --where": ("best", "--by", "dev_loss", "--where", "learning_rate.initial<0.01"),
    "compare @best @last": ("compare", "@best", "@last"),
}


def main() -> None:
    """Build the runs, time the commands, print a row each."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="how many runs")
    parser.add_argument("--times", type=int, default=5, help="how often each command")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        runs_dir = Path(home) / "runs"
        build(runs_dir, told.runs)
        print(f"{told.runs:,} runs, medians of {told.times}")
        for name, words in COMMANDS.items():
            print(f"{name:30} {median(seconds(words, runs_dir) for _ in range(told.times)):6.2f} s")


def build(runs_dir: Path, count: int) -> None:
    """Train one run, and store its record so many times; the newest and the best get its predictions and metrics too."""
    dlrun("train", str(ROOT / "configs/digits.yaml"), "-q", "-s", "training.epochs=5", runs_dir=runs_dir.parent / "one")
    real = next(path for path in (runs_dir.parent / "one").iterdir() if not path.is_symlink())
    record = json.loads((real / "run.json").read_text())
    for name, tree in records(record, count):
        place = runs_dir / name
        place.mkdir(parents=True)
        (place / "run.json").write_text(json.dumps(tree, indent=2))
        (place / "spec.yaml").write_text("data: digits\n")
        for told in ("metrics.csv", "predictions"):  # one set of files for all: only what is compared is opened
            (place / told).mkdir() if told == "predictions" else (place / told).hardlink_to(real / told)
        (place / "predictions/dev.csv").hardlink_to(real / "predictions/dev.csv")


def records(record: dict[str, Any], count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ids and records: a run a minute, with a seed, a rate, units and results of its own; one in ten has failed."""
    rng = Random(1)
    for k in range(count):
        tree = deepcopy(record)
        started = FIRST + timedelta(minutes=k)
        tree["run"] = f"{started:%Y%m%d-%H%M%S}-digits-{''.join(rng.choices(LETTERS, k=4))}"
        tree["started"] = tree["heartbeat"] = tree["ended"] = started.isoformat()
        tree["spec"]["seed"] = k % 100
        tree["spec"]["learning_rate"]["initial"] = 10 ** rng.uniform(-4, -1)
        tree["spec"]["architecture"]["hidden"][0]["units"] = rng.choice((32, 64, 128))
        tree["seconds"] = rng.uniform(1, 500)
        error = rng.randrange(5, 100) / 359
        tree["summary"]["errors"]["dev"] = {"error": error, "low": 0.7 * error, "high": 1.3 * error, "n": 359}
        tree["summary"]["dev_loss"] = rng.uniform(0.05, 2)
        if k % 10 == 9 and k + 1 < count:
            tree |= {"status": "failed", "stop_reason": "the disk is full", "summary": {}}
        yield tree["run"], tree


def seconds(words: tuple[str, ...], runs_dir: Path) -> float:
    """Return how long a command took, from its start to its end."""
    began = perf_counter()
    dlrun(*words, runs_dir=runs_dir)
    return perf_counter() - began


def dlrun(*words: str, runs_dir: Path) -> None:
    """Run a command, and stop everything if it fails."""
    command = [sys.executable, "-m", "dlrun", *words, "--runs-dir", str(runs_dir)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


if __name__ == "__main__":
    main()
