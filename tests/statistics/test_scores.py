"""Scores put together: a class without examples, one class alone, no mistake at all."""

from math import inf, isnan

import numpy as np
import pytest
from sklearn import metrics

from dlrun.statistics.intervals import Estimate, wilson
from dlrun.statistics.scores import class_scores, harmonic_size, regression_scores, shortfall

NAMES = ("a", "b", "c")


def test_every_class_has_its_error_with_wilsons_limits() -> None:
    rng = np.random.default_rng(0)
    labels, p = rng.integers(2, size=50), rng.dirichlet(np.ones(3), size=50)
    scores = class_scores(labels, p, NAMES, seed=0)
    for k in range(2):
        one, wrong = scores.classes[k], int((p.argmax(axis=1) != labels)[labels == k].sum())
        assert (one.name, one.n, one.error) == (NAMES[k], int((labels == k).sum()), wilson(wrong, int((labels == k).sum())))
    assert (scores.classes[2].n, scores.classes[2].error) == (0, None)
    assert scores.confusion.sum() == 50
    assert scores.confusion.dtype.kind == "i"
    assert scores.macro_f1
    assert scores.macro_f1.value == pytest.approx(metrics.f1_score(labels, p.argmax(axis=1), average="macro"))
    assert scores.macro_f1.low < scores.macro_f1.value < scores.macro_f1.high
    again = class_scores(labels, p, NAMES, seed=0)
    assert (again.macro_f1, again.auc) == (scores.macro_f1, scores.auc)


def test_one_class_alone_has_no_area_and_no_mistake_has_no_known_limits() -> None:
    p = np.eye(3)[np.zeros(9, dtype=np.int64)] * 0.8 + 0.1
    scores = class_scores(np.zeros(9, dtype=np.int64), p, NAMES, seed=0)
    assert scores.auc is None
    assert scores.macro_f1
    assert (scores.macro_f1.value, scores.macro_f1.low, scores.macro_f1.high) == (1, -inf, inf)
    assert isnan(scores.classes[1].f1)
    assert isnan(scores.classes[1].precision)


def test_a_regression_has_its_two_numbers() -> None:
    rng = np.random.default_rng(0)
    y = rng.standard_normal(80)
    predicted = y + 0.3 * rng.standard_normal(80)
    scores = regression_scores(y, predicted, seed=0)
    assert scores.mae
    assert scores.r2
    assert scores.mae.value == pytest.approx(metrics.mean_absolute_error(y, predicted))
    assert scores.r2.value == pytest.approx(metrics.r2_score(y, predicted))
    assert scores.r2.low < scores.r2.value < scores.r2.high < 1
    assert regression_scores(np.ones(5), np.zeros(5), seed=0).r2 is None


def test_what_a_score_falls_short_of_one() -> None:
    found = shortfall(Estimate(0.9, 0.8, 0.95, 100), 100)
    assert found
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.05, 0.2))
    perfect = shortfall(Estimate(1.0, -inf, inf, 100), 100)
    assert perfect
    assert (perfect.value, perfect.low, perfect.high) == pytest.approx((0.0, 0.0, wilson(0, 100).high))
    assert shortfall(None, 100) is None


def test_a_mean_of_rates_is_as_precise_as_one_rate_on_that_many() -> None:
    assert harmonic_size(np.array([0] * 50 + [1] * 50)) == pytest.approx(100)
    assert harmonic_size(np.array([0] * 90 + [2] * 10)) == pytest.approx(4 / (1 / 90 + 1 / 10))
    assert harmonic_size(np.array([0] * 90 + [2] * 10), against_rest=True) == 10
    assert harmonic_size(np.array([1] * 9), against_rest=True) == 0
