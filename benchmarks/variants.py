"""What batch norm, dropout, l2 and each optimizer cost: microseconds a step at A and D, dlrun beside PyTorch and JAX.

    python -m benchmarks.variants [--shapes AD] [--rounds 5]

As benchmarks.steps has it, but for what is varied; for JAX every optimizer is written out.
"""

import argparse
import sys
from dataclasses import asdict, replace
from typing import Any

from benchmarks.record import Tree, save, table
from benchmarks.rounds import Entry, side_by_side
from benchmarks.steps import NUMBA, NUMPY, Row, cell, ratio, thread_counts, title
from benchmarks.work import SHAPES, Work

ROUNDS = 5
PEERS = {"PyTorch": "pytorch", "JAX": "jax_scan"}
SHARE = 0.4  # of the steps a round has in benchmarks.steps
VARIANTS: dict[str, dict[str, Any]] = {
    "plain, adam": {},
    "batch norm": {"batch_norm": True},
    "dropout, keep_prob 0.8": {"keep_prob": 0.8},
    "l2, λ = 0.1": {"l2": 0.1},
    "gradient_descent": {"optimizer": "gradient_descent"},
    "momentum": {"optimizer": "momentum"},
    "nesterov": {"optimizer": "nesterov"},
    "adagrad": {"optimizer": "adagrad"},
    "rmsprop": {"optimizer": "rmsprop"},
    "adamw": {"optimizer": "adamw"},
    "nadam": {"optimizer": "nadam"},
}


def entries() -> list[Entry]:
    """Return all that take part."""
    ours = [Entry(NUMPY, "ours", {"kernels": "numpy"}), Entry(NUMBA, "ours", {"kernels": "numba"})]
    return ours + [Entry(name, module, {"threads": n}) for name, module in PEERS.items() for n in thread_counts()]


def measure(work: Work, variant: str, rounds: int) -> Tree:
    """Return the row of one variant at one shape."""
    print(f"{work.name}  {variant}", file=sys.stderr)
    varied = replace(work.of_steps(round(SHARE * work.steps)), **VARIANTS[variant])
    return {
        "variant": variant,
        "work": asdict(varied),
        "timed": [asdict(timed) for timed in side_by_side(entries(), varied, rounds)],
    }


def page(tree: Tree) -> str:
    """Return a table for each shape."""
    heading = [NUMPY, NUMBA, *PEERS, "Numba / faster peer", "NumPy / faster peer"]
    parts = ["µs a step, the median of the rounds; in parentheses the threads, for the peers those that are faster."]
    for name in dict.fromkeys(row["work"]["name"] for row in tree["rows"]):
        found = [(tree_of["variant"], Row(tree_of)) for tree_of in tree["rows"] if tree_of["work"]["name"] == name]
        rows = [
            [
                variant
                + (" **OTHER WORK: " + ", ".join(one.name for one in others) + "**" if (others := row.strangers()) else ""),
                *(cell(row, row.best(label)) for label in heading[: 2 + len(PEERS)]),
                ratio(row.best(NUMBA), row.peer(*PEERS), None),
                ratio(row.best(NUMPY), row.peer(*PEERS), None),
            ]
            for variant, row in found
        ]
        parts.append(table([title(found[0][1].work), *heading], rows))
    return "\n\n".join(parts)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shapes", default="AD", help="which of them (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how many each (default: %(default)s)")
    told = parser.parse_args()
    rows = [measure(SHAPES[name], variant, told.rounds) for name in told.shapes for variant in VARIANTS]
    print(page(tree := save("variants", told, rows=rows)))
    if others := [f"{row['variant']} {one.name}" for row in tree["rows"] for one in Row(row).strangers()]:
        sys.exit(f"other losses than the others': {', '.join(others)}")


if __name__ == "__main__":
    main()
