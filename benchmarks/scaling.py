"""How the seconds of a step grow with examples, width, depth and batch size: dlrun, and PyTorch beside it, with fitted exponents.

    python -m benchmarks.scaling [--rounds 5]

Each axis is a grid of six sizes, twice as large each; at each size the contenders take turns as in benchmarks.steps. The exponent
is the slope of log seconds over log size by least squares, with its standard error: over all sizes, and over the upper three,
where what a step costs at any size weighs less. A product that grows tenfold takes ten times as long: 1 for examples and depth,
between 1 and 2 for width. Writes results/scaling.svg.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise

import numpy as np

from benchmarks.figure import draw_scaling
from benchmarks.record import FOLDER, Tree, save, table
from benchmarks.rounds import Entry, side_by_side
from benchmarks.steps import NUMBA, NUMPY, Row, thread_counts
from benchmarks.work import Work

ROUNDS = 5
SECONDS = 0.15  # about what a round is to take
UPPER = 3  # sizes of the second fit
PEER = "PyTorch"
AXES = {
    "examples of a full batch, 784-128-10": (256, 512, 1024, 2048, 4096, 8192),
    "width w, 256-w-w-10, batch 128": (64, 128, 256, 512, 1024, 2048),
    "hidden layers of 128, 128 inputs, batch 128": (1, 2, 4, 8, 16, 32),
    "batch size, 784-128-10": (16, 32, 64, 128, 256, 512),
}


def work_of(axis: str, size: int) -> Work:
    """Return the work at one size."""
    match axis.split()[0]:
        case "examples":
            return _timed(widths=(784, 128, 10), batch=size, full=True)
        case "width":
            return _timed(widths=(256, size, size, 10), batch=128)
        case "hidden":
            return _timed(widths=(128, *[128] * size, 10), batch=128)
        case _:
            return _timed(widths=(784, 128, 10), batch=size)


def _timed(*, widths: tuple[int, ...], batch: int, full: bool = False) -> Work:
    """Return work that takes about SECONDS a round, at 10¹¹ operations a second and 50 µs a layer."""
    weights = sum(n_in * n_out for n_in, n_out in pairwise(widths))
    steps = max(3, min(1000, round(SECONDS / (6 * batch * weights / 1e11 + 50e-6 * len(widths)))))
    m, epochs = (batch, steps) if full else (steps * batch, 1)
    return Work(name="scaling", widths=widths, batch=batch, m=m, epochs=epochs)


def measure(axis: str, size: int, rounds: int) -> Tree:
    """Return the row of one size."""
    print(f"{axis}: {size}", file=sys.stderr)
    ours = [Entry(NUMPY, "ours", {"kernels": "numpy"}), Entry(NUMBA, "ours", {"kernels": "numba"})]
    peers = [Entry(PEER, "pytorch", {"threads": n}) for n in thread_counts()]
    work = work_of(axis, size)
    found = side_by_side([*ours, *peers], work, rounds)
    return {"axis": axis, "size": size, "work": asdict(work), "timed": [asdict(timed) for timed in found]}


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """Return the slope of log seconds over log size, and its standard error."""
    x, y = np.log(sizes), np.log(seconds)
    slope, intercept = np.polyfit(x, y, 1)
    residuals = y - (slope * x + intercept)
    return float(slope), float(np.sqrt(residuals @ residuals / (len(x) - 2) / np.sum((x - x.mean()) ** 2)))


def series(tree: Tree, axis: str) -> dict[str, tuple[list[int], list[float]]]:
    """Return sizes and microseconds a step of each contender that ran at all of them, with its better number of threads."""
    rows = [(row["size"], Row(row)) for row in tree["rows"] if row["axis"] == axis]
    found = {}
    for name in (NUMPY, NUMBA, PEER):
        points = [(size, 1e6 * best.median / row.work.steps) for size, row in rows if (best := row.best(name))]
        if len(points) == len(rows):
            found[name] = ([size for size, _ in points], [micro for _, micro in points])
    return found


def page(tree: Tree) -> str:
    """Return a table for each axis."""
    parts = []
    for axis in dict.fromkeys(row["axis"] for row in tree["rows"]):
        found = series(tree, axis)
        sizes = next(iter(found.values()))[0]
        rows = [
            [name, *(f"{micro:,.0f}" for micro in micros), fitted(sizes, micros), fitted(sizes[-UPPER:], micros[-UPPER:])]
            for name, (_, micros) in found.items()
        ]
        heading = [f"µs a step · {axis}", *map(str, sizes), "exponent", f"of the upper {UPPER}"]
        parts.append(table(heading, rows))
    return "\n\n".join([*parts, "![seconds a step against size](results/scaling.svg)"])


def fitted(sizes: Sequence[float], micros: Sequence[float]) -> str:
    """Write an exponent with its standard error."""
    slope, error = exponent(sizes, micros)
    return f"{slope:.2f} ± {error:.2f}"


def main() -> None:
    """Measure, print, keep, draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how many at each size (default: %(default)s)")
    told = parser.parse_args()
    tree = save("scaling", told, rows=[measure(axis, size, told.rounds) for axis, sizes in AXES.items() for size in sizes])
    print(page(tree))
    draw_scaling({axis: series(tree, axis) for axis in AXES}, FOLDER / "scaling.svg")


if __name__ == "__main__":
    main()
