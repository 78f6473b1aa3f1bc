"""How far two sides are apart, in every block of parameters, relative to its largest entry."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array
from tests.oracle.cases import Case

TOLERANCE = 1e-9  # of a block's largest entry, after 50 steps
RATE_TOLERANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the parity table."""

    name: str
    cases: int
    worst: float
    where: str
    over: tuple[str, ...]  # what is above the tolerance

    def __str__(self) -> str:
        """Write the row in columns."""
        return f"{self.name:<28}{self.cases:>4} cases   {self.worst:.1e}   {self.where}"


def parity(name: str, sides: Iterable[tuple[Case, Array, Array]], tolerance: float = TOLERANCE) -> Row:
    """Compare ours with theirs in every case: blocks after the last step (size,), or after every step (STEPS, size)."""
    found = {case: errors(case, ours, theirs) for case, ours, theirs in sides}
    each = ((error, f"{case}: {block}") for case, blocks in found.items() for block, error in blocks.items())
    ranked = sorted(each, reverse=True)
    over = tuple(f"{where} {error:.1e}" for error, where in ranked if not error <= tolerance)
    return Row(name=name, cases=len(found), worst=ranked[0][0], where=ranked[0][1], over=over)


def errors(case: Case, ours: Array, theirs: Array) -> dict[str, float]:
    """Return by block the largest difference, over the largest entry there is in that block at that step."""
    assert ours.shape == theirs.shape, f"{case}: {ours.shape} here, {theirs.shape} there"
    found, place = {}, 0
    for block, shape in case.blocks.items():
        here = slice(place, place := place + int(np.prod(shape)))
        differences, sizes = np.abs(ours - theirs)[..., here].max(axis=-1), np.abs(theirs)[..., here].max(axis=-1)
        found[block] = float(np.nan_to_num(differences / sizes, nan=np.inf).max())
    return found


def rate_parity(sides: Iterable[tuple[str, Array, Array]]) -> Row:
    """Compare the rates of every schedule, step by step, relative to the rate."""
    found = {name: float(np.abs(ours / theirs - 1).max()) for name, ours, theirs in sides}
    where = max(found, key=lambda name: found[name])
    over = tuple(f"{name} {error:.1e}" for name, error in found.items() if not error <= RATE_TOLERANCE)
    return Row(name="schedules", cases=len(found), worst=found[where], where=where, over=over)
