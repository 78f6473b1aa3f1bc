from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.diagnosis.decidability import EXPECTED, decidable, examples_to_decide, smallest_tolerance, verdict_examples
from dlrun.diagnosis.gaps import gap
from dlrun.diagnosis.headline import Metric
from dlrun.statistics.intervals import exact, wilson
from dlrun.statistics.planning import expected_rate

METRICS: tuple[Metric, ...] = get_args(Metric)


@given(error=st.floats(0.0, 0.4), n_train=st.integers(100, 100_000), tolerance=st.floats(0.005, 0.2))
def test_so_many_examples_decide_and_one_fewer_does_not(error: float, n_train: int, tolerance: float) -> None:
    train = expected_rate(error, n_train)
    needed = verdict_examples("error_rate", error, n_train, tolerance)
    if needed is None:
        assert gap(expected_rate(error, 10**9), train, tolerance).status == "inconclusive"
    else:
        assert gap(expected_rate(error, needed), train, tolerance).status == "low"
        assert needed <= 10 or gap(expected_rate(error, needed - 1), train, tolerance).status == "inconclusive"


def test_the_figures_of_the_digits_config() -> None:
    """Its header says that 359 dev examples know an error of 2.5 % to ±1.7 and cannot decide 2 points."""
    assert (expected_rate(0.025, 359).high - expected_rate(0.025, 359).low) / 2 == pytest.approx(0.017, abs=5e-4)
    found = decidable("error_rate", 359, 1079, 0.02)
    assert [at.verdict_n is not None and at.verdict_n <= 359 for at in found.at] == [True, False, False]
    assert all(at.verdict_n and at.verdict_n <= 359 for at in decidable("error_rate", 359, 1079, 0.05).at)


@pytest.mark.parametrize("metric", METRICS)
def test_more_dev_examples_see_more(metric: Metric) -> None:
    few, many = (decidable(metric, n, 10_000, 0.05) for n in (200, 800))
    for a, b in zip(few.at, many.at, strict=True):
        assert b.half_width < a.half_width
        assert a.independent
        assert b.independent
        assert b.independent < a.independent
        assert (a.same_examples is None) == (metric == "rmse")
        assert b.verdict_n == a.verdict_n, "what it takes does not depend on what there is"


def test_a_handful_of_examples_shows_no_difference() -> None:
    *_, last = decidable("error_rate", 2, 100, 0.02).at
    assert last.same_examples is None
    assert last.independent is None


@pytest.mark.parametrize("metric", METRICS)
def test_the_smallest_tolerance_is_decided_and_the_next_smaller_is_not(metric: Metric) -> None:
    tolerance = smallest_tolerance(metric, 0.25, 300, 2_000)
    assert tolerance is not None
    enough, fewer = (verdict_examples(metric, 0.25, 2_000, t) for t in (tolerance, tolerance - 0.01))
    assert enough is not None
    assert enough <= 300
    assert fewer is None or fewer > 300
    assert set(EXPECTED) == set(METRICS)


def test_a_gate_asks_the_same_function() -> None:
    dev = wilson(25, 359)  # 7 %
    needed = examples_to_decide(dev, exact(0.0), 0.08)
    assert needed is not None
    assert needed > 359
    assert gap(dev.at(needed), exact(0.0), 0.08).status == "low"
    assert examples_to_decide(dev, exact(0.0), 0.2) == 359
    assert examples_to_decide(dev, exact(0.0), dev.value) is None
