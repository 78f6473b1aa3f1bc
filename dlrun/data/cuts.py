"""Where to cut a row of groups, so that the pieces come as near as possible to the sizes they should have."""

from collections.abc import Iterable, Sequence

import numpy as np

from dlrun.arrays import IntArray


def best_cuts(orders: Iterable[IntArray], sizes: IntArray, wanted: Sequence[int]) -> tuple[IntArray, tuple[int, ...]]:
    """Return the first order of the groups whose cuts miss least, and the cuts: how many groups come before each.

    There is a cut at the end of each of the pieces `wanted` (rows each), the last at the end of all. What is missed is
    Σ |rows before the cut − rows that should be before it|. As the first order with the least is taken, sizes that came out
    once, asked for as they came out, give the same order and the same cuts.
    """
    targets = np.cumsum(wanted)[:-1]
    best: tuple[int, IntArray, tuple[int, ...]] | None = None
    for order in orders:
        missed, cuts = _cut(np.cumsum(sizes[order]), targets)
        if best is None or missed < best[0]:
            best = missed, order, (*cuts, len(order))
        if not missed:
            break
    assert best is not None, "there is an order"
    return best[1:]


def _cut(ends: IntArray, targets: IntArray) -> tuple[int, list[int]]:
    """Return the cuts nearest to the targets, no piece empty, and by how much they miss; all cuts are tried at once.

    `ends` are the rows up to the end of each group. With least(b) = the least that the first i cuts miss if the i-th is after
    group b, the next one misses |ends − target| more, and comes after a later group.
    """
    if not len(targets):
        return 0, []
    far = int(ends[-1]) * (len(targets) + 1) + 1
    missed = np.abs(ends[:-1] - targets[0])
    before = []  # for each later cut: which place of the cut before it is best, by its own place
    for target in targets[1:]:
        least = np.minimum.accumulate(missed)
        first = np.concatenate([[0], np.flatnonzero(missed[1:] < least[:-1]) + 1])  # where a new least begins
        place = np.maximum.accumulate(_marks(first, len(missed)))
        before.append(place)
        missed = np.abs(ends[:-1] - target) + np.concatenate([[far], least[:-1]])
    at = int(missed.argmin())
    total, cuts = int(missed[at]), [at + 1]
    for place in reversed(before):
        at = int(place[at - 1])
        cuts.append(at + 1)
    return total, cuts[::-1]


def _marks(places: IntArray, length: int) -> IntArray:
    marks = np.zeros(length, dtype=np.int64)
    marks[places] = places
    return marks
