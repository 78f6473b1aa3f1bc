"""Scores of classifiers against scikit-learn, with ties, absent classes, and one class alone."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from dlrun.statistics.classification import auc, confusion, f1, macro_f1, precision
from tests.strategies import quick, seeds

shapes = {"m": st.integers(1, 60), "n_classes": st.integers(2, 6), "seed": seeds}


def drawn(m: int, n_classes: int, seed: int) -> tuple[Any, Any, Any]:
    """Return labels of some of the classes, and probabilities of one digit, so that many are tied."""
    rng = np.random.default_rng(seed)
    present = rng.choice(n_classes, size=rng.integers(1, n_classes + 1), replace=False)
    scores = rng.integers(1, 4, size=(m, n_classes)).astype(float)
    return rng.choice(present, size=m), scores / scores.sum(axis=1, keepdims=True), rng


@quick
@given(**shapes)
def test_the_table_and_its_scores_are_scikit_learns(m: int, n_classes: int, seed: int) -> None:
    labels, p, _ = drawn(m, n_classes, seed)
    predictions, classes = p.argmax(axis=1), np.arange(n_classes)
    table = confusion(labels, predictions, n_classes)
    np.testing.assert_array_equal(table, metrics.confusion_matrix(labels, predictions, labels=classes))
    each = metrics.f1_score(labels, predictions, labels=classes, average=None, zero_division=np.nan)
    np.testing.assert_allclose(f1(table), each, rtol=1e-12)
    expected = metrics.precision_score(labels, predictions, labels=classes, average=None, zero_division=np.nan)
    np.testing.assert_allclose(precision(table), expected, rtol=1e-12)
    assert macro_f1(table) == pytest.approx(metrics.f1_score(labels, predictions, average="macro", zero_division=0), rel=1e-12)


@quick
@given(**shapes)
def test_the_area_is_scikit_learns_and_counts_repeated_examples(m: int, n_classes: int, seed: int) -> None:
    labels, p, rng = drawn(m, n_classes, seed)
    rows = rng.integers(m, size=m)
    for chosen, weights in ((np.arange(m), np.ones(m)), (rows, np.bincount(rows, minlength=m).astype(float))):
        y, q = labels[chosen], p[chosen]
        classes = [1] if n_classes == 2 else range(n_classes)
        areas = [metrics.roc_auc_score(y == c, q[:, c]) for c in classes if 0 < (y == c).sum() < m]
        area = auc(labels, p)(weights)
        assert area == pytest.approx(np.mean(areas), rel=1e-12) if areas else np.isnan(area)


def test_more_classes_are_scikit_learns_mean_over_one_against_the_rest() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(4, size=200), rng.dirichlet(np.ones(4), size=200).round(1)
    p[:, 0] = 1 - p[:, 1:].sum(axis=1)
    expected = metrics.roc_auc_score(y, p, multi_class="ovr", average="macro")
    assert auc(y, p)(np.ones(200)) == pytest.approx(expected, rel=1e-12)


def test_all_ties_are_a_half_and_one_class_has_no_area() -> None:
    y = np.array([0, 1, 1])
    assert auc(y, np.full((3, 2), 0.5))(np.ones(3)) == 0.5
    assert np.isnan(auc(np.zeros(3, dtype=np.int64), np.full((3, 2), 0.5))(np.ones(3)))
    assert np.isnan(macro_f1(np.zeros((0, 0))))
