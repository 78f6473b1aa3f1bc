import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.diagnosis.errors import Measure, in_metric
from dlrun.diagnosis.ladder import Diagnosis, Errors, diagnose, with_test
from dlrun.errors import DlrunError
from dlrun.statistics.intervals import Estimate, difference, exact, root_mean_square, wilson
from tests.diagnosis.test_beside import BESIDE


def rates(target: float, train: float, dev: float | None, n_train: int = 60_000, n_dev: int = 10_000) -> Errors:
    return Errors(
        target=target,
        target_assumed=False,
        train=wilson(round(train * n_train), n_train),
        dev=None if dev is None else wilson(round(dev * n_dev), n_dev),
    )


@st.composite
def diagnoses(draw: st.DrawFn) -> Diagnosis:
    def rate(n: int) -> Estimate:
        return wilson(draw(st.integers(0, n)), n)

    def rmse(n: int) -> Estimate:
        return root_mean_square(np.linspace(0.1, draw(st.floats(0.2, 1e6)), n), seed=0)

    part = draw(st.sampled_from([rate, rmse]))
    sizes = st.integers(1, 200)
    dev = part(draw(sizes)) if draw(st.booleans()) else None
    held = part(draw(sizes)) if draw(st.booleans()) else None
    target, assumed = draw(st.floats(0, 0.5)), draw(st.booleans())
    errors = Errors(target=target, target_assumed=assumed, train=part(draw(sizes)), train_dev=held, dev=dev)
    return diagnose(errors, tolerance=draw(st.floats(0, 0.5)), scale=1.0 if part is rate else draw(st.floats(0, 1e3)))


@pytest.mark.parametrize(
    ("target", "train", "dev", "verdict", "opening"),
    [
        (0.00, 0.01, 0.11, ("high_variance",), "high variance"),
        (0.00, 0.15, 0.16, ("high_bias",), "high bias"),
        (0.00, 0.15, 0.30, ("high_bias", "high_variance"), "both: high bias and high variance, the worst of the four"),
        (0.00, 0.005, 0.01, (), "neither"),
        (0.14, 0.15, 0.16, (), "neither"),
        (0.15, 0.15, 0.16, (), "neither"),
    ],
)
def test_the_table_of_the_course(target: float, train: float, dev: float, verdict: tuple[str, ...], opening: str) -> None:
    found = diagnose(rates(target, train, dev), tolerance=0.02)
    assert found.verdict == verdict
    assert found.headline.split(": bias")[0] == opening


def test_with_ten_thousand_training_examples_one_point_is_not_decided_against_two() -> None:
    found = diagnose(rates(0.14, 0.15, 0.16, n_train=10_000), tolerance=0.02)
    assert found.variance is not None
    assert found.verdict == ()
    assert found.variance.status == "inconclusive"
    assert found.headline.startswith("inconclusive: variance 1.0 points [0.0, 2.0] against 2")
    assert found.variance.needed_n is not None
    assert 10_000 < found.variance.needed_n < 11_000


def test_the_steps_of_the_ladder_are_differences_with_their_limits() -> None:
    errors = rates(0.01, 0.05, 0.12)
    found = diagnose(errors, tolerance=0.02)
    assert errors.dev is not None
    assert found.variance is not None
    for step, expected in [
        (found.avoidable_bias, difference(errors.train, exact(0.01))),
        (found.variance, difference(errors.dev, errors.train)),
    ]:
        assert (step.value, step.low, step.high) == (expected.value, expected.low, expected.high)


def test_without_a_dev_part_variance_is_unknown_and_said_to_be() -> None:
    found = diagnose(rates(0.0, 0.15, None), tolerance=0.02)
    assert found.verdict == ("high_bias",)
    assert found.variance is None
    assert "variance is unknown" in found.headline
    assert any("no dev part" in note for note in found.notes)
    assert set(found.to_json()["errors"]) == {"target", "train"}


