"""Limits that hold what they promise, and none where nothing is known."""

from math import inf

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.statistics.bootstrap import bootstrap
from dlrun.statistics.intervals import BOOTSTRAP_LIMIT, Estimate


def mean_of(values: Array, *, seed: int = 0, weight: int = 1) -> Estimate:
    found = bootstrap(lambda w: float(w @ values / w.sum()), len(values), seed, weight=weight)
    assert found
    return found


@pytest.mark.parametrize("weight", [1, BOOTSTRAP_LIMIT])
def test_the_limits_of_a_mean_are_those_of_the_normal_approximation(weight: int) -> None:
    values = np.random.default_rng(0).standard_normal(400)
    found = mean_of(values, weight=weight)
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(half, rel=0.2)
    assert found.value - found.low == pytest.approx(half, rel=0.2)


def test_nineteen_of_twenty_hold_the_truth() -> None:
    rng = np.random.default_rng(1)
    held = sum(found.low <= 1 <= found.high for found in (mean_of(rng.exponential(size=60), seed=k) for k in range(40)))
    assert held >= 34  # of 38 expected; the percentile bootstrap of 60 skewed values is a little short


def test_the_seed_decides() -> None:
    values = np.random.default_rng(0).standard_normal(50)
    assert mean_of(values, seed=3) == mean_of(values, seed=3) != mean_of(values, seed=4)


def test_where_no_sample_differs_no_limit_is_known() -> None:
    found = mean_of(np.full(20, 0.1))
    assert (found.low, found.high) == (-inf, inf)


def test_a_number_that_is_none_has_no_estimate() -> None:
    assert bootstrap(lambda w: np.nan, 5, 0) is None
    assert bootstrap(lambda w: 1.0, 0, 0) is None


def test_samples_without_the_number_are_left_out() -> None:
    """A share of those that count, which a sample of two may not hold."""
    found = bootstrap(lambda w: float(w[1] / w[1:].sum()) if w[1:].sum() else np.nan, 3, 0)
    assert found
    assert (found.value, found.low, found.high) == (0.5, 0, 1)
