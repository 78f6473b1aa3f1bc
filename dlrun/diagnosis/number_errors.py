"""Where the errors of a regression are: on which side, how large, whether they grow with the target, and the largest."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from dlrun.statistics.error_sizes import quantiles, rank_correlation
from dlrun.statistics.intervals import Estimate, Interval
from dlrun.statistics.scores import mean_loss

SHARES = (0.25, 0.5, 0.75, 0.9, 0.95, 0.99)  # of the examples, whose errors lie below


@dataclass(frozen=True, kw_only=True)
class Miss:
    """One example of a regression, and by how much its prediction is above the target."""

    id: str
    target: float
    prediction: float
    loss: float

    @property
    def error(self) -> float:
        """Prediction − target."""
        return self.prediction - self.target


@dataclass(frozen=True, kw_only=True)
class NumberErrors:
    """The errors of a regression, in the target's units.

    bias is the mean of prediction − target with the bootstrap's limits, infinite where no sample differs; sizes are quantiles of
    |error| by the share of examples; trend is Spearman's correlation of |error| with the target, None where there is none.
    """

    n: int
    bias: Estimate
    sizes: tuple[tuple[float, Estimate], ...]
    trend: Estimate | None
    misses: tuple[Miss, ...]


def number_errors(
    ids: Sequence[str], targets: Sequence[float], predictions: Sequence[float], losses: Sequence[float], seed: int
) -> NumberErrors:
    """Measure the errors of a regression, and sort the examples by their size, the largest first.

    The seed draws the bootstrap's samples.
    Errors: ValueError without examples.
    """
    errors = [prediction - target for prediction, target in zip(predictions, targets, strict=True)]
    bias = mean_loss(errors, seed)
    if bias is None:
        raise ValueError("no finite error")
    sizes = [abs(error) for error in errors]
    order = sorted(range(len(ids)), key=lambda k: -sizes[k])
    rows = (Miss(id=ids[k], target=targets[k], prediction=predictions[k], loss=losses[k]) for k in order)
    return NumberErrors(
        n=len(ids),
        bias=bias,
        sizes=tuple(zip(SHARES, quantiles(sizes, SHARES), strict=True)),
        trend=rank_correlation(sizes, targets),
        misses=tuple(rows),
    )


def away_from_zero(interval: Interval) -> bool:
    """Say whether limits leave 0 out: whether the sign of a number is known."""
    return isfinite(interval.low) and isfinite(interval.high) and not interval.low <= 0 <= interval.high