def test_the_tolerance_of_a_regression_is_relative_to_the_deviation_of_the_target() -> None:
    train, dev = Estimate(3.0, 2.9, 3.1, 1_000), Estimate(4.0, 3.8, 4.2, 1_000)
    errors = Errors(target=2.5, target_assumed=False, train=train, dev=dev)
    assert diagnose(errors, tolerance=0.02, scale=10).verdict == ("high_bias", "high_variance")
    assert diagnose(errors, tolerance=0.02, scale=100).verdict == ()
    assert diagnose(errors, tolerance=0.02, scale=100).headline.startswith("neither: bias 0.50 [0.40, 0.60]")


@given(found=diagnoses(), factor=st.floats(0.01, 100))
def test_the_unit_of_a_regression_does_not_matter(found: Diagnosis, factor: float) -> None:
    def scaled(part: Estimate) -> Estimate:
        return Estimate(part.value * factor, part.low * factor, part.high * factor, part.n)

    def gap_in(unit: float, found: Diagnosis) -> list[float]:
        gaps = (found.avoidable_bias, found.variance, found.data_mismatch)
        return [x / unit for gap in gaps if gap for x in (gap.value, gap.low, gap.high)]

    errors = found.errors
    again = Errors(
        target=errors.target * factor,
        target_assumed=errors.target_assumed,
        train=scaled(errors.train),
        train_dev=scaled(errors.train_dev) if errors.train_dev else None,
        dev=scaled(errors.dev) if errors.dev else None,
    )
    changed = diagnose(again, tolerance=found.tolerance, scale=found.scale * factor)
    assert gap_in(factor, changed) == pytest.approx(gap_in(1, found), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("train_dev", "dev", "verdict"),
    [
        (0.09, 0.10, ("high_variance",)),
        (0.015, 0.10, ("data_mismatch",)),
        (0.05, 0.10, ("high_variance", "data_mismatch")),
        (0.011, 0.012, ()),
        (0.10, 0.05, ("high_variance",)),
        (0.09, None, ("high_variance",)),
    ],
)
def test_a_part_of_the_training_distribution_tells_variance_from_mismatch(
    train_dev: float, dev: float | None, verdict: tuple[str, ...]
) -> None:
    errors = replace(rates(0.0, 0.01, dev), train_dev=wilson(round(train_dev * 10_000), 10_000))
    found = diagnose(errors, tolerance=0.02)
    assert found.verdict == verdict
    assert errors.train_dev is not None
    assert found.variance is not None
    assert found.variance.value == pytest.approx(train_dev - 0.01)
    assert (found.data_mismatch is None) == (dev is None)
    if errors.dev and found.data_mismatch:
        between = difference(errors.dev, errors.train_dev)
        mismatch = found.data_mismatch
        assert (mismatch.value, mismatch.low, mismatch.high) == (between.value, between.low, between.high)
    assert any("a data mismatch is not" in note for note in found.notes) == (dev is None)
    assert list(found.to_json()["errors"]) == ["target", "train", "train_dev", *(["dev"] if dev else [])]


@pytest.mark.parametrize("assumed", [True, False])
def test_notes_say_what_is_assumed_and_what_is_chosen(assumed: bool) -> None:
    errors = Errors(target=0.0, target_assumed=assumed, train=wilson(1, 10), dev=wilson(2, 10))
    found = diagnose(errors, tolerance=0.02)
    assert any("0 is assumed" in note for note in found.notes) == assumed
    assert any("chosen on these examples" in note for note in found.notes)


def test_the_json_is_the_contract() -> None:
    tree = diagnose(rates(0.01, 0.05, 0.12), tolerance=0.02).to_json()
    gaps = {"avoidable_bias", "variance", "data_mismatch", "dev_overfitting"}
    assert {"verdict", "errors", "optimization", "health", "advice"} | gaps <= set(tree)
    assert tree["verdict"] == ["high_bias", "high_variance"]
    assert all(set(part) == {"error", "low", "high", "n"} for part in tree["errors"].values())
    assert tree["errors"]["target"] == {"error": 0.01, "low": 0.01, "high": 0.01, "n": None}
    assert all(set(tree[gap]) == {"value", "low", "high", "status", "needed_n"} for gap in ("avoidable_bias", "variance"))
    assert all(tree[key] is None for key in ("data_mismatch", "dev_overfitting", "optimization", "health"))
    assert (tree["advice"], tree["schema"], tree["tolerance"], tree["target_assumed"]) == ([], 1, 0.02, False)


