"""Mini-batches: the examples in an order of their own each epoch, gathered into memory that is made once.

Several small ones are gathered in one go. A thread that gathers ahead does not pay: waking it takes longer than most gathering
(benchmarks/NOTES.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array, IntArray, aligned_zeros
from dlrun.data.labels import LabelArray
from dlrun.data.splits import Examples
from dlrun.kernels import NUMPY, Kernels
from dlrun.seeding import Stream, rng_for

AT_ONCE = 1 << 18  # bytes that are gathered in one go, if a mini-batch is not larger: they stay in a core's own cache


@dataclass(slots=True)
class Batch:
    """One mini-batch, x (size, n) and y (size,); the next one overwrites it."""

    x: Array
    y: LabelArray

    def __len__(self) -> int:
        return len(self.x)


def shuffled_rows(m: int, seed: int, epoch: int) -> IntArray:
    """Return the order of m examples in one epoch, which seed and epoch alone decide."""
    return rng_for(seed, Stream.SHUFFLE, epoch).permutation(m)


def boundaries(m: int, batch_size: int, smallest: int = 1) -> list[tuple[int, int]]:
    """Return where each mini-batch of an epoch starts and ends; a last one below `smallest` examples joins the one before."""
    starts = list(range(0, m, min(batch_size, m)))
    if len(starts) > 1 and m - starts[-1] < smallest:
        starts.pop()
    return list(zip(starts, [*starts[1:], m], strict=True))


def largest_batch(m: int, batch_size: int, smallest: int = 1) -> int:
    """Return how many examples the largest of these mini-batches has."""
    size = min(batch_size, m)
    last = m % size or size
    return size + last if last < smallest and size < m else size


class Batches:
    """The mini-batches of a training part; a batch size of m or more is the whole part, in order and without a copy."""

    def __init__(self, examples: Examples, batch_size: int, seed: int, *, smallest: int = 1, kernels: Kernels = NUMPY) -> None:
        self.examples, self.kernels = examples, kernels
        self.boundaries = boundaries(len(examples), batch_size, smallest)
        self.seed = seed
        if len(self.boundaries) == 1:
            return
        largest = max(end - start for start, end in self.boundaries)
        self.per_block = max(1, AT_ONCE // (largest * examples.x[0].nbytes))
        rows = min(self.per_block * largest, len(examples))
        self._x = aligned_zeros((rows, examples.x.shape[1]), examples.x.dtype)
        self._y = np.empty(rows, examples.y.dtype)

    def __len__(self) -> int:
        """Return the number of mini-batches in an epoch; the last may be smaller than the others."""
        return len(self.boundaries)

    def epoch(self, epoch: int, position: int = 0) -> Iterator[Batch]:
        """Yield the epoch's mini-batches from `position` examples on, where one starts, in one reused Batch."""
        m = len(self.examples)
        left = [(start, end) for start, end in self.boundaries if start >= position]
        assert position in {m, *(start for start, _ in self.boundaries)}, "an epoch is entered between two mini-batches"
        x, y = self.examples.x, self.examples.y
        if len(self.boundaries) == 1:
            yield from (Batch(x, y) for _ in left)
            return
        order = shuffled_rows(m, self.seed, epoch)
        batch = Batch(self._x, self._y)
        for k in range(0, len(left), self.per_block):
            block = left[k : k + self.per_block]
            first, rows = block[0][0], order[block[0][0] : block[-1][1]]
            self.kernels.gather(x, rows, self._x[: len(rows)])
            np.take(y, rows, axis=0, out=self._y[: len(rows)], mode="clip")
            for start, end in block:
                batch.x, batch.y = self._x[start - first : end - first], self._y[start - first : end - first]
                yield batch
