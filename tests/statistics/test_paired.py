from math import inf

import pytest

from dlrun.statistics.paired import MOST_EXAMPLES, judge_all, whole_examples
from dlrun.statistics.paired_rates import PairedRates


def test_one_difference_is_judged_at_the_confidence_itself() -> None:
    (judged,) = judge_all([PairedRates(40, 10, 400)])
    assert judged.confidence == pytest.approx(0.95)
    assert judged.real
    assert judged.value == -30 / 400
    assert judged.high < 0
    assert judged.needed_n is None


def test_what_is_not_real_has_zero_within_and_says_how_many_examples_would_do() -> None:
    measured = PairedRates(15, 6, 400)  # the score test just rejects, the exact one does not
    assert measured.limits(0.95)[1] < 0 < 0.05 < measured.p
    (judged,) = judge_all([measured])
    assert not judged.real
    assert judged.low < 0 <= judged.high
    assert judged.needed_n is not None
    assert judged.needed_n > 400


def test_several_are_corrected_and_their_intervals_go_with_that() -> None:
    clear, middling = PairedRates(60, 10, 400), PairedRates(25, 11, 400)
    assert judge_all([middling])[0].real
    first, second, third = judge_all([middling, clear, middling])
    assert second.real
    assert second.confidence == pytest.approx(1 - 0.05 / 3)
    assert not first.real
    assert not third.real
    assert first.confidence == third.confidence == pytest.approx(1 - 0.05 / 2)
    assert first.p == pytest.approx(2 * middling.p)


def test_nobody_collects_more_than_so_many() -> None:
    assert whole_examples(3.2) == 4
    assert whole_examples(inf) is None
    assert whole_examples(MOST_EXAMPLES + 1) is None
