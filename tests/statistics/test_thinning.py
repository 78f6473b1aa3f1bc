from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.statistics.thinning import spread


@given(count=st.integers(0, 10**9), most=st.integers(2, 200))
def test_both_ends_stay_and_gaps_are_even(count: int, most: int) -> None:
    found = spread(count, most)
    assert len(found) == min(count, most)
    assert found == sorted(set(found))
    if count:
        assert (found[0], found[-1]) == (0, count - 1)
    gaps = {b - a for a, b in pairwise(found)}
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_one_row_of_many_has_no_two_ends() -> None:
    assert spread(1, 1) == [0]
    with pytest.raises(ValueError, match="two ends"):
        spread(5, 1)
