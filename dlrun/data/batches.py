"""Mini-batches: the examples in an order of their own each epoch, gathered into buffers that are made once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array, IntArray, aligned_zeros
from dlrun.data.labels import LabelArray
from dlrun.data.splits import Examples
from dlrun.seeding import Stream, rng_for


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


class Batches:
    """The mini-batches of a training part; a batch size of m or more is the whole part, in order and without a copy."""

    def __init__(self, examples: Examples, batch_size: int, seed: int) -> None:
        self.examples = examples
        self.batch_size = min(batch_size, len(examples))
        self.seed = seed
        if self.batch_size < len(examples):
            self._x = aligned_zeros((self.batch_size, examples.x.shape[1]), examples.x.dtype)
            self._y = np.empty(self.batch_size, examples.y.dtype)

    def __len__(self) -> int:
        """Return the number of mini-batches in an epoch; the last may be smaller than the others."""
        return -(-len(self.examples) // self.batch_size)

    def epoch(self, epoch: int, position: int = 0) -> Iterator[Batch]:
        """Yield the epoch's mini-batches from `position` examples on, a multiple of the batch size, in one reused Batch."""
        m = len(self.examples)
        assert position % self.batch_size == 0 or position == m, "an epoch is entered between two mini-batches"
        x, y = self.examples.x, self.examples.y
        if self.batch_size == m:
            if position == 0:
                yield Batch(x, y)
            return
        batch = Batch(self._x, self._y)
        order = shuffled_rows(m, self.seed, epoch)
        for start in range(position, m, self.batch_size):
            rows = order[start : start + self.batch_size]
            batch.x, batch.y = self._x[: len(rows)], self._y[: len(rows)]
            # mode="clip": the default would gather into a hidden buffer first. The rows are in range.
            np.take(x, rows, axis=0, out=batch.x, mode="clip")
            np.take(y, rows, axis=0, out=batch.y, mode="clip")
            yield batch
