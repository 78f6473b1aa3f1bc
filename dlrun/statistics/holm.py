"""Many tests at once: p-values that hold for all of them together."""

from collections.abc import Sequence

import numpy as np

from dlrun.arrays import Array


def holm(p: Sequence[float] | Array) -> Array:
    """Return p-values (k,) corrected for k tests: below α in even one true case only with a probability of α at most.

    p'₍ᵢ₎ = max_{j ≤ i} min(1, (k − j + 1) p₍ⱼ₎), the i-th smallest counted from 1; nothing is assumed about their dependence.
    Source: Holm 1979, Scand. J. Stat. 6, 65–70.
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    factors = np.arange(len(given), 0, -1)
    corrected = np.empty_like(given)
    corrected[order] = np.maximum.accumulate(np.minimum(1.0, factors * given[order]))
    return corrected
