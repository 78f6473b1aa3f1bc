"""Inverted dropout."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt, Le

from dlrun.arrays import Array
from dlrun.nn.layers.runtime import Parameterless, Place


@dataclass(frozen=True, kw_only=True)
class Dropout(Parameterless):
    """Switch each unit off with probability 1 − keep_prob in training, and divide what stays by keep_prob.

    So the expected activation is the same with and without it, and at test time nothing is dropped or scaled.
    Source: Srivastava et al. 2014, JMLR 15, section 10 (the inverted form).
    """

    kind: Literal["dropout"] = "dropout"
    keep_prob: Annotated[float, Gt(0), Le(1)]
    needs_output: ClassVar[bool] = True  # at test time it is the input itself: the layer before's memory, or the data

    def build(self, place: Place) -> "RuntimeDropout":
        """Return the layer with its buffers."""
        return RuntimeDropout(self.keep_prob, place)


class RuntimeDropout:
    """Dropout at work: one mask a forward pass in training, none at test time."""

    def __init__(self, keep_prob: float, place: Place) -> None:
        self.keep_prob = keep_prob
        self.kernels = place.kernels
        self.output = place.output()
        self.mask = place.buffer(place.n_in)
        self.active = False

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return x with units switched off, or x itself at test time (rng None)."""
        self.active = rng is not None
        if rng is None:
            return x
        a = self.output.like(x)
        self.kernels.dropout(x, a, self.mask[: len(x)], rng, self.keep_prob)
        return a

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Return dz through the same mask."""
        if not need_dx:
            return None
        if self.active:
            self.kernels.dropout_backward(dz, self.mask[: len(dz)])
        return dz

    def kink_sides(self) -> None:
        """Return None: with its mask held fixed, dropout is linear."""
        return
