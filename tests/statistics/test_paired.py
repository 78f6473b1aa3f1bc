from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from dlrun.statistics.paired import paired_rates, paired_rmse


@st.composite
def disagreements(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 500))
    b = draw(st.integers(0, n))
    return b, draw(st.integers(0, n - b)), n


@given(counts=disagreements())
def test_limits_hold_the_value_and_turn_with_it(counts: tuple[int, int, int]) -> None:
    b, c, n = counts
    ours, theirs = paired_rates(b, c, n), paired_rates(c, b, n)
    assert -1 <= ours.low <= ours.value == (b - c) / n <= ours.high <= 1
    assert ours.low < ours.high
    assert (theirs.low, theirs.high) == pytest.approx((-ours.high, -ours.low), abs=1e-9)


@pytest.mark.parametrize(("b", "c", "n"), [(12, 2, 50), (3, 9, 200), (0, 4, 30), (25, 25, 400), (1, 0, 10)])
def test_at_a_limit_the_score_test_is_just_rejected(b: int, c: int, n: int) -> None:
    """The likeliest rates at a difference, found by search, give the statistic 1.96 there."""
    found = paired_rates(b, c, n)
    for delta in (found.low, found.high):

        def unlikelihood(q: float, delta: float = delta) -> float:
            rest = 1 - 2 * q - delta
            terms = ((b, q + delta), (c, q), (n - b - c, rest))
            return -float(sum(count * np.log(max(rate, 1e-300)) for count, rate in terms if count))

        low, high = max(0.0, -delta), (1 - delta) / 2
        q = minimize_scalar(unlikelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
        z = abs(b - c - n * delta) / sqrt(n * (2 * q + delta * (1 - delta)))
        assert z == pytest.approx(1.96, abs=2e-3)


def test_never_disagreeing_says_how_much_could_be_missed() -> None:
    found = paired_rates(0, 0, 359)
    z2 = 1.959964**2
    assert found.high == pytest.approx(z2 / (359 + z2), rel=1e-4)
    assert found.low == pytest.approx(-found.high)


@pytest.mark.parametrize(("b", "c", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_what_is_no_disagreement_is_refused(b: int, c: int, n: int) -> None:
    with pytest.raises(ValueError, match="no disagreement"):
        paired_rates(b, c, n)


def test_shared_errors_cancel_out() -> None:
    rng = np.random.default_rng(1)
    shared = rng.normal(size=400)
    ours, theirs = shared + 0.01 * rng.normal(size=400), shared
    found = paired_rmse(ours, theirs, 0)
    assert found is not None
    assert found.high - found.low < 0.01
    assert found.low <= found.value <= found.high
    assert paired_rmse(ours, theirs, 0) == found


def test_errors_of_other_examples_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        paired_rmse([1.0], [1.0, 2.0], 0)
