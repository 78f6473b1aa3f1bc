"""One contender in a process of its own: it sets itself up, warms up, and does a round for every line on stdin.

    python -m benchmarks.worker CONTENDER WORK OPTIONS      both as JSON; the conductor is benchmarks/rounds.py

Answers a line of JSON once it is ready, {"threads": …}, and one for each round, {"seconds": …, "loss": …}: the mean loss over the
examples of the round, as training saw them. Whatever a library prints goes to stderr.
"""

import json
import os
import sys
from importlib import import_module
from time import perf_counter
from typing import Protocol

from benchmarks.work import from_json


class Contender(Protocol):
    """What each module of benchmarks/contenders has: built from the work and its options, ready to train."""

    threads: int

    def train(self) -> float | None:
        """Do one round; return the mean loss over its examples, if there is one."""


def main() -> None:
    """Serve until stdin ends."""
    name, work, options = sys.argv[1], from_json(json.loads(sys.argv[2])), json.loads(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    contender: Contender = import_module(f"benchmarks.contenders.{name}").Contender(work, **options)
    contender.train()  # compiles, and fills the caches
    print(json.dumps({"threads": contender.threads}), file=answers)
    for _ in sys.stdin:
        began = perf_counter()
        loss = contender.train()
        print(json.dumps({"seconds": perf_counter() - began, "loss": loss}), file=answers)


if __name__ == "__main__":
    main()
