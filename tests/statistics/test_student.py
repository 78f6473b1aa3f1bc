from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from dlrun.statistics.student import incomplete_beta, student_p, student_score
from tests.strategies import quick


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 10, 30, 49, 99, 1000])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99, 0.999])
def test_students_score_is_scipys(degrees: int, confidence: float) -> None:
    assert student_score(degrees, confidence) == pytest.approx(stats.t.ppf((1 + confidence) / 2, degrees), rel=1e-9)


def test_five_seeds_take_the_factor_of_the_tables() -> None:
    assert student_score(4) == pytest.approx(2.776, abs=5e-4)
    with pytest.raises(ValueError, match="0 degrees"):
        student_score(0)


@quick
@given(st.floats(1, 1e6), st.floats(0.5, 0.9999))
def test_the_score_of_degrees_between_whole_ones_is_scipys(degrees: float, confidence: float) -> None:
    assert student_score(degrees, confidence) == pytest.approx(stats.t.ppf((1 + confidence) / 2, degrees), rel=1e-7)


@quick
@given(st.floats(1, 1e6), st.floats(-50, 50))
def test_the_p_value_is_scipys_in_both_tails(degrees: float, t: float) -> None:
    assert student_p(t, degrees) == pytest.approx(2 * stats.t.sf(abs(t), degrees), rel=1e-7, abs=1e-290)


@quick
@given(st.floats(1, 1e4), st.floats(0.5, 0.999))
def test_score_and_p_value_undo_each_other(degrees: float, confidence: float) -> None:
    assert student_p(student_score(degrees, confidence), degrees) == pytest.approx(1 - confidence, rel=1e-8)


def test_the_ends() -> None:
    assert student_p(0.0, 3.5) == 1.0
    assert student_p(inf, 3.5) == student_p(-inf, 3.5) == 0.0
    for degrees in (0.0, -1.0, inf, nan):
        with pytest.raises(ValueError, match="no distribution"):
            student_p(1.0, degrees)


@quick
@given(st.floats(0.5, 500), st.floats(0.5, 500), st.floats(0, 1))
def test_the_incomplete_beta_function_is_scipys(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x, 1 - x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-13)
