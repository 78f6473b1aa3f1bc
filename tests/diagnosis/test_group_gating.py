from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.diagnosis.average import averaged
from dlrun.diagnosis.gates import Gate, known_gate
from dlrun.diagnosis.gating import Judged, Measured, judge, of_error, of_estimate, unknown
from dlrun.diagnosis.group_gating import MORE_SEEDS, judge_together, mean_measured
from dlrun.diagnosis.ladder import Diagnosis, Errors, diagnose
from dlrun.statistics.intervals import Estimate, wilson

LOSS = known_gate("dev.loss", "< 0.5")


def diagnosed(wrong: int, n: int = 400) -> Diagnosis:
    errors = Errors(target=0.0, target_assumed=False, train=wilson(wrong // 2, n), dev=wilson(wrong, n))
    return diagnose(errors, tolerance=0.02, scale=1.0)


def row(value: float, half: float, gate: Gate = LOSS, n: int = 100) -> Judged:
    return judge(gate, of_estimate(Estimate(value, value - half, value + half, n)), 0.02)


def test_two_kinds_of_chance_are_squared_and_added() -> None:
    values = [0.30, 0.36, 0.33]
    found = mean_measured([row(value, 0.04) for value in values])
    chance = 4.302653 * np.std(values, ddof=1) / sqrt(3)  # Student's t, two degrees, 95 %
    assert found.value == pytest.approx(0.33)
    assert found.high - found.value == pytest.approx(sqrt(0.04**2 + chance**2), rel=1e-5)
    assert found.value - found.low == pytest.approx(sqrt(0.04**2 + chance**2), rel=1e-5)
    assert found.chance == pytest.approx((chance, chance), rel=1e-5)
    assert found.n == 100


def test_one_run_is_what_it_is() -> None:
    found = mean_measured([row(0.3, 0.04)])
    assert (found.low, found.high) == pytest.approx((0.26, 0.34))
    assert found.chance == (0.0, 0.0)


def test_a_share_is_never_above_one() -> None:
    gate = known_gate("dev.macro_f1", "> 0.9")
    rows = [row(value, 0.005, gate) for value in (0.98, 0.999)]
    assert judge_together(gate, rows, diagnosed(8)).high == 1.0


def test_errors_are_those_of_the_mean_diagnosis() -> None:
    gate, mean = known_gate("dev.error", "< 8%"), averaged([diagnosed(20), diagnosed(28)])
    found = judge_together(gate, [], mean)
    assert mean.errors.dev is not None
    assert found == judge(gate, of_error(mean.errors.dev), 0.02)


@pytest.mark.parametrize(
    ("condition", "value", "outcome"), [("< 60", 70.0, "fail"), ("> 10", 5.0, "fail"), ("< 71", 70.0, "pass")]
)
def test_every_run_must_keep_to_a_count(condition: str, value: float, outcome: str) -> None:
    gate = known_gate("seconds", condition)
    rows = [judge(gate, Measured(seconds, seconds, seconds), 0.02) for seconds in (70.0, 5.0, 30.0)]
    found = judge_together(gate, rows, diagnosed(8))
    assert (found.value, found.outcome) == (value, outcome)


def test_what_one_run_cannot_tell_nobody_knows() -> None:
    found = judge_together(LOSS, [row(0.1, 0.01), unknown(LOSS, "the file is damaged")], diagnosed(8))
    assert (found.outcome, found.note) == ("inconclusive", "the file is damaged")


@given(half=st.floats(0.001, 0.3), values=st.lists(st.floats(0, 1), min_size=2, max_size=6), limit=st.floats(-1, 2))
def test_so_many_examples_decide(half: float, values: list[float], limit: float) -> None:
    """At the n that is said what examples narrow is small enough; where none is said, chance alone reaches the limit."""
    gate = known_gate("dev.loss", f"< {limit!r}")
    found = judge_together(gate, [row(value, half, gate) for value in values], diagnosed(8))
    chance = mean_measured([row(value, half) for value in values]).chance[0]
    distance = abs(limit - float(np.mean(values)))
    if found.outcome == "inconclusive" and found.needed_n is not None:
        assert found.note == ""
        shrunk = half * sqrt(100 / found.needed_n)
        assert sqrt(shrunk**2 + chance**2) <= distance * (1 + 1e-9)
    elif found.outcome == "inconclusive":
        assert (found.note == MORE_SEEDS) == (len(set(values)) > 1)
        assert chance >= 0.99 * distance or 100 * half**2 > 0.99e9 * (distance**2 - chance**2)


@pytest.mark.parametrize("training", [0.0, 0.01, 0.03, 0.1])
@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_limits_hold_the_truth_as_often_as_they_say(seeds: int, training: float) -> None:
    """All seeds share the chance of the examples, each has one of training: 95 % of the limits hold the mean of all."""
    rng, held = np.random.default_rng(seeds), 0
    for _ in range(2_000):
        examples = rng.normal(0, 0.03)
        rows = [row(0.5 + examples + rng.normal(0, training), 1.96 * 0.03) for _ in range(seeds)]
        found = mean_measured(rows)
        held += found.low <= 0.5 <= found.high
    assert 0.94 <= held / 2_000 <= 1.0
