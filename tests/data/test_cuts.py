"""The cuts against the only other way to find them: trying all."""

from itertools import combinations, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.cuts import best_cuts
from tests.strategies import quick


@quick
@given(sizes=st.lists(st.integers(1, 9), min_size=5, max_size=9), wanted=st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_no_other_cuts_miss_less(sizes: list[int], wanted: list[int]) -> None:
    groups = np.array(sizes)
    wanted[-1] = max(1, sum(sizes) - sum(wanted[:-1]))
    _, cuts = best_cuts([np.arange(len(sizes))], groups, wanted)
    targets = np.cumsum(wanted)[:-1]

    def missed(places: tuple[int, ...]) -> int:
        return sum(abs(sum(sizes[:place]) - int(target)) for place, target in zip(places, targets, strict=True))

    assert cuts[-1] == len(sizes)
    assert all(start < end for start, end in pairwise((0, *cuts)))
    assert missed(cuts[:-1]) == min(missed(places) for places in combinations(range(1, len(sizes)), len(wanted) - 1))


def test_the_first_of_equal_orders_is_taken() -> None:
    first, second, exact = np.array([0, 1, 2]), np.array([2, 1, 0]), np.array([1, 0, 2])
    sizes = np.array([3, 1, 3])
    order, cuts = best_cuts([first, second], sizes, [2, 5])
    assert (order.tolist(), cuts) == ([0, 1, 2], (1, 3))
    order, cuts = best_cuts(iter([first, exact, second]), sizes, [1, 6])
    assert (order.tolist(), cuts) == ([1, 0, 2], (1, 3))
