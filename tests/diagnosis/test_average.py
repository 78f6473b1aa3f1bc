from dataclasses import replace

import pytest

from dlrun.diagnosis.average import averaged
from dlrun.diagnosis.beside import LastErrors
from dlrun.diagnosis.errors import Measure, in_metric
from dlrun.diagnosis.ladder import Diagnosis, Errors, diagnose, with_test
from dlrun.statistics.intervals import Estimate, wilson
from tests.diagnosis.test_beside import BESIDE


def found(train: int, dev: int, train_dev: int | None = None) -> Diagnosis:
    errors = Errors(
        target=0.0,
        target_assumed=False,
        train=wilson(train, 1000),
        train_dev=None if train_dev is None else wilson(train_dev, 500),
        dev=wilson(dev, 500),
    )
    return diagnose(errors, tolerance=0.02)


def test_the_mean_is_judged_with_both_kinds_of_chance() -> None:
    one = averaged([found(10, 40)])
    mean = averaged([found(5, 35), found(15, 45)])
    assert one.to_json() == found(10, 40).to_json()  # of one run nothing is known about training's chance
    assert mean.errors.dev
    assert one.errors.dev
    assert mean.errors.dev.value == one.errors.dev.value == 0.08
    assert mean.errors.dev.high - mean.errors.dev.low > one.errors.dev.high - one.errors.dev.low
    assert mean.errors.dev.n == 500
    assert mean.errors.metric == "error_rate"


def test_equal_runs_say_no_less_and_no_more_than_one() -> None:
    same = averaged([found(10, 60)] * 5)
    assert same.verdict == found(10, 60).verdict == ("high_variance",)
    assert same.headline == found(10, 60).headline


def test_a_spread_keeps_a_verdict_open_and_examples_do_not_close_it() -> None:
    open_question = averaged([found(0, 5), found(0, 55)])
    assert open_question.variance
    assert open_question.variance.status == "inconclusive"
    assert open_question.variance.needed_n is None


def test_parts_count_if_every_run_has_them() -> None:
    assert averaged([found(1, 2, 3), found(1, 2, 3)]).errors.train_dev
    assert averaged([found(1, 2, 3), found(1, 2)]).errors.train_dev is None
    with pytest.raises(ValueError, match="no mean"):
        averaged([])


def test_root_mean_square_errors_have_a_mean_too() -> None:
    errors = [
        Errors(target=0.0, target_assumed=True, train=Estimate(v, v - 1, v + 1, 90), dev=Estimate(v + 2, v, v + 4, 30))
        for v in (3.0, 4.0)
    ]
    mean = averaged([diagnose(error, tolerance=0.02, scale=10.0) for error in errors])
    assert (mean.errors.metric, mean.errors.train.value, mean.scale) == ("rmse", 3.5, 10.0)


def test_what_stands_beside_the_ladder_has_a_mean_too() -> None:
    def one(train: int, dev: int, test: int) -> Diagnosis:
        plain = found(train, dev)
        beside = replace(BESIDE, last=LastErrors(median=dev / 500, rows=6, from_epoch=25.0))
        return with_test(diagnose(plain.errors, tolerance=0.02, beside=beside), wilson(test, 400), 1)

    mean = averaged([one(5, 35, 30), one(15, 45, 50)])
    assert mean.errors.test
    assert mean.errors.test.value == pytest.approx(0.1)
    assert mean.dev_overfitting
    assert mean.beside.last
    assert mean.beside.last.median == pytest.approx(0.08)
    assert [one.kind for one in mean.beside.baselines] == ["softmax_regression", "most_frequent"]
    assert mean.beside.calibration
    assert mean.beside.calibration.ece.value == pytest.approx(0.02)
    single = averaged([one(5, 35, 30)])
    assert single.to_json() == one(5, 35, 30).to_json()
    mixed = averaged([one(5, 35, 30), found(15, 45)])
    assert (mixed.errors.test, mixed.beside.baselines, mixed.beside.calibration, mixed.beside.last) == (None, (), None, None)


def test_the_ladder_in_another_metric_has_a_mean_if_all_have_it() -> None:
    def one(value: float) -> Diagnosis:
        plain = found(10, 40)
        parts = {part: Estimate(value, value / 2, 2 * value, 500) for part in ("train", "dev")}
        losses = in_metric(plain.errors, "loss", parts, target=0.0, target_assumed=True)
        return diagnose(plain.errors, tolerance=0.02, other=Measure(errors=losses, scale=2.0))

    mean = averaged([one(0.2), one(0.4)])
    assert mean.rungs.rung_metric == "loss"
    assert mean.rungs.train.value == pytest.approx(0.3)
    assert averaged([one(0.2), found(10, 40)]).other is None
