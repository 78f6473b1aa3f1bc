import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlrun.diagnosis.gaps import Gap, gap
from dlrun.statistics.intervals import Estimate, Proportion, exact, wilson

ORDER = {"low": 0, "inconclusive": 1, "high": 2}


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    """Return error rates, and errors in a unit of their own with limits that are not symmetric."""
    n = draw(st.integers(1, 50_000))
    if draw(st.booleans()):
        return wilson(draw(st.integers(0, n)), n)
    value, below, above = draw(st.floats(0.1, 1)), draw(st.floats(0, 0.1)), draw(st.floats(0, 0.3))
    return Estimate(value, value - below, value + above, n)


def decided(found: Gap) -> bool:
    return found.status != "inconclusive"


@given(part=estimates(), reference=estimates(), threshold=st.floats(0, 1))
def test_the_status_says_on_which_side_of_the_threshold_the_whole_interval_lies(
    part: Estimate, reference: Estimate, threshold: float
) -> None:
    found = gap(part, reference, threshold)
    assert found.low <= found.value <= found.high
    assert (found.status == "high") == (found.low > threshold)
    assert (found.status == "low") == (found.high < threshold)


@given(n=st.integers(1, 20_000), wrong=st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), reference=estimates())
def test_a_larger_error_never_makes_a_gap_lower(n: int, wrong: tuple[int, int], reference: Estimate) -> None:
    fewer, more = sorted(min(k, n) for k in wrong)
    smaller, larger = gap(wilson(fewer, n), reference, 0.02), gap(wilson(more, n), reference, 0.02)
    assert smaller.low <= larger.low + 1e-12
    assert smaller.high <= larger.high + 1e-12
    assert ORDER[smaller.status] <= ORDER[larger.status]


@given(part=estimates(), target=st.floats(0, 1), where=st.floats(0.02, 0.98))
def test_needed_n_is_the_first_n_that_decides(part: Estimate, target: float, where: float) -> None:
    """The threshold is put into the interval, at a distance from the value that a limited number of examples decides."""
    assume(part.low < part.value < part.high)
    reference = exact(target)
    low, high = part.low - target, part.high - target
    threshold = low + where * (high - low)
    assume(abs(part.value - target - threshold) > 0.01 * (high - low))

    found = gap(part, reference, threshold)
    assert found.status == "inconclusive"
    assert found.needed_n is not None
    assert found.needed_n > part.n
    for n in (found.needed_n, found.needed_n + 1, 3 * found.needed_n):
        assert decided(gap(part.at(n), reference, threshold))
    for n in (found.needed_n - 1, (part.n + found.needed_n) // 2):
        assert n == found.needed_n or not decided(gap(part.at(n), reference, threshold))


@given(part=estimates(), reference=estimates(), threshold=st.floats(0, 0.2))
def test_no_needed_n_means_that_a_hundred_million_examples_would_not_decide(
    part: Estimate, reference: Estimate, threshold: float
) -> None:
    found = gap(part, reference, threshold)
    if decided(found):
        assert found.needed_n is None
    elif found.needed_n is None:
        assert not decided(gap(part.at(10**8), reference, threshold))


@pytest.mark.parametrize("measured_as", [Proportion, Estimate])
def test_a_gap_exactly_on_the_threshold_is_never_decided(measured_as: type[Estimate]) -> None:
    found = gap(measured_as(0.5, 0.4, 0.6, 100), exact(0.25), 0.25)
    assert (found.status, found.needed_n) == ("inconclusive", None)


def test_a_reference_that_is_itself_too_uncertain_leaves_the_gap_open() -> None:
    found = gap(wilson(160, 1_000), wilson(15, 100), 0.02)
    assert (found.status, found.needed_n) == ("inconclusive", None)
    assert gap(wilson(160, 1_000), wilson(15_000, 100_000), 0.02).needed_n is not None


def test_one_example_without_an_upper_limit_decides_nothing() -> None:
    found = gap(Estimate(1.0, 0.0, float("inf"), 1), exact(0.0), 0.5)
    assert (found.status, found.needed_n) == ("inconclusive", None)
