"""What a dev set of some size can decide: how sharp its errors are, and which verdicts are within its reach."""

from dataclasses import dataclass

from dlrun.diagnosis.gaps import gap
from dlrun.diagnosis.headline import Metric
from dlrun.statistics.intervals import Estimate, Interval
from dlrun.statistics.planning import (
    Expected,
    expected_rate,
    expected_rmse,
    smallest_difference,
    smallest_paired_difference,
)

RATES = (0.01, 0.05, 0.20)  # error rates at which a dev set is looked at
SIZES = (0.10, 0.25, 0.50)  # the same for regression: RMSEs as fractions of the target's deviation
FEWEST = 10  # examples: with less, normal limits are a guess
EXPECTED: dict[Metric, Expected] = {"error_rate": expected_rate, "rmse": expected_rmse}


@dataclass(frozen=True, kw_only=True)
class Precision:
    """What n dev examples can tell at one error; differences are None where no size of them can be seen.

    half_width is half the 95 % interval. same_examples is the smallest difference of two runs judged on the same examples, if
    they disagree on as many of them as either gets wrong (half their errors are shared); independent needs no such assumption,
    and asks for more. verdict_n dev examples are needed to say that a variance of 0 is below the tolerance.
    """

    error: float
    half_width: float
    same_examples: float | None
    independent: float | None
    verdict_n: int | None


@dataclass(frozen=True, kw_only=True)
class Decidable:
    """What a dev part of n examples can decide; for regression errors and tolerance are fractions of the target's deviation."""

    n: int
    metric: Metric
    tolerance: float
    at: tuple[Precision, ...]


def decidable(metric: Metric, n_dev: int, n_train: int, tolerance: float) -> Decidable:
    """Return what n_dev examples can decide at three errors that stand for small, middling and large ones."""
    errors = RATES if metric == "error_rate" else SIZES
    return Decidable(
        n=n_dev,
        metric=metric,
        tolerance=tolerance,
        at=tuple(_precision(metric, error, n_dev, n_train, tolerance) for error in errors),
    )


def examples_to_decide(part: Estimate, reference: Interval, threshold: float) -> int | None:
    """Return how many examples decide whether part − reference is above or below the threshold, if both stay as they are.

    part.n if that many do; None if no number would. A gate on one error has the exact reference 0: `dev.error < 8%` is decided by
    `examples_to_decide(dev, exact(0.0), 0.08)` examples.
    """
    found = gap(part, reference, threshold)
    return found.needed_n if found.status == "inconclusive" else part.n


def verdict_examples(metric: Metric, error: float, n_train: int, tolerance: float) -> int | None:
    """Return the fewest dev examples that show a variance of 0 to be below the tolerance, train and dev both at this error."""
    expected = EXPECTED[metric]
    return examples_to_decide(expected(error, FEWEST), expected(error, max(n_train, FEWEST)), tolerance)


def smallest_tolerance(metric: Metric, error: float, n_dev: int, n_train: int) -> float | None:
    """Return the smallest tolerance in whole hundredths at which n_dev examples can show a variance of 0."""
    for hundredths in range(1, 101):
        needed = verdict_examples(metric, error, n_train, hundredths / 100)
        if needed is not None and needed <= n_dev:
            return hundredths / 100
    return None


def _precision(metric: Metric, error: float, n_dev: int, n_train: int, tolerance: float) -> Precision:
    measured = EXPECTED[metric](error, n_dev)
    most = 1.0 if metric == "error_rate" else 100 * error
    return Precision(
        error=error,
        half_width=(measured.high - measured.low) / 2,
        same_examples=_within_reach(smallest_paired_difference(error, n_dev)) if metric == "error_rate" else None,
        independent=_rise(metric, error, n_dev, most),
        verdict_n=verdict_examples(metric, error, n_train, tolerance),
    )


def _rise(metric: Metric, error: float, n: int, most: float) -> float | None:
    return smallest_difference(error, n, EXPECTED[metric], most)


def _within_reach(rate: float) -> float | None:
    return rate if rate <= 1 else None
