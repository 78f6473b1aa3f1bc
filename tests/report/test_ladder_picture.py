from dataclasses import replace
from math import inf

import pytest

from dlrun.diagnosis.errors import Errors
from dlrun.diagnosis.ladder import Diagnosis, diagnose, with_test
from dlrun.report.ladder_picture import picture
from dlrun.statistics.intervals import Estimate, wilson
from tests.diagnosis.test_beside import BESIDE


def ladder() -> Diagnosis:
    errors = Errors(target=0.01, target_assumed=False, train=wilson(100, 2_000), train_dev=wilson(60, 500), dev=wilson(80, 500))
    return with_test(diagnose(errors, tolerance=0.02, beside=BESIDE), wilson(95, 500), 1)


@pytest.mark.parametrize("width", [80, 120])
def test_every_rung_has_a_line_that_fits(width: int) -> None:
    lines = [line.plain for line in picture(ladder(), width)]
    assert all(len(line) <= width for line in lines)
    names = [line.split("  ")[0].strip() for line in lines[1:-1]]
    assert names == ["target", "train", "train-dev", "dev", "test", "softmax regression", "most frequent class"]


def test_rungs_stand_in_the_order_of_their_errors() -> None:
    lines = [line.plain for line in picture(ladder(), 100)]
    places = [line.index("●") for line in lines[1:6]]
    assert places == sorted(places)
    assert all("┊" in line or "┼" in line for line in lines[2:6]), "the tolerance is marked, also without colour"
    assert "→" in lines[7], "a baseline far off does not squeeze the ladder"
    assert lines[2].rstrip().endswith("high")


def test_limits_that_are_not_known_leave_the_axis() -> None:
    errors = replace(ladder().errors, train=Estimate(0.1, 0.0, inf, 1), train_dev=None, dev=Estimate(0.2, 0.1, 0.3, 9), test=None)
    lines = [line.plain for line in picture(diagnose(errors, tolerance=0.02), 80)]
    assert "→" in lines[2]


def test_equal_numbers_have_an_axis() -> None:
    errors = Errors(target=0.0, target_assumed=True, train=Estimate(0.0, 0.0, 0.0, 5), dev=None)
    assert len(list(picture(diagnose(errors, tolerance=0.02, scale=0.0), 80))) == 4
