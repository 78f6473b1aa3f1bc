"""The first share of the training part, in a random order in which every share is contained in the larger ones."""

from collections.abc import Iterator

import numpy as np

from dlrun.arrays import IntArray
from dlrun.data.messages import listed
from dlrun.errors import InvalidInput, Problem
from dlrun.seeding import Stream, rng_for

WHERE = "data.train_share"


def first_share(share: float, m: int, seed: int, labels: IntArray | None = None) -> IntArray:
    """Return the sorted places of the first ⌊share · m⌋ of m training examples, in a random order that the seed draws.

    The order is one for all shares, so 20 % contains 10 %. With class indices `labels` (m,) it is systematic: the k-th of the n_c
    examples of class c, in random order, has the place (k + u_c)/n_c, u_c uniform in [0, 1), and the smallest places come first;
    so every share has the classes as the whole has them, and a rare one as often as chance would have it.
    Errors: InvalidInput at `data.train_share` if that is less than one example.
    Source: Madow & Madow 1944, Ann. Math. Stat. 15, 1–24 (systematic sampling).
    """
    count = int(np.floor(round(share * m, 6)))
    if count < 1:
        what = f"{100 * share:.10g} % of {m:,} training examples is less than one"
        raise InvalidInput(Problem(what=what, where=WHERE, cure=f"give at least {100 / m:.2g}%, or leave it out: null is all"))
    rng = rng_for(seed, Stream.TRAIN_SHARE)
    order = rng.permutation(m)
    if labels is not None:
        order = order[_places(labels[order], rng).argsort(kind="stable")]
    return np.sort(order[:count])


def _places(labels: IntArray, rng: np.random.Generator) -> np.ndarray:
    """Return (k + u_c)/n_c for each of these examples, of which each is the k-th of its class c."""
    sizes = np.bincount(labels)
    by_class = labels.argsort(kind="stable")
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(labels), dtype=np.int64)
    rank[by_class] = np.arange(len(labels)) - np.repeat(starts, sizes)
    return np.asarray((rank + rng.random(len(sizes))[labels]) / sizes[labels])


def share_notes(before: int, kept: IntArray | None, labels: IntArray, classes: tuple[str, ...] | None) -> Iterator[str]:
    """Yield how many of the training examples are used, and which classes only the others have."""
    if kept is None:
        return
    yield f"data.train_share: {len(kept):,} of {before:,} training examples are used"
    lost = np.setdiff1d(labels, labels[kept]).tolist() if classes else []
    if classes and lost:
        yield f"data.train_share leaves no training example of class {listed(classes[one] for one in lost)}"
