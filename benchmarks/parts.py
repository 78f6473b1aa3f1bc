"""What a run costs beside its steps, at 784-128-10, batch 128: rows of metrics, checkpoints, health of the layers, and checks.

    python -m benchmarks.parts MNIST.npz [--runs 5]

As benchmarks.overhead, with more parts: each call is timed without the timed calls inside it. The share is of the training time
that timings.csv tells, the evaluations on dev left out on both sides; what the health looks at within one counts as health.
"""

import argparse
import csv
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks import overhead
from benchmarks.record import Tree, save, spread, table, verdict

ROOT = Path(__file__).parents[1]
SPEC = "benchmarks/specs/mnist-128.yaml"
RUNS, BAR = 5, 0.03
EVALUATION = "evaluation on dev"
TIMED = overhead.TIMED | {
    ("dlrun.experiment.recording:Records", "add"): "rows",
    ("dlrun.experiment.run:Run", "log"): "rows",
    ("dlrun.training.state:Best", "offer"): "checkpoints",
    ("dlrun.training.health:Health", "before_update"): "health",
    ("dlrun.training.health:Health", "after_update"): "health",
    ("dlrun.training.health:Health", "watch"): "health",
    ("dlrun.training.health:Health", "layers"): "health",
    ("dlrun.training.loop", "evaluate"): EVALUATION,
}
PARTS = tuple(dict.fromkeys(TIMED.values()))
COUNTED = tuple(part for part in PARTS if part != EVALUATION)


def train_timed(told: str) -> None:
    """Run the command that sys.argv says, and write down what its parts took."""
    overhead.TIMED, overhead.PARTS = TIMED, PARTS
    overhead.train_timed(told)


def measure(mnist: Path, runs: int) -> list[Tree]:
    """Train so many times, and once before; each time the seconds of training and of each part."""
    overhead.CHILD = overhead.CHILD.replace("benchmarks.overhead", "benchmarks.parts")
    rows = []
    for number in range(-1, runs):
        with tempfile.TemporaryDirectory(dir=ROOT, prefix=".parts-") as made:  # on the disk that runs are kept on
            found = overhead.measure([SPEC, "-s", f"data.source.path={mnist}"], Path(made))
            with next(Path(made).glob("runs/2*/timings.csv")).open(newline="") as file:
                training = sum(float(row["seconds"]) for row in csv.DictReader(file))
        print(f"{number + 1}/{runs}", file=sys.stderr)
        rows.append(asdict(found) | {"training": training})
    return rows[1:]


def share(row: Tree) -> float:
    """Return the parts' share of the training time."""
    seconds = row["seconds"]
    return sum(seconds[part] for part in COUNTED) / (row["training"] - seconds[EVALUATION])


def page(tree: Tree) -> str:
    """Return the table."""
    rows = [
        [part, spread([1000 * row["seconds"][part] for row in tree["rows"]], 1, " ms"), f"{tree['rows'][0]['calls'][part]:,}"]
        for part in PARTS
    ]
    training = spread([row["training"] for row in tree["rows"]], 2, " s")
    middle = verdict(100 * median(share(row) for row in tree["rows"]), 100 * BAR)
    heading = ["part", "time", "calls"]
    return "\n\n".join([table(heading, [*rows, ["training, all of it", training, ""]]), f"- share, in %: {middle}"])


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mnist", type=Path, metavar="MNIST.npz", help="the data")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often it is trained (default: %(default)s)")
    told = parser.parse_args()
    print(page(save("parts", told, rows=measure(told.mnist.resolve(), told.runs))))


if __name__ == "__main__":
    main()
