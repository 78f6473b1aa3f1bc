from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.diagnosis.gates import known_gate
from dlrun.diagnosis.gating import Judged, Measured, judge, needed_examples, of_error, of_estimate, of_row, unknown
from dlrun.statistics.intervals import Estimate, wilson


def test_a_row_is_what_scripts_read() -> None:
    row = judge(known_gate("dev.error", "< 8%"), of_error(wilson(20, 300)), 0.02)
    assert row.outcome == "inconclusive"
    assert list(row.to_json()) == ["gate", "condition", "value", "low", "high", "n", "outcome", "needed_n", "note"]
    assert Judged.from_json(row.to_json()) == row


@given(wrong=st.integers(0, 400), limit=st.floats(0.001, 0.999))
def test_so_many_examples_decide_and_one_less_does_not(wrong: int, limit: float) -> None:
    gate = known_gate("dev.error", f"< {limit!r}")
    measured = of_error(error := wilson(wrong, 400))
    row = judge(gate, measured, 0.0)
    if row.needed_n is not None and row.needed_n > 400:
        assert judge(gate, of_error(error.at(row.needed_n)), 0.0).outcome != "inconclusive"
        assert judge(gate, of_error(error.at(row.needed_n - 1)), 0.0).outcome == "inconclusive"


def test_limits_below_zero_shrink_too() -> None:
    measured = of_estimate(Estimate(-0.2, -0.5, 0.1, 100))
    assert needed_examples(measured, 0.0) == pytest.approx(226, abs=1)  # 0.3 must become 0.2: 100 · 1.5²
    assert needed_examples(measured, -0.2) is None


def test_without_limits_nothing_is_decided() -> None:
    row = judge(known_gate("dev.loss", "< 1"), of_estimate(Estimate(0.2, -inf, inf, 5)), 0.0)
    assert (row.outcome, row.low, row.high, row.needed_n) == ("inconclusive", None, None, None)


def test_what_is_not_known_is_inconclusive_and_says_why() -> None:
    row = unknown(known_gate("dev.error vs a", "not worse"), "there is no run 'a'")
    assert (row.outcome, row.value, row.note) == ("inconclusive", None, "there is no run 'a'")
    assert Judged.from_json(row.to_json()) == row


ROW = judge(known_gate("train.loss", "< 1"), of_estimate(Estimate(0.2, 0.1, 0.3, 5)), 0.0).to_json()


@pytest.mark.parametrize(
    "wrong",
    [
        None, [], {}, ROW | {"outcome": "maybe"}, ROW | {"value": "1"}, ROW | {"low": float("nan")}, ROW | {"n": 0},
        ROW | {"n": True}, ROW | {"needed_n": 10**12}, ROW | {"gate": 3}, ROW | {"note": "a" * 10_000}, ROW | {"outcome": []},
    ],
)  # fmt: skip
def test_what_is_no_row_is_refused(wrong: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Judged.from_json(wrong)


def test_a_stored_row_is_measured_again() -> None:
    assert of_row(Judged.from_json(ROW)) == Measured(0.2, 0.1, 0.3, 5)
    assert of_row(Judged.from_json(ROW | {"low": None})) == Measured(0.2, -inf, 0.3, 5)
    assert of_row(Judged.from_json(ROW | {"low": 0.25})) is None
    assert of_row(Judged.from_json(ROW | {"gate": "nothing"})) is None
