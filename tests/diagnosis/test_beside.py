import json
from typing import Any

import pytest

from dlrun.diagnosis.beside import Baseline, Beside, LastErrors
from dlrun.statistics.calibration import Calibration
from dlrun.statistics.intervals import Estimate, Interval, wilson


def baseline(low: float, high: float) -> Baseline:
    return Baseline(kind="softmax_regression", error=wilson(50, 500), difference=Interval((low + high) / 2, low, high))


BESIDE = Beside(
    baselines=(
        baseline(-0.02, 0.01),
        Baseline(kind="most_frequent", error=wilson(450, 500), difference=Interval(-0.8, -0.9, -0.7)),
    ),
    calibration=Calibration(ece=Estimate(0.02, 0.0, 0.04, 500), brier=Estimate(0.05, 0.04, 0.06, 500), bins=15),
    last=LastErrors(median=0.11, rows=6, from_epoch=25.0),
)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(-0.05, -0.01, None), (-0.02, 0.01, "not shown to be better"), (0.01, 0.03, "is worse than softmax")],
)
def test_a_baseline_is_beaten_by_the_whole_interval(low: float, high: float, said: str | None) -> None:
    notes = list(Beside(baselines=(baseline(low, high),)).notes("error_rate"))
    assert len(notes) == (said is not None)
    assert all(str(said) in note for note in notes)
    assert baseline(low, high).beaten == (said is None)


@pytest.mark.parametrize(("rows", "taken"), [(3, 3), (14, 3), (15, 3), (16, 4), (100, 20)])
def test_the_last_errors_are_a_fifth_and_three_at_least(rows: int, taken: int) -> None:
    found = LastErrors.of([(epoch + 1.0, 1 / (epoch + 1)) for epoch in range(rows)])
    assert found
    assert (found.rows, found.from_epoch) == (taken, rows - taken + 1.0)
    assert 1 / rows <= found.median <= 1 / (rows - taken + 1)
    assert LastErrors.of([(1.0, 0.5), (2.0, 0.4)]) is None


def test_what_is_stored_is_read_back() -> None:
    stored = json.loads(json.dumps(BESIDE.to_json(), allow_nan=False))
    assert Beside.from_json(stored, "error_rate") == BESIDE
    assert Beside.from_json({}, "error_rate") == Beside()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("baselines", {}), ("baselines", [{"kind": "mean"}] * 9), ("baselines", [None]), ("baselines", [{"kind": ["x"]}]),
        ("calibration", []), ("calibration", {"ece": 1, "brier": 2, "n": 3, "bins": 4}), ("last_dev_errors", "x"),
        ("last_dev_errors", {"median": float("inf"), "rows": 3, "from_epoch": 1}),
        ("last_dev_errors", {"median": -1, "rows": 3, "from_epoch": 1}),
    ],
)  # fmt: skip
def test_what_is_none_of_it_is_refused(key: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError)):
        Beside.from_json(BESIDE.to_json() | {key: value}, "error_rate")
