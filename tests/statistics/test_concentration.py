"""Fisher's exact test against its definition, counted with whole numbers, and against SciPy."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from dlrun.statistics.concentration import more_than_its_share


@st.composite
def tables(draw: st.DrawFn, most: int) -> tuple[int, int, int, int]:
    """Return wrong, n, all_wrong, all_n: a class and the others."""
    n, others = draw(st.integers(1, most)), draw(st.integers(0, most))
    wrong, wrong_elsewhere = draw(st.integers(0, n)), draw(st.integers(0, others))
    return wrong, n, wrong + wrong_elsewhere, n + others


@given(tables(40))
def test_is_the_share_of_ways_to_deal_the_errors_out(table: tuple[int, int, int, int]) -> None:
    wrong, n, all_wrong, all_n = table
    ways = sum(comb(n, k) * comb(all_n - n, all_wrong - k) for k in range(wrong, min(n, all_wrong) + 1))
    expected = float(Fraction(ways, comb(all_n, all_wrong)))
    assert more_than_its_share(*table) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(tables(100_000))
def test_agrees_with_scipy_where_numbers_are_large(table: tuple[int, int, int, int]) -> None:
    wrong, n, all_wrong, all_n = table
    expected = float(hypergeom.sf(wrong - 1, all_n, n, all_wrong))
    assert more_than_its_share(*table) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_examples_and_what_is_no_table() -> None:
    assert more_than_its_share(3, 3, 3, 6) == pytest.approx(1 / 20)
    assert more_than_its_share(0, 3, 3, 6) == 1.0
    assert more_than_its_share(0, 0, 3, 6) == 1.0
    assert more_than_its_share(5, 10, 5, 10) == 1.0  # the only class
    for wrong in ((4, 3, 4, 6), (1, 3, 0, 6), (0, 3, 4, 6), (-1, 3, 0, 6), (1, 7, 1, 6)):
        with pytest.raises(ValueError, match="is no table"):
            more_than_its_share(*wrong)
