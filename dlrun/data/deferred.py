"""Inputs that are made when somebody asks for them: bytes stay bytes until then, and never stand beside what is made of them."""

import numpy as np

from dlrun.arrays import Array, aligned_zeros
from dlrun.data.preprocessing import Normalization
from dlrun.data.raw import RawArray, Selection, row_blocks


class DeferredInputs:
    """The normalized inputs x (m, n) of one part that brings small integers, made in their raw values' place.

    Until then the raw values wait at the end of the memory that x will fill, the rest of which is not touched. x is made from its
    first row on: with s bytes a raw value and d ≥ s one of x, its first i rows end at byte i n d, and the raw rows from i on
    begin at m n (d − s) + i n s, which is no less.
    """

    def __init__(self, selection: Selection, normalization: Normalization, dtype: str) -> None:
        raw = selection.examples.x
        self._x = aligned_zeros((len(selection), raw.shape[1]), dtype)
        places: RawArray = self._x.reshape(-1).view(raw.dtype)
        self._raw: RawArray | None = places[len(places) - self._x.size :].reshape(self._x.shape)
        np.take(raw, selection.rows, axis=0, out=self._raw, mode="clip")  # "raise" would gather into a hidden buffer first
        self._normalization = normalization
        self._rows = 0  # made so far
        self._block, self._begins = self._x[:0], -1  # rows that are normalized, but perhaps not yet in their place

    @staticmethod
    def possible(selection: Selection, normalization: Normalization, dtype: str) -> bool:
        """Whether the raw values fit into the place of x, and none that their type allows is too large for `dtype`."""
        raw = selection.examples.x.dtype
        return raw.kind in "iu" and raw.itemsize <= np.dtype(dtype).itemsize and normalization.bears(raw, dtype)

    @property
    def nbytes(self) -> int:
        """The bytes of x, made or not."""
        return self._x.nbytes

    def made(self) -> Array:
        """Return x, which is made the first time; after an interruption it goes on where it was."""
        if self._raw is None:
            return self._x
        for rows in row_blocks(*self._x.shape):
            if rows.start < self._rows:
                continue
            if rows.start != self._begins:  # else writing these may have begun, over raw values of their own
                self._block = self._normalization.normalized(self._raw[rows].astype(np.float64))
                self._begins = rows.start
            self._x[rows] = self._block
            self._rows = rows.stop
        self._raw, self._block = None, self._x[:0]
        return self._x
