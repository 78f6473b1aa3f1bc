from math import inf, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dlrun.arrays import Array
from dlrun.statistics.paired import Paired, judge_all
from dlrun.statistics.paired_groups import MOST_SEEDS, Needed, PairedGroups, paired_group_rates, paired_groups
from dlrun.statistics.paired_means import MEAN, ROOT
from tests.strategies import quick

RNG = np.random.default_rng(11)


def naive(first: Array, second: Array, *, root: bool, confidence: float = 0.95) -> tuple[float, float, float, float]:
    """Return value, p and limits as the formulas say, number by number."""
    groups = [first.tolist(), second.tolist()]
    m = len(groups[0][0])
    figures: list[list[float]] = []
    per_example: list[list[float]] = []
    for group in groups:
        means = [sum(row) / m for row in group]
        figures.append([sqrt(mean) if root else mean for mean in means])
        slopes = [0.5 / sqrt(mean) if root else 1.0 for mean in means]
        per_example.append([sum(slope * row[i] for slope, row in zip(slopes, group, strict=True)) / len(group) for i in range(m)])
    value = sum(figures[1]) / len(figures[1]) - sum(figures[0]) / len(figures[0])
    apart = [b - a for a, b in zip(*per_example, strict=True)]

    def variance(numbers: list[float]) -> float:
        mean = sum(numbers) / len(numbers)
        return sum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1)

    parts = [(variance(numbers) / len(numbers), len(numbers) - 1) for numbers in (apart, *figures)]
    total = sum(part for part, _ in parts)
    degrees = total**2 / sum(part**2 / nu for part, nu in parts)
    half = float(stats.t.ppf((1 + confidence) / 2, degrees)) * sqrt(total)
    return value, float(2 * stats.t.sf(abs(value) / sqrt(total), degrees)), value - half, value + half


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize(("seeds", "m"), [((2, 2), 5), ((3, 5), 100), ((5, 4), 359)])
def test_value_p_and_limits_are_those_of_the_formulas(root: bool, seeds: tuple[int, int], m: int) -> None:
    first, second = (RNG.exponential(1 + 0.1 * k, size=(n, m)) for k, n in enumerate(seeds))
    found = paired_groups(first, second, ROOT if root else MEAN)
    for confidence in (0.95, 0.99):
        low, high = found.limits(confidence)
        expected = naive(first, second, root=root, confidence=confidence)
        assert (found.value, found.p, low, high) == pytest.approx(expected, rel=1e-7)


def test_rates_are_the_same_formulas_on_ones_and_zeros() -> None:
    first, second = RNG.random((4, 300)) < 0.05, RNG.random((3, 300)) < 0.15
    found = paired_group_rates(first, second)
    expected = naive(first.astype(np.float64), second.astype(np.float64), root=False)
    assert (found.value, found.p, *found.limits(0.95)) == pytest.approx(expected, rel=1e-7)


@quick
@given(st.integers(0, 2**32), st.booleans())
def test_test_and_limits_say_the_same(seed: int, root: bool) -> None:
    rng = np.random.default_rng(seed)
    common = rng.exponential(size=60)
    groups = [common * rng.uniform(0.8, 1.2, (n, 60)) * rng.uniform(0.9, 1.2, (n, 1)) for n in rng.integers(2, 6, 2)]
    found = paired_groups(groups[0], groups[1], ROOT if root else MEAN)
    low, high = found.limits(0.95)
    assert (found.p <= 0.05) == (not low <= 0 <= high)
    turned = paired_groups(groups[1], groups[0], ROOT if root else MEAN)
    assert (turned.p, *turned.limits(0.95)) == pytest.approx((found.p, -high, -low))


def test_pairs_tell_more_than_two_samples() -> None:
    hard = RNG.random(400) < 0.1
    first, second = (np.array([hard ^ (RNG.random(400) < noise) for _ in range(5)]) for noise in (0.002, 0.03))
    found: Paired = paired_group_rates(first, second)
    rate = hard.mean()
    assert found.limits(0.95)[1] - found.limits(0.95)[0] < 2 * 1.96 * sqrt(2 * rate * (1 - rate) / 400)
    assert found.p < 0.01


def test_one_seed_tells_nothing_and_no_example_neither() -> None:
    with pytest.raises(ValueError, match="single seed"):
        paired_groups(np.ones((1, 9)), np.ones((3, 9)))
    for columns in (0, 8):
        with pytest.raises(ValueError, match="no example"):
            paired_groups(np.ones((2, columns)), np.ones((2, 9 if columns else 0)))


def test_equal_means_differ_by_nothing_not_by_rounding() -> None:
    first, second = np.zeros((5, 359), dtype=np.bool_), np.zeros((2, 359), dtype=np.bool_)
    first[:, :5], second[:, 10:15] = True, True
    found = paired_group_rates(first, second)
    assert (found.value, found.p, found.needed_n(0.95)) == (0, 1, None)
    assert found.limits(0.95)[1] > 0.01