@given(found=diagnoses())
def test_the_stored_errors_give_the_same_diagnosis(found: Diagnosis) -> None:
    stored = json.dumps(found.to_json(), allow_nan=False)
    assert Diagnosis.from_json(json.loads(stored)) == found


@given(key=st.sampled_from(["schema", "metric", "errors", "target_assumed", "confidence", "tolerance", "scale"]), data=st.data())
def test_a_damaged_diagnosis_is_an_error_in_words(key: str, data: st.DataObject) -> None:
    tree = diagnose(rates(0.0, 0.05, 0.12, 100, 100), tolerance=0.02).to_json()
    anything: Any = data.draw(
        st.none() | st.text() | st.lists(st.none()) | st.dictionaries(st.sampled_from(["train"]), st.none())
    )
    try:
        Diagnosis.from_json(tree | {key: anything})
    except DlrunError:
        return
    assert key == "target_assumed" or float(anything) >= 0


@pytest.mark.parametrize("tree", [None, [], {}, {"schema": 1}, {"schema": 2}])
def test_what_is_no_diagnosis_is_refused(tree: Any) -> None:
    with pytest.raises(DlrunError, match=r"damaged|schema 2"):
        Diagnosis.from_json(tree)


@pytest.mark.parametrize("n", [0, -5, 1e400])
def test_a_stored_error_on_no_examples_is_refused(n: float) -> None:
    tree = diagnose(rates(0.0, 0.05, 0.12, 100, 100), tolerance=0.02).to_json()
    tree["errors"]["train"]["n"] = n
    with pytest.raises(DlrunError, match="damaged"):
        Diagnosis.from_json(tree)


def test_a_dev_part_unlike_train_may_be_mismatch_unless_train_dev_tells() -> None:
    train, dev = wilson(10, 1000), wilson(200, 1000)
    errors = Errors(target=0.0, target_assumed=False, dev_is_unlike_train=True, train=train, dev=dev)
    found = diagnose(errors, tolerance=0.02)
    assert any("may be data mismatch" in note for note in found.notes)
    assert Diagnosis.from_json(found.to_json()) == found
    told = diagnose(replace(errors, train_dev=wilson(12, 1000)), tolerance=0.02)
    assert not any("may be" in note for note in told.notes)
    assert told.verdict == ("data_mismatch",)


def test_labels_wrong_on_purpose_are_said() -> None:
    errors = Errors(target=0.0, target_assumed=False, wrong_labels=("train",), train=wilson(300, 1000), dev=wilson(50, 1000))
    found = diagnose(errors, tolerance=0.02)
    assert any("wrong on purpose in train" in note for note in found.notes)
    assert Diagnosis.from_json(found.to_json()).notes == found.notes


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (("errors", "dev", "n"), 10**12), (("errors", "dev", "n"), -1), (("tolerance",), -1.0),
        (("errors", "target", "error"), 2.0), (("scale",), 1e999), (("tolerance",), 1e308), (("errors", "train", "low"), -1.0),
    ],
)  # fmt: skip
def test_a_stored_diagnosis_holds_only_numbers_that_errors_can_be(address: tuple[str, ...], value: float) -> None:
    tree = diagnose(rates(0.0, 0.05, 0.12), tolerance=0.02).to_json() | ({"scale": 1e10} if address == ("tolerance",) else {})
    *steps, last = address
    inner = tree
    for step in steps:
        inner = inner[step]
    inner[last] = value
    with pytest.raises(DlrunError, match="the stored diagnosis is damaged"):
        Diagnosis.from_json(tree)


def in_losses(errors: Errors) -> Measure:
    parts = {"train": Estimate(0.1, 0.09, 0.11, 1_000), "dev": Estimate(0.3, 0.25, 0.35, 1_000)}
    return Measure(errors=in_metric(errors, "loss", parts, target=0.0, target_assumed=True), scale=2.3)


