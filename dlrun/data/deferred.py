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
        self._is_made = False

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
        """Return x, which is made the first time."""
        if not self._is_made:
            raw, self._raw = self._raw, None
            assert raw is not None, "who was interrupted while x was made does not ask for it again: half of it is overwritten"
            for rows in row_blocks(*raw.shape):
                self._x[rows] = self._normalization.normalized(raw[rows].astype(np.float64))
            self._is_made = True
        return self._x
