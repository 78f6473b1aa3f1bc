"""Peak memory of `dlrun train` above what its imports take, against what the data and the network need.

    python -m benchmarks.memory MNIST.npz [--runs 3]

A first process compiles what is to be compiled, a second trains one epoch and tells which modules that takes. The measured one
imports them, reads VmRSS, has the kernel forget its peak, trains one epoch, and reads VmHWM. The bar is
`float32 data + 1.3 · (parameters · (3 + slots) + activations) · 4 bytes`, with the data of all parts, the activations of every
layer but the input, for the larger of a batch and a chunk of evaluation. Linux alone has these figures.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from statistics import median

from benchmarks.record import Tree, save, spread, table, verdict
from benchmarks.work import SHAPES, Work

ROOT = Path(__file__).parents[1]
SPEC = "benchmarks/specs/mnist-128.yaml"
RUNS = 3
ROWS = 70_000  # of MNIST, test included
WORKS = [SHAPES["D"], SHAPES["E"]]
KERNELS = ("numpy", "numba")
SLOTS = 2  # of Adam
FACTOR = 1.3
MIB = 2**20
CHILD = "import sys; from benchmarks.memory import {}; {}(*sys.argv[1:3])"


def imported(told: str, runs_dir: str) -> None:
    """Train, and write down every module that was imported."""
    train(runs_dir)
    Path(told).write_text(json.dumps(list(sys.modules)), encoding="utf-8")


def measured(told: str, runs_dir: str) -> None:
    """Import the modules told, train, and print how much memory that took at most, in bytes."""
    for name in json.loads(Path(told).read_text(encoding="utf-8")):
        with suppress(Exception):  # some are no modules of their own
            import_module(name)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    train(runs_dir)
    print(resident("VmHWM") - before)


def train(runs_dir: str) -> None:
    """Run `dlrun train` in this process; the words after the first two are changes to the spec."""
    from dlrun.cli.app import main

    changes = [word for change in sys.argv[3:] for word in ("-s", change)]
    sys.argv = ["dlrun", "train", SPEC, "--quiet", "--runs-dir", runs_dir, *changes]
    main()


def resident(what: str) -> int:
    """Return a figure of /proc/self/status in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def bound(work: Work) -> int:
    """Return the bar, in bytes."""
    from dlrun.experiment.setup import EVALUATION_CHUNK

    activations = max(work.batch, EVALUATION_CHUNK) * sum(work.widths[1:])
    return round(4 * (ROWS * work.widths[0] + FACTOR * (work.parameters * (3 + SLOTS) + activations)))


def measure(work: Work, kernels: str, mnist: Path, runs: int) -> Tree:
    """Return the row of one network with one column of kernels."""
    print(f"{work.network}, {kernels}", file=sys.stderr)
    changes = [
        f"data.source.path={mnist}", f"architecture.hidden={list(work.widths[1:-1])}", "training.epochs=1",
        f"training.kernels={kernels}",
    ]  # fmt: skip
    row = {"network": work.network, "kernels": kernels, "bound": bound(work), "bytes": []}
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".memory-") as made:
        for number in range(-2, runs):
            name = "imported" if number < 0 else "measured"
            command = [sys.executable, "-c", CHILD.format(name, name), f"{made}/modules.json", f"{made}/runs", *changes]
            done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
            if done.returncode:
                return row | {"missing": done.stderr.strip().splitlines()[0]}
            if number >= 0:
                row["bytes"].append(int(done.stdout.split()[-1]))
    return row


def page(tree: Tree) -> str:
    """Return the table."""
    rows = []
    for row in tree["rows"]:
        first = [row["network"], row["kernels"]]
        if not row["bytes"]:
            rows.append([*first, f"did not run: {row['missing']}", "", ""])
            continue
        ratio = verdict(median(row["bytes"]) / row["bound"], 1.0, 3)
        rows.append([*first, spread([n / MIB for n in row["bytes"]], 1, " MiB"), f"{row['bound'] / MIB:.1f} MiB", ratio])
    return table(["network", "kernels", "above the imports", "bar", "ratio"], rows)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mnist", type=Path, metavar="MNIST.npz", help="the data")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each is measured (default: %(default)s)")
    told = parser.parse_args()
    if not Path("/proc/self/clear_refs").exists():
        sys.exit("this system does not tell how large a process has been since its imports")
    rows = [measure(work, kernels, told.mnist.resolve(), told.runs) for work in WORKS for kernels in KERNELS]
    print(page(save("memory", told, rows=rows)))


if __name__ == "__main__":
    main()
