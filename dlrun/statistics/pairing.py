"""Two runs' answers for the same examples, put side by side: by the ids of the examples, whatever order they came in."""

from collections.abc import Hashable, Sequence

import numpy as np

from dlrun.arrays import Array

SAME_LABEL = 1e-5  # of the labels' spread: a target that was standardized in float32 and taken back is not the same to the bit


def in_one_only(first: Sequence[Hashable], other: Sequence[Hashable]) -> tuple[int, int]:
    """Return how many ids only the first has, and how many only the other."""
    return len(set(first) - set(other)), len(set(other) - set(first))


def places_in(other: Sequence[Hashable], first: Sequence[Hashable]) -> list[int]:
    """Return where in other each id of first stands; both have the same ids."""
    place = {name: k for k, name in enumerate(other)}
    return [place[name] for name in first]


def unlike_words(first: Sequence[str], other: Sequence[str]) -> int:
    """Return how many labels of a classification differ."""
    return sum(ours != theirs for ours, theirs in zip(first, other, strict=True))


def unlike_numbers(first: Sequence[float] | Array, other: Sequence[float] | Array) -> int:
    """Return how many targets (m,) of a regression differ by more than what a change of units and back leaves."""
    first, other = np.asarray(first, dtype=np.float64), np.asarray(other, dtype=np.float64)
    return int(np.count_nonzero(np.abs(first - other) > SAME_LABEL * (np.ptp(first) + np.abs(first).mean())))
