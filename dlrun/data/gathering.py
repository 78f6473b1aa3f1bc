"""Gathering: rows of an array, wherever they lie, one behind the other in memory that is made once; also by a thread, ahead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Self

import numpy as np

from dlrun.arrays import Array, IntArray, aligned_zeros
from dlrun.data.labels import LabelArray


@dataclass(frozen=True)
class Block:
    """Room for examples, x (size, n) and y (size,); filled anew whenever the one before has been read."""

    x: Array
    y: LabelArray

    @classmethod
    def room(cls, x: Array, y: LabelArray, size: int) -> Self:
        """Return room for `size` examples like these."""
        return cls(aligned_zeros((size, x.shape[1]), x.dtype), np.empty(size, y.dtype))

    def fill(self, x: Array, y: LabelArray, rows: IntArray) -> None:
        """Copy rows of x and y to the beginning."""
        # mode="clip": the default would gather into a hidden buffer first. The rows are in range.
        np.take(x, rows, axis=0, out=self.x[: len(rows)], mode="clip")
        np.take(y, rows, axis=0, out=self.y[: len(rows)], mode="clip")


def gather(x: Array, y: LabelArray, pieces: Sequence[IntArray], blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the first block with each piece of the rows in turn."""
    for rows in pieces:
        blocks[0].fill(x, y, rows)
        yield blocks[0]


def gather_ahead(x: Array, y: LabelArray, pieces: Sequence[IntArray], blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield blocks with each piece of the rows in turn, while a thread fills the next ones: NumPy copies unlocked."""
    free: SimpleQueue[Block | None] = SimpleQueue()
    full: SimpleQueue[Block | BaseException] = SimpleQueue()

    def work() -> None:
        try:
            for rows in pieces:
                block = free.get()
                if block is None:
                    return
                block.fill(x, y, rows)
                full.put(block)
        except BaseException as error:  # whoever waits must hear of it
            full.put(error)

    for block in blocks:
        free.put(block)
    worker = Thread(target=work, name="dlrun-gather", daemon=True)
    worker.start()
    try:
        for _ in pieces:
            filled = full.get()
            if isinstance(filled, BaseException):
                raise filled
            yield filled
            free.put(filled)
    finally:
        free.put(None)
        worker.join()