def test_where_no_example_differs_nothing_is_known_of_their_chance() -> None:
    same = paired_groups(np.ones((2, 9)), np.ones((3, 9)))
    assert (same.value, same.p, same.limits(0.95), same.needed_n(0.95)) == (0, 1, (0, 0), None)
    shifted = paired_groups(np.ones((2, 9)), 2 * np.ones((3, 9)))
    assert (shifted.p, shifted.limits(0.95), shifted.needed(0.95)) == (1, (-inf, inf), None)
    alone = paired_groups(np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]]))
    assert (alone.p, alone.limits(0.95)) == (1, (-inf, inf))


@pytest.mark.parametrize("m", [1, 50, 359])
def test_rates_without_any_error_have_an_interval(m: int) -> None:
    found = paired_group_rates(np.zeros((5, m), dtype=np.bool_), np.zeros((5, m), dtype=np.bool_))
    low, high = found.limits(0.95)
    assert (found.value, found.p, found.needed(0.95)) == (0, 1, None)
    assert -low == high == pytest.approx(min(1, stats.t.ppf(0.975, max(1, m - 1)) / (m + 2)))


def test_one_example_that_flips_once_a_seed_decides_nothing() -> None:
    first, second = np.zeros((5, 300), dtype=np.bool_), np.zeros((5, 300), dtype=np.bool_)
    second[range(5), range(5)] = True
    assert paired_group_rates(first, second).p > 0.05
    second[:, :20] = True
    assert paired_group_rates(first, second).p < 0.05


@pytest.mark.parametrize("size", [1e-200, 1e299])
@pytest.mark.parametrize("root", [False, True])
def test_neither_huge_nor_tiny_values_are_too_much(size: float, root: bool) -> None:
    groups = RNG.random((2, 3, 40)) + np.array([0, 1])[:, None, None]
    scale, unit = (ROOT, sqrt(size)) if root else (MEAN, size)
    plain, scaled = (paired_groups(factor * groups[0], factor * groups[1], scale) for factor in (1.0, size))
    assert scaled.p == pytest.approx(plain.p)
    assert scaled.limits(0.95) == pytest.approx([unit * limit for limit in plain.limits(0.95)], rel=1e-9, abs=0)


def test_a_perfect_group_is_compared_too() -> None:
    found = paired_groups(np.zeros((3, 50)), RNG.exponential(size=(3, 50)), ROOT)
    assert found.value > 0
    assert found.p < 0.01


def test_where_the_examples_dominate_more_of_them_are_asked_for() -> None:
    measured = PairedGroups(0.01, 0.007, (1e-3, 1e-3), 300, (5, 4))
    needed = measured.needed(0.95)
    assert needed
    assert measured.share_of_examples > 0.9
    assert needed.seeds == 4
    assert measured.needed_n(0.95) == needed.examples
    assert real(measured, needed)
    assert not real(measured, Needed(needed.examples - 1, 4))


def test_where_training_dominates_more_seeds_are_asked_for() -> None:
    measured = PairedGroups(0.01, 1e-3, (0.006, 0.004), 3_000, (3, 5))
    needed = measured.needed(0.95)
    assert needed
    assert measured.share_of_examples < 0.1
    assert needed.examples == measured.needed_n(0.95) == 3_000
    assert needed.seeds > 3
    assert real(measured, needed)
    assert not real(measured, Needed(3_000, needed.seeds - 1))


def test_where_neither_alone_would_do_both_are_asked_for() -> None:
    measured = PairedGroups(0.01, 0.02, (0.019, 0.0), 300, (4, 4))
    needed = measured.needed(0.95)
    assert needed
    assert needed.examples > 300
    assert needed.seeds > 4
    assert needed.examples == 300 * needed.seeds / 4
    assert real(measured, needed)


def test_what_nobody_trains_is_not_asked_for() -> None:
    assert PairedGroups(1e-6, 0.1, (0.1, 0.1), 300, (4, 4)).needed(0.95) is None
    assert MOST_SEEDS == 1_000


def test_groups_are_judged_together_with_others() -> None:
    clear = PairedGroups(-0.05, 3e-3, (3e-3, 3e-3), 1_000, (5, 5))
    open_question = PairedGroups(0.005, 3e-3, (3e-3, 3e-3), 1_000, (5, 5))
    first, second = judge_all([clear, open_question])
    assert first.real
    assert first.confidence == pytest.approx(0.975)
    assert first.needed_n is None
    assert not second.real
    assert second.needed_n == open_question.needed_n(0.95)


def real(measured: PairedGroups, needed: Needed) -> bool:
    """Say whether the same spreads decide with other numbers of examples and seeds, as the formulas have it."""
    seeds = [max(n, needed.seeds) for n in measured.seeds]
    parts: list[tuple[Any, int]] = [(measured.sampling**2 * measured.n / needed.examples, needed.examples - 1)]
    parts += [(s**2 * n / more, more - 1) for s, n, more in zip(measured.training, measured.seeds, seeds, strict=True)]
    total = sum(v for v, _ in parts)
    degrees = total**2 / sum(v**2 / nu for v, nu in parts)
    return bool(2 * stats.t.sf(abs(measured.value) / sqrt(total), degrees) <= 0.05)
