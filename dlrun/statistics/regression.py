"""What a regression is worth beyond its root mean square error. `weights` (m,) say how often each example counts."""

from collections.abc import Callable

import numpy as np

from dlrun.arrays import Array


def mean_absolute_error(errors: Array) -> Callable[[Array], float]:
    """Return what computes Σ w |e| / Σ w from weights, in the target's units: less swayed by few large errors than the RMSE."""
    sizes = np.abs(errors.astype(np.float64))
    return lambda weights: _mean(sizes, weights)


def explained(targets: Array, errors: Array) -> Callable[[Array], float]:
    """Return what computes R² = 1 − Σ w e² / Σ w (y − ȳ)² from weights: 1 is perfect, 0 is no better than the mean of y.

    ȳ is the mean of these targets. NaN where they do not differ: there is nothing to explain.
    Source: scikit-learn's r2_score is the equal where targets differ.
    """
    y, squares = targets.astype(np.float64), np.square(errors.astype(np.float64))
    y = y - y[0] if len(y) else y  # R² does not care, and large targets lose no digits

    def r2(weights: Array) -> float:
        spread = _mean(np.square(y - _mean(y, weights)), weights)
        return 1 - _mean(squares, weights) / spread if spread > 0 else np.nan

    return r2


def _mean(values: Array, weights: Array) -> float:
    """Return Σ w v / Σ w; without BLAS, whose bits and speed depend on its threads."""
    return float((weights * values).sum() / weights.sum())