def test_another_metric_decides_the_gaps_and_leaves_the_errors() -> None:
    errors = rates(0.0, 0.01, 0.012)
    found = diagnose(errors, tolerance=0.02, other=in_losses(errors))
    assert found.verdict == ("high_bias", "high_variance")
    assert found.errors == errors
    assert found.variance
    assert found.variance.value == pytest.approx(0.2)
    assert found.threshold == pytest.approx(0.046)
    assert any("the rungs are mean losses" in note for note in found.notes)
    assert Diagnosis.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_look_at_test_shows_what_dev_was_overfitted_to() -> None:
    found = with_test(diagnose(rates(0.0, 0.01, 0.01), tolerance=0.02), wilson(600, 10_000), 3)
    assert found.verdict == ("dev_overfitting",)
    assert found.headline == "overfitting to dev"
    assert any("looked at 3 times" in note for note in found.notes)
    assert not any("nobody has" in note for note in found.notes)
    assert Diagnosis.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert found.to_json()["dev_overfitting"]["value"] == pytest.approx(0.05)
    again = with_test(found, None, 3)
    assert (again.dev_overfitting, again.errors.test_looks) == (None, 0)
    assert again == diagnose(rates(0.0, 0.01, 0.01), tolerance=0.02)


def test_a_look_keeps_no_other_metric() -> None:
    errors = rates(0.0, 0.01, 0.012)
    found = with_test(diagnose(errors, tolerance=0.02, other=in_losses(errors)), wilson(600, 10_000), 1)
    assert found.dev_overfitting is None
    assert any("kept its error alone" in note for note in found.notes)


def test_few_test_examples_leave_overfitting_open_and_say_how_many_would_do() -> None:
    found = with_test(diagnose(rates(0.0, 0.01, 0.01), tolerance=0.02), wilson(2, 60), 1)
    assert found.dev_overfitting
    assert found.dev_overfitting.status == "inconclusive"
    assert "test examples in all would decide" in found.headline
    assert len(found.open_questions) == 1


def test_columns_far_out_are_named_beside_a_mismatch() -> None:
    far = (("age", 3), ("b", 1))
    errors = replace(rates(0.0, 0.01, 0.2), train_dev=wilson(100, 10_000), dev_extremes=far)
    found = diagnose(errors, tolerance=0.02)
    assert found.verdict == ("data_mismatch",)
    assert any("'age' (3), 'b' (1)" in note for note in found.notes)
    assert Diagnosis.from_json(found.to_json()) == found
    near = diagnose(replace(errors, dev=wilson(100, 10_000)), tolerance=0.02)
    assert not any("'age'" in note for note in near.notes)


def test_whether_a_network_was_needed_is_the_first_note() -> None:
    found = diagnose(rates(0.0, 0.05, 0.06), tolerance=0.02, beside=BESIDE)
    assert found.notes[0].startswith("the network is not shown to be better than softmax regression")
    assert "median of the last 6 evaluations is 11 %" in found.notes[-1]
    assert "seeds" not in found.notes[-1]
    assert Diagnosis.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_diagnosis_from_before_there_was_a_test_rung_is_read() -> None:
    found = diagnose(rates(0.0, 0.05, 0.06), tolerance=0.02)
    old = {key: value for key, value in found.to_json().items()
           if key not in {"baselines", "calibration", "last_dev_errors", "ladder", "dev_extremes", "test_looks"}}  # fmt: skip
    assert Diagnosis.from_json(old) == found


@pytest.mark.parametrize("key", ["ladder", "baselines", "calibration", "last_dev_errors", "dev_extremes"])
@pytest.mark.parametrize(
    "value", [True, "x", [1], {"a": "b"}, {"metric": "error_rate", "scale": 1}, {"metric": "loss", "scale": 1e999}]
)
def test_damage_to_what_is_new_is_an_error_in_words(key: str, value: Any) -> None:
    errors = rates(0.0, 0.05, 0.06)
    tree = diagnose(errors, tolerance=0.02, other=in_losses(errors), beside=BESIDE).to_json()
    with pytest.raises(DlrunError, match="the stored diagnosis is damaged"):
        Diagnosis.from_json(tree | {key: value})
