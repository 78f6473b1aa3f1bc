"""What `dlrun batch -j 2` saves: two equal specs trained one after the other, against both at once.

    python -m benchmarks.batch [--pairs 7] [--epochs 2000]

On both sides every run is a process of its own with one BLAS thread, and the time is that of whole commands, from the first
import to the last line: two of `dlrun train`, or one of `dlrun batch`, which checks both specs too. A pair is measured in one
order, the next in the other, so that a machine that grows slow is slow for both; the figure is the median of the pairs' ratios.
With two cores nothing can be below 0.5. Writes benchmarks/BATCH.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_name("BATCH.md")
BAR = 0.62  # of the time one after the other
PAIRS, EPOCHS = 7, 2_000  # a batch adds about one second, once: its imports and the check of every spec
NAMES = ("left", "right")
ONE_THREAD = ("-s", "training.threads=1")
SPEC = """\
extends: {digits}
name: {name}
training: {{epochs: {epochs}, early_stopping: null}}
"""


@dataclass(frozen=True)
class Pair:
    """The seconds that both specs took one after the other, and both at once."""

    serial: float
    batch: float

    @property
    def ratio(self) -> float:
        """What is left of the time."""
        return self.batch / self.serial


def write_specs(directory: Path, epochs: int) -> list[Path]:
    """Write two specs that differ in nothing but their name."""
    specs = [directory / f"{name}.yaml" for name in NAMES]
    for path in specs:
        path.write_text(SPEC.format(digits=ROOT / "configs/digits.yaml", name=path.stem, epochs=epochs), encoding="utf-8")
    return specs


def dlrun(*words: str | Path) -> float:
    """Run a command, stop everything if it fails, and return its seconds."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    began = perf_counter()
    command = [sys.executable, "-m", "dlrun", *map(str, words)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=os.environ | threads)
    return perf_counter() - began


def serial(specs: list[Path], runs_dir: Path) -> float:
    """Train one after the other."""
    return sum(dlrun("train", spec, "-q", *ONE_THREAD, "--runs-dir", runs_dir) for spec in specs)


def batch(specs: list[Path], runs_dir: Path) -> float:
    """Train both at once."""
    return dlrun("batch", *specs, "-j", "2", "-q", "--runs-dir", runs_dir)


def measure(specs: list[Path], runs_dir: Path, *, batch_first: bool) -> Pair:
    """Time both sides, in one order or the other."""
    if batch_first:
        at_once = batch(specs, runs_dir)
        return Pair(serial(specs, runs_dir), at_once)
    return Pair(serial(specs, runs_dir), batch(specs, runs_dir))


def check_equal(runs_dir: Path, count: int) -> None:
    """Stop if the sides have not done the same: every run has trained to its end, with the same metrics, byte for byte."""
    records = sorted(runs_dir.glob("2*/run.json"))
    told = [json.loads(path.read_text(encoding="utf-8")) for path in records]
    assert len(told) == count, f"{len(told)} runs, not {count}"
    assert {tree["status"] for tree in told} == {"completed"}
    assert len({path.with_name("metrics.csv").read_bytes() for path in records}) == 1, "the runs differ"


def page(pairs: list[Pair], epochs: int) -> str:
    """Return the document."""
    ratio = median(pair.ratio for pair in pairs)
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "pydantic"))
    rows = [f"| {k} | {pair.serial:.2f} s | {pair.batch:.2f} s | {pair.ratio:.3f} |" for k, pair in enumerate(pairs, start=1)]
    middle = f"{median(pair.serial for pair in pairs):.2f} s | {median(pair.batch for pair in pairs):.2f} s"
    return "\n".join(
        [
            "# What a batch saves",
            "",
            "Written by `make batch`; do not edit. Two equal specs, one BLAS thread a run on both sides: the packaged digits,",
            f"as in configs/digits.yaml, for {epochs:,} epochs. Whole commands, imports and checks included; interleaved pairs.",
            "",
            "| pair | one after the other | `dlrun batch -j 2` | ratio |",
            "|---|---:|---:|---:|",
            *rows,
            f"| median | {middle} | **{ratio:.3f}** |",
            "",
            f"The bar is {BAR:g}: it {'holds' if ratio <= BAR else 'FAILS'}.",
            "",
            f"- {datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            f"- Python {platform.python_version()}, {versions}",
            "",
        ]
    )


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how often both sides are timed (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of each run (default: %(default)s)")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".batch-") as made:  # on the disk that runs are kept on, not in memory
        specs, runs_dir, pairs = write_specs(Path(made), told.epochs), Path(made) / "runs", []
        dlrun("validate", *specs)  # compiles, and fills the caches
        for number in range(told.pairs):
            pairs.append(pair := measure(specs, runs_dir, batch_first=number % 2 == 1))
            print(f"{number + 1}/{told.pairs}  {pair.serial:.2f} s  {pair.batch:.2f} s  {pair.ratio:.3f}", file=sys.stderr)
        check_equal(runs_dir, 2 * len(NAMES) * told.pairs)
    written = page(pairs, told.epochs)
    print(written)
    PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
