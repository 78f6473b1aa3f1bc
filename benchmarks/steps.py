"""Microseconds a training step: dlrun, its peers, and the matrix products alone, on the same work.

    python -m benchmarks.steps [--shapes ABCDEF] [--rounds 9]

Every contender trains the same network from the same initial weights on the same examples, with Adam at 1e-3, ReLU, softmax
cross-entropy, float32; a round is an epoch over shuffled mini-batches that are gathered from all examples. They take turns, round
after round. Peers run with one thread and with all, and the better one counts. Exit code 1 says that somebody did other work:
the mean losses of all rounds differ by more than chance.
"""

import argparse
import os
import sys
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.record import Tree, save, spread, table, verdict
from benchmarks.rounds import Entry, Timed, fastest, ratios, side_by_side
from benchmarks.work import SHAPES, Work, from_json

ROUNDS = 9
NUMPY, NUMBA, FLOOR = "dlrun, NumPy", "dlrun, Numba", "products"
PEERS = {  # in the order of the table: the module and its options; the first three are those that the bar is about
    "scikit-learn": ("scikit_learn", {}),
    "PyTorch": ("pytorch", {}),
    "JAX": ("jax_scan", {}),
    "torch.compile": ("pytorch", {"compiled": True}),
    "Keras": ("keras_fit", {}),
}
JUDGED = ("scikit-learn", "PyTorch", "JAX")
TO_FASTEST = {"A": 0.75, "B": 0.75, "C": 0.85, "D": 0.85, "E": 0.9, "F": 1.02}
TO_EAGER = 1.0  # dlrun with NumPy, against scikit-learn and PyTorch
TO_PRODUCTS = {"A": 1.85, "C": 1.85, "D": 1.4, "E": 1.2, "F": 1.15}
# What the order of the examples alone does to the mean loss of all rounds: the deviation over 8 seeds of dlrun, relative.
# F is so large and its steps so few that Adam leaps at first. Five of these are allowed, or 3 % for what libraries do otherwise
# (one output for two classes, decay of biases): a wrong gradient, another rate or a step left out is farther off.
CHANCE = {"A": 0.0052, "B": 0.0089, "C": 0.0017, "D": 0.0025, "E": 0.0097, "F": 0.11}
DEVIATIONS, AT_LEAST = 5, 0.03


def thread_counts() -> list[int]:
    """Return one, and all cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return sorted({1, cores})


def entries() -> list[Entry]:
    """Return all that take part."""
    threads = thread_counts()
    ours = [Entry(NUMPY, "ours", {"kernels": "numpy"}), Entry(NUMBA, "ours", {"kernels": "numba"})]
    floor = [Entry(FLOOR, "products", {"threads": n}) for n in threads]
    peers = [Entry(name, module, options | {"threads": n}) for name, (module, options) in PEERS.items() for n in threads]
    return [*ours, *floor, *peers]


def measure(work: Work, rounds: int) -> Tree:
    """Return the row of one shape."""
    print(f"{work.name}  {work.network}, batch {work.batch}, {work.steps} steps a round", file=sys.stderr)
    return {"work": asdict(work), "timed": [asdict(timed) for timed in side_by_side(entries(), work, rounds)]}


class Row:
    """What was measured at one shape."""

    def __init__(self, tree: Tree) -> None:
        self.work = from_json(tree["work"])
        self.timed = [Timed(**timed) for timed in tree["timed"]]

    def best(self, name: str) -> Timed | None:
        """Return the contender of this name, with the better number of threads."""
        return fastest([timed for timed in self.timed if timed.name == name])

    def floor(self, threads: int) -> Timed | None:
        """Return the matrix products at this number of threads."""
        return fastest([timed for timed in self.timed if timed.name == FLOOR and timed.threads == threads])

    def peer(self, *names: str) -> Timed | None:
        """Return the fastest of these."""
        return fastest([timed for timed in self.timed if timed.name in names])

    def micro(self, timed: Timed | None) -> list[float]:
        """Return the microseconds a step, round by round."""
        return [1e6 * seconds / self.work.steps for seconds in timed.seconds] if timed else []

    def strangers(self) -> list[Timed]:
        """Return whose loss is another than the others'."""
        told = [timed for timed in self.timed if timed.loss is not None]
        middle = median(timed.loss for timed in told)
        allowed = max(DEVIATIONS * CHANCE[self.work.name], AT_LEAST) * middle
        return [timed for timed in told if not abs(timed.loss - middle) <= allowed]


def ratio(a: Timed | None, b: Timed | None, bar: float | None) -> str:
    """Write the median of the ratios of the rounds, and whether it is within the bar."""
    return verdict(median(ratios(a, b)), bar) if a and b else "–"


def page(tree: Tree) -> str:
    """Return the tables."""
    rows = [Row(row) for row in tree["rows"]]
    names = [FLOOR, NUMPY, NUMBA, *PEERS]
    figures = [[title(row.work), *(cell(row, row.best(name)) for name in names)] for row in rows]
    parts = [
        "µs a step, the median of the rounds; in parentheses the threads, for products and peers those that are faster:",
        table(["shape", *names], figures),
        "Ratios, each the median of those of the rounds, and their bars; eager are scikit-learn and PyTorch:",
        table(
            ["shape", "Numba / fastest peer", "NumPy / faster eager", "Numba / products", "NumPy / products"], map(judged, rows)
        ),
        "µs a step from the least to the most; the mean loss over the examples of the last round, and of all rounds:",
        table(["shape", "contender", "threads", "µs a step", "last", "all"], [told for row in rows for told in spreads(row)]),
    ]
    return "\n\n".join(parts)


def title(work: Work) -> str:
    """Name the row."""
    return f"{work.name} {work.network}, {work.batch}"


def cell(row: Row, timed: Timed | None) -> str:
    """Write one figure."""
    return f"{median(row.micro(timed)):,.0f} ({timed.threads})" if timed else "–"


def judged(row: Row) -> list[str]:
    """Return the ratios at one shape."""
    numpy, numba, rival = row.best(NUMPY), row.best(NUMBA), row.peer(*JUDGED)
    name = row.work.name
    return [
        name,
        ratio(numba, rival, TO_FASTEST.get(name)) + (f" ({rival.name})" if rival else ""),
        ratio(numpy, row.peer("scikit-learn", "PyTorch"), TO_EAGER),
        ratio(numba, row.floor(numba.threads), TO_PRODUCTS.get(name)) if numba else "–",
        ratio(numpy, row.floor(numpy.threads), None) if numpy else "–",
    ]


def spreads(row: Row) -> list[list[str]]:
    """Return a row for each contender that ran, and why the others did not."""
    strangers = row.strangers()
    return [
        [
            row.work.name,
            timed.name,
            str(timed.threads or "–"),
            spread(row.micro(timed)) if timed.seconds else f"did not run: {timed.missing}",
            "" if timed.loss is None else f"{timed.losses[-1]:.4f}",
            "" if timed.loss is None else f"{timed.loss:.4f}{' **OTHER WORK**' if timed in strangers else ''}",
        ]
        for timed in row.timed
    ]


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shapes", default="".join(SHAPES), help="which of them (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how many each (default: %(default)s)")
    told: Any = parser.parse_args()
    tree = save("steps", told, rows=[measure(SHAPES[name], told.rounds) for name in told.shapes])
    print(page(tree))
    if strangers := [f"{row.work.name} {one.name}" for row in map(Row, tree["rows"]) for one in row.strangers()]:
        sys.exit(f"other losses than the others': {', '.join(strangers)}")


if __name__ == "__main__":
    main()
