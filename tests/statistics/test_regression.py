"""Scores of regressions against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from dlrun.statistics.regression import explained, mean_absolute_error
from tests.strategies import quick, seeds


@quick
@given(m=st.integers(2, 50), size=st.sampled_from([1e-6, 1.0, 1e9]), offset=st.sampled_from([0.0, 1e6]), seed=seeds)
def test_they_are_scikit_learns_and_count_repeated_examples(m: int, size: float, offset: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = size * rng.standard_normal(m) + offset * size
    predicted = y + size * rng.standard_normal(m)
    weights = rng.integers(0, 3, size=m).astype(float) + (np.arange(m) < 2)
    for w in (np.ones(m), weights):
        r2 = metrics.r2_score(y, predicted, sample_weight=w)
        assert explained(y, predicted - y)(w) == pytest.approx(r2, rel=1e-6, abs=1e-9)
        mae = metrics.mean_absolute_error(y, predicted, sample_weight=w)
        assert mean_absolute_error(predicted - y)(w) == pytest.approx(mae, rel=1e-9)


def test_what_does_not_differ_cannot_be_explained() -> None:
    y = np.full(3, 1e9 / 3)
    assert np.isnan(explained(y, np.zeros(3))(np.ones(3)))
