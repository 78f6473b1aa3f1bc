from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dlrun.data.stratification import apportion


@st.composite
def sums(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Class sizes and part sizes with the same total."""
    classes = draw(st.lists(st.integers(0, 40), min_size=1, max_size=12))
    cuts = sorted(draw(st.lists(st.integers(0, sum(classes)), min_size=3, max_size=3)))
    edges = [0, *cuts, sum(classes)]
    return classes, [high - low for low, high in pairwise(edges)]


@given(sizes=sums())
@example(sizes=([1] * 10, [6, 2, 2, 0]))
@example(sizes=([0, 0], [0, 0, 0, 0]))
@example(sizes=([2**31, 2**31 + 1], [2**32 - 2, 1, 1, 1]))
def test_sums_are_exact_and_entries_within_one_of_proportional(sizes: tuple[list[int], list[int]]) -> None:
    classes, parts = sizes
    table = apportion(np.array(classes), np.array(parts))
    assert table.sum(axis=1).tolist() == classes
    assert table.sum(axis=0).tolist() == parts
    assert table.min() >= 0
    total = max(sum(classes), 1)
    for row, size in zip(table.tolist(), classes, strict=True):
        assert all(abs(n - Fraction(size * part, total)) <= 1 for n, part in zip(row, parts, strict=True))


@given(sizes=sums())
def test_a_class_of_its_fair_share_is_always_trained_on(sizes: tuple[list[int], list[int]]) -> None:
    classes, parts = sizes
    table = apportion(np.array(classes), np.array(parts))
    for row, size in zip(table, classes, strict=True):
        assert row[0] >= size * parts[0] // max(sum(classes), 1)


def test_a_single_example_is_trained_on_where_another_class_can_give_way() -> None:
    for classes in ([1, 99], [99, 1], [1, 1, 98], [1, 50, 49]):
        assert apportion(np.array(classes), np.array([60, 20, 20, 0]))[:, 0].all()
        assert apportion(np.array(classes), np.array([20, 40, 40, 0]))[:, 0].sum() == 20


def test_equal_classes_are_split_equally() -> None:
    assert apportion(np.array([50, 50]), np.array([60, 20, 20, 0])).tolist() == [[30, 10, 10, 0]] * 2
