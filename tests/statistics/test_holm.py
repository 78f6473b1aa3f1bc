import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dlrun.statistics.holm import holm, holm_levels
from tests.strategies import quick

some_p = st.lists(st.floats(0, 1), max_size=12)


def step_down(p: list[float], level: float) -> set[int]:
    """Return what Holm's own procedure rejects: from the smallest on, until one is above level / (tests that are left)."""
    rejected: set[int] = set()
    for k in sorted(range(len(p)), key=lambda k: p[k]):
        if p[k] > level / (len(p) - len(rejected)):
            break
        rejected.add(k)
    return rejected


def test_the_example_can_be_followed_by_hand() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


@quick
@given(p=some_p, level=st.floats(0.001, 0.5))
def test_below_a_level_is_what_the_procedure_rejects(p: list[float], level: float) -> None:
    corrected = holm(p)
    near = any(abs(value - level) < 1e-9 for value in corrected)
    assert near or set(np.flatnonzero(corrected <= level)) == step_down(p, level)


@quick
@given(p=some_p)
def test_one_test_needs_no_correction_and_many_are_between_their_own_and_bonferronis(p: list[float]) -> None:
    assert ((holm(p) >= p) & (holm(p) <= np.minimum(1, len(p) * np.array(p)) + 1e-12)).all()
    assert holm([0.03]) == [0.03]


def test_false_alarms_among_many_tests_stay_within_the_level() -> None:
    p = np.random.default_rng(1).uniform(size=(2000, 20))
    alarms = np.mean([holm(row).min() < 0.05 for row in p])
    assert 0.03 < alarms < 0.065


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_a_p_value_is_at_most_its_level_where_the_corrected_one_is_at_most_alpha(p: list[float]) -> None:
    corrected, levels = holm(p), holm_levels(p, 0.05)
    clear = np.abs(corrected - 0.05) > 1e-9  # not where the last digit decides
    assert (((np.array(p) <= levels) == (corrected <= 0.05)) | ~clear).all()
    assert ((levels >= 0.05 / len(p) - 1e-15) & (levels <= 0.05)).all()
