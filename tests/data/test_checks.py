from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data import checks
from dlrun.data.checks import classes_in_parts, equal_rows, extreme_values
from dlrun.data.findings import Finding
from dlrun.data.preprocessing import Standard
from tests.data.test_duplicates import chosen_from
from tests.strategies import quick


def found(x: dict[str, Any], y: dict[str, Any], *, regression: bool = False) -> dict[tuple[str, ...], Finding]:
    findings = equal_rows(chosen_from({part: np.array(rows, dtype=float) for part, rows in x.items()}),
                          {part: np.array(labels) for part, labels in y.items()}, regression=regression)  # fmt: skip
    return {(finding.check, *finding.parts): finding for finding in findings}


def test_rows_of_two_parts_are_counted_and_shown_where_they_stand() -> None:
    x = {"train": [[1, 2], [3, 4], [5, 6]], "dev": [[3, 4], [9, 9], [1, 2], [1, 2]], "test": [[7, 7]]}
    told = found(x, {"train": [0, 1, 0], "dev": [0, 0, 0, 1], "test": [0]})
    shared = told["shared_rows", "train", "dev"]
    assert shared.severity == "error"
    assert shared.facts["rows"] == 3
    assert (shared.facts["same_label"], shared.facts["other_label"]) == (1, 2)
    assert shared.facts["first"] == [("t:x[0]", "t:x[1]"), ("t:x[2]", "t:x[0]"), ("t:x[3]", "t:x[0]")]
    assert shared.message == (
        "3 of 4 rows of dev (75.0 %) stand in train too, 1 with the same label: t:x[0] and :x[1]; within train: 0 %"
    )
    assert set(told) == {("shared_rows", "train", "dev"), ("conflicting_labels", "dev")}


def test_rows_that_repeat_as_often_within_a_part_are_no_leak() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 300, (1000, 1)).astype(float)  # a table of one column of few values
    y = {"train": np.zeros(800), "dev": np.zeros(200)}
    (usual,) = equal_rows(chosen_from({"train": x[:800], "dev": x[800:]}), y, regression=False)
    assert (usual.severity, usual.cure) == ("warning", "")
    assert "; about as often as within train: " in usual.message
    alone = np.arange(800.0)[:, None]
    alone[:40] = 0  # 5 % of the rows repeat, and half of dev is copied
    dev = np.concatenate([alone[100:200], -1 - np.arange(100.0)[:, None]])
    (leak,) = equal_rows(chosen_from({"train": alone, "dev": dev}), y, regression=False)
    assert leak.severity == "error"


@quick
@given(cells=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=15))
def test_conflicts_are_those_that_a_look_at_all_pairs_finds(cells: list[tuple[int, int]]) -> None:
    inputs, labels = zip(*cells, strict=True)
    told = found({"train": [[value] for value in inputs]}, {"train": labels})
    m = len(cells)
    rows = sum(any(inputs[i] == inputs[j] and labels[i] != labels[j] for j in range(m)) for i in range(m))
    best = {value: max(range(3), key=lambda k: cells.count((value, k))) for value in inputs}
    wrong = sum(best[value] != label for value, label in cells)
    if not rows:
        assert not told
    else:
        facts = told["conflicting_labels", "train"].facts
        assert (facts["rows"], facts["lowest_error"]) == (rows, pytest.approx(wrong / m))


def test_unlike_targets_of_equal_rows_bound_the_error_of_a_regression() -> None:
    told = found({"train": [[1], [1], [2], [3]]}, {"train": [10.0, 14.0, 0.0, 0.0]}, regression=True)
    finding = told["conflicting_labels", "train"]
    assert finding.facts["lowest_error"] == pytest.approx(np.sqrt(8 / 4))  # the best guess for both is 12
    assert finding.message.endswith("no network comes closer than an RMSE of 1.41")


def test_conflicts_that_cannot_be_seen_in_an_error_are_not_told() -> None:
    x, y = np.arange(4000.0)[:, None], np.zeros(4000, dtype=np.int64)
    x[1], y[1] = x[0], 1
    (finding,) = equal_rows(chosen_from({"train": x}), {"train": y}, regression=False)
    assert (finding.severity, finding.facts["rows"]) == ("fine", 2)


def test_inputs_beyond_the_budget_are_left_alone_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LARGEST", 10)
    (finding,) = equal_rows(chosen_from({"train": np.zeros((2, 1))}), {"train": np.zeros(2)}, regression=False)
    assert (finding.severity, finding.facts) == ("warning", {"bytes": 16})
    assert finding.message.startswith("not looked for equal rows")


def test_classes_that_a_part_lacks_or_has_alone_are_named() -> None:
    labels = {"train": np.array([0, 1, 1, 3]), "dev": np.array([0, 2, 2]), "test": np.array([0, 1, 3])}
    unknown, absent = classes_in_parts(labels, ("a", "b", "c", "d"))
    assert (unknown.severity, unknown.parts, unknown.facts) == ("error", ("dev",), {"classes": ["c"]})
    assert unknown.message == "2 of 3 rows of dev are of class 'c', which train does not have"
    assert (absent.severity, absent.parts, absent.facts) == ("warning", ("dev",), {"classes": ["b", "d"]})
    assert not list(classes_in_parts({"train": np.array([0, 1]), "dev": np.array([1, 0])}, ("a", "b")))


def extremes(train: Any, dev: Any) -> list[Finding]:
    chosen = chosen_from({"train": np.array(train, dtype=float), "dev": np.array(dev, dtype=float)})
    return list(extreme_values(chosen, Standard().fit(chosen["train"])))


def test_values_far_outside_of_train_are_counted_by_column() -> None:
    train = np.random.default_rng(0).standard_normal((500, 3))
    dev = train[:50].copy()
    dev[:2, 1], dev[4, 2], dev[5, 0] = 30, -1e6, np.nan
    (finding,) = extremes(train, dev)
    assert finding.facts == {"values": 3, "columns": {"x2": 2, "x3": 1}}
    assert finding.message.endswith("by column: 'x2' (2), 'x3' (1)")
    assert not extremes(train, dev[6:])


def test_what_training_has_seen_is_no_surprise() -> None:
    train = np.zeros((5000, 1))
    train[0] = 100.0  # 70 deviations from the mean, and yet of this column
    assert not extremes(train, [[100.0], [50.0]])
    assert extremes(train, [[101.0]])[0].facts["values"] == 1
