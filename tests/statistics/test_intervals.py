import tracemalloc
from itertools import product
from math import comb, inf, sqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlrun.errors import Diverged
from dlrun.statistics.intervals import BOOTSTRAP_LIMIT, Estimate, Proportion, difference, exact, root_mean_square, wilson

Z = 1.959963984540054  # 97.5 % of a normal distribution lies below


@st.composite
def proportions(draw: st.DrawFn) -> Proportion:
    n = draw(st.integers(1, 100_000))
    return wilson(draw(st.integers(0, n)), n)


# Wilson


@pytest.mark.parametrize(
    ("wrong", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_the_published_table(wrong: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998, Stat. Med. 17, 857–872, Table I, method 3."""
    estimate = wilson(wrong, n)
    assert estimate.value == wrong / n
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (low, high)


@given(estimate=proportions())
def test_wilson_limits_are_the_rates_that_a_score_test_just_rejects(estimate: Proportion) -> None:
    for limit in (estimate.low, estimate.high):
        distance = abs(estimate.value - limit)
        assert distance == pytest.approx(Z * sqrt(limit * (1 - limit) / estimate.n), abs=1e-9)


@given(estimate=proportions())
def test_wilson_holds_its_value_and_stays_a_probability(estimate: Proportion) -> None:
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.low < estimate.high


@given(n=st.integers(1, 10**9))
def test_wilson_limits_at_none_and_all_wrong(n: int) -> None:
    none, every = wilson(0, n), wilson(n, n)
    assert (none.low, every.high) == (0.0, 1.0)
    assert none.high == pytest.approx(Z**2 / (n + Z**2))
    assert every.low == pytest.approx(1 - none.high)


def test_wilson_covers_the_true_rate_as_often_as_it_says() -> None:
    n = 40
    intervals = [wilson(k, n) for k in range(n + 1)]

    def coverage(p: float) -> float:
        return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k, i in enumerate(intervals) if i.low <= p <= i.high)

    coverages = [coverage(p) for p in np.linspace(0.005, 0.995, 199)]
    assert 0.945 < np.mean(coverages) < 0.96
    assert min(coverages) > 0.83


def test_more_confidence_is_a_wider_interval() -> None:
    sure, unsure = wilson(30, 100, confidence=0.99), wilson(30, 100, confidence=0.8)
    assert sure.low < unsure.low < unsure.high < sure.high


@pytest.mark.parametrize(("wrong", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_is_no_proportion(wrong: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(wrong, n)


@given(estimate=proportions(), n=st.integers(1, 10**6))
@example(wilson(1, 10**18), 1)
@example(wilson(1, 3), 10**15)
def test_a_proportion_at_another_n_is_wilson_again(estimate: Proportion, n: int) -> None:
    again = estimate.at(n)
    assert (again.value, again.n) == (estimate.value, n)
    assert 0 <= again.low <= again.value <= again.high <= 1
    assert estimate.at(estimate.n) == estimate
    if n > estimate.n:
        assert estimate.low <= again.low <= again.high <= estimate.high


# the root mean square


def test_the_value_is_the_root_of_the_mean() -> None:
    assert root_mean_square(np.array([9.0, 16.0, 25.0]), seed=0).value == pytest.approx(sqrt(50 / 3))


def test_the_limits_are_percentiles_over_all_resamples() -> None:
    squares = np.array([0.1, 0.5, 2.0, 7.0, 11.0])
    every_mean = [np.mean(sample) for sample in product(squares, repeat=5)]
    estimate = root_mean_square(squares, seed=3)
    assert estimate.low**2 == pytest.approx(np.quantile(every_mean, 0.025), rel=0.15)
    assert estimate.high**2 == pytest.approx(np.quantile(every_mean, 0.975), rel=0.05)


def test_bootstrap_and_normal_agree_where_one_takes_over_from_the_other() -> None:
    squares = np.random.default_rng(5).normal(scale=3, size=BOOTSTRAP_LIMIT + 1) ** 2
    bootstrap, normal = root_mean_square(squares[:-1], seed=0), root_mean_square(squares, seed=0)
    width = normal.high - normal.low
    assert bootstrap.low == pytest.approx(normal.low, abs=0.05 * width)
    assert bootstrap.high == pytest.approx(normal.high, abs=0.05 * width)
    assert root_mean_square(squares, seed=1) == normal  # draws nothing
    assert root_mean_square(squares[:-1], seed=1) != bootstrap


def test_the_bootstrap_covers_the_true_error_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    covered = [e.low <= 2 <= e.high for e in (root_mean_square(rng.normal(scale=2, size=100) ** 2, seed) for seed in range(200))]
    assert 0.88 < np.mean(covered) < 0.99


def test_one_seed_gives_one_interval() -> None:
    squares = np.random.default_rng(0).exponential(size=300)
    assert root_mean_square(squares, seed=4) == root_mean_square(squares, seed=4)


def test_the_bootstrap_needs_little_memory() -> None:
    squares = np.ones(BOOTSTRAP_LIMIT)
    tracemalloc.start()
    root_mean_square(squares, seed=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 2**20


def test_one_example_says_nothing_about_the_spread() -> None:
    assert root_mean_square(np.array([4.0]), seed=0) == Estimate(2.0, 0.0, inf, 1)
    assert root_mean_square(np.array([0.0]), seed=0) == Estimate(0.0, 0.0, inf, 1)


@pytest.mark.parametrize("n", [2, 100, BOOTSTRAP_LIMIT, BOOTSTRAP_LIMIT + 1])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e300])
def test_equal_errors_hold_their_value(n: int, value: float) -> None:
    estimate = root_mean_square(np.full(n, value), seed=0)
    assert estimate.value == pytest.approx(sqrt(value))
    assert (estimate.low, estimate.high) == pytest.approx((sqrt(value), sqrt(value)))


def test_float32_squares_are_summed_in_float64() -> None:
    squares = np.full(100_000, 0.1, dtype=np.float32)
    assert root_mean_square(squares, seed=0).value == pytest.approx(sqrt(float(np.float32(0.1))), rel=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_squares_that_are_not_finite_are_a_divergence(bad: float) -> None:
    with pytest.raises(Diverged, match="not a finite number"):
        root_mean_square(np.array([bad, bad, bad]), seed=0)


def test_no_examples_have_no_error() -> None:
    with pytest.raises(ValueError, match="no example"):
        root_mean_square(np.array([]), seed=0)


def test_limits_shrink_with_the_root_of_n() -> None:
    estimate = Estimate(2.0, 1.0, 4.0, n=100)
    assert estimate.at(400) == Estimate(2.0, 1.5, 3.0, n=400)
    assert estimate.at(1).low == 0.0


@pytest.mark.parametrize("numbers", [(2.0, 3.0, 4.0, 5), (2.0, 1.0, 1.5, 5), (2.0, 1.0, 3.0, 0), (float("nan"), 1.0, 3.0, 5)])
def test_what_is_no_estimate_is_refused(numbers: tuple[float, float, float, int]) -> None:
    with pytest.raises(ValueError, match="not an estimate"):
        Estimate(*numbers)


# differences


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_differences_agree_with_the_published_table(a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
    """Newcombe 1998, Stat. Med. 17, 873–890, Table II, method 10."""
    interval = difference(wilson(*a), wilson(*b))
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(a=proportions(), b=proportions())
def test_turning_a_difference_around_turns_its_limits_around(a: Proportion, b: Proportion) -> None:
    forth, back = difference(a, b), difference(b, a)
    assert (back.value, back.low, back.high) == pytest.approx((-forth.value, -forth.high, -forth.low))
    assert -1 <= forth.low <= forth.value <= forth.high <= 1


@given(a=proportions(), target=st.floats(0, 1))
def test_subtracting_a_known_number_only_shifts(a: Proportion, target: float) -> None:
    shifted = difference(a, exact(target))
    assert (shifted.low, shifted.high) == pytest.approx((a.low - target, a.high - target))


def test_differences_cover_the_true_one_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    pairs = zip(rng.binomial(60, 0.2, 2_000), rng.binomial(90, 0.1, 2_000), strict=True)
    intervals = [difference(wilson(int(a), 60), wilson(int(b), 90)) for a, b in pairs]
    assert 0.935 < np.mean([i.low <= 0.1 <= i.high for i in intervals]) < 0.97


def test_differences_of_root_mean_squares_are_those_of_the_normal_theory_when_n_is_large() -> None:
    rng = np.random.default_rng(1)
    a, b = (root_mean_square(rng.normal(scale=s, size=20_000) ** 2, seed=0) for s in (2, 3))
    half = Z * sqrt(2**2 / (2 * 20_000) + 3**2 / (2 * 20_000))  # the deviation of an RMSE of normal errors is σ/√2n
    interval = difference(b, a)
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.05)
