"""How often a proof tries, and what it hands over to the table that is printed and kept in docs/PROOF.md.

`make test` runs every proof with a small count, `make proof` with the full one. To add one, see CONTRIBUTING.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from hypothesis import HealthCheck, settings

FULL = os.environ.get("DLRUN_PROOF") == "full"
WRITTEN = os.environ.get("DLRUN_PROOF") in ("full", "few")  # whether docs/PROOF.md gets the rows, with their counts
RecordProperty = Callable[[str, object], None]


def cases(full: int, few: int) -> int:
    """Return how many cases to try: the full count in `make proof`, a few otherwise."""
    return full if FULL else few


def tries(full: int, few: int) -> settings:
    """Return the settings of a property with that many cases."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
    return settings(max_examples=cases(full, few), suppress_health_check=slow, deadline=None, database=None)


@dataclass
class Proof:
    """A row of the table: what is promised, in how many cases it was tried, what was found, what must hold."""

    promise: str
    bar: str
    cases: int = 0
    figure: str = ""
    verdict: str = "FAILS"


@contextmanager
def proof(record_property: RecordProperty, promise: str, *, bar: str) -> Iterator[Proof]:
    """Hand over the row when the block ends; it holds if nothing in the block has failed."""
    row = Proof(promise, bar)
    try:
        yield row
        row.verdict = "holds"
    finally:
        record_property("proof", {name: str(value) for name, value in asdict(row).items()})
