"""Folds: which of k equal portions each row belongs to, so that every row is in dev exactly once."""

import numpy as np

from dlrun.arrays import IntArray
from dlrun.errors import InvalidInput, Problem
from dlrun.seeding import Stream, rng_for

WHERE = "data.split.fold"


def deal(m: int, k: int, seed: int, labels: IntArray | None = None) -> IntArray:
    """Return the fold (m,) of each of m rows, dealt in random order; folds differ by one row at most.

    With class indices `labels` (m,) they are dealt class after class, so folds differ by one row a class at most, too.
    Errors: InvalidInput if there are fewer rows, or fewer of a class, than folds.
    """
    _require(m, f"there {_are(m, 'row')}", k)
    order = rng_for(seed, Stream.FOLDS).permutation(m)
    if labels is not None:
        sizes = np.bincount(labels)
        smallest = int(sizes[sizes > 0].min())
        _require(smallest, f"there {_are(smallest, 'row')} of the smallest class", k, ", or data.split.stratify: false")
        order = order[np.argsort(labels[order], kind="stable")]
    folds = np.empty(m, dtype=np.int64)
    folds[order] = np.arange(m) % k
    return folds


def deal_groups(groups: IntArray, k: int, seed: int) -> IntArray:
    """Return the fold (m,) of each row, those of one group together: the largest group first, each to the smallest fold.

    Groups of one size come in random order. Errors: InvalidInput if there are fewer groups than folds.
    Source: Graham 1969, SIAM J. Appl. Math. 17, 416–429 (longest processing time first): no fold is a third larger than it must.
    """
    present, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    _require(len(present), f"there {_are(len(present), 'group')}", k)
    shuffled = rng_for(seed, Stream.FOLDS).permutation(len(present))
    fold_of, filled = np.empty(len(present), dtype=np.int64), np.zeros(k, dtype=np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return np.asarray(fold_of[inverse])


def deal_places(places: np.ndarray, k: int) -> IntArray:
    """Return the fold (m,) of each row by its place in [0, 1), whatever the other rows are.

    Errors: InvalidInput if a fold gets none.
    """
    folds = np.minimum((places * k).astype(np.int64), k - 1)
    filled = len(np.unique(folds))
    _require(filled, f"the hashes fill {filled}", k)
    return folds


def _require(count: int, what: str, k: int, cure: str = "") -> None:
    if count < k:
        fewer = f"--folds {count} at most" if count > 1 else "more data"
        raise InvalidInput(Problem(what=f"{what}, too few for {k} folds", where=WHERE, cure=fewer + cure))


def _are(count: int, noun: str) -> str:
    return f"is 1 {noun}" if count == 1 else f"are {count:,} {noun}s"
