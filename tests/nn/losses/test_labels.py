from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from dlrun.nn.losses.labels import balanced_weights, write_weights
from tests.laws import DTYPES
from tests.strategies import quick, seeds


@quick
@given(counts=st.lists(st.integers(1, 40), min_size=2, max_size=6), seed=seeds)
def test_balanced_weights_are_scikit_learns_and_make_classes_weigh_alike(counts: list[int], seed: int) -> None:
    n_classes = len(counts)
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(n_classes), counts))
    weights = balanced_weights(y, n_classes)
    np.testing.assert_allclose(weights, compute_class_weight("balanced", classes=np.arange(n_classes), y=y), rtol=1e-14)
    np.testing.assert_allclose(np.multiply(weights, counts), len(y) / n_classes, rtol=1e-14)
    assert all(type(weight) is float for weight in weights)  # they are written into a spec


def test_balanced_weights_of_probabilities_count_shares_of_examples() -> None:
    y = np.array([0, 0, 0, 1])
    assert balanced_weights(y, 2) == (4 / 6, 4 / 2)
    assert balanced_weights(np.eye(2)[y], 2) == balanced_weights(y.astype(np.float32), 2) == balanced_weights(y, 2)
    assert balanced_weights(np.array([0.5, 0.5, 0.0, 0.0]), 2) == (4 / 6, 4 / 2)


def test_a_class_without_examples_counts_as_one_with_a_single_example() -> None:
    assert balanced_weights(np.array([0, 0, 2, 2]), 3) == (4 / 6, 4 / 3, 4 / 6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("label_dtype", [np.uint8, np.int32, np.int64, np.float32, np.float64])
def test_an_example_weighs_what_its_class_does_in_any_form_of_label(dtype: Any, label_dtype: Any) -> None:
    y, weights = np.array([1, 0, 0, 1]), (0.5, 3.0)
    for labels in (y, np.eye(2)[y]):
        out = np.full(4, np.nan, dtype)
        assert write_weights(weights, labels.astype(label_dtype), out) is out
        assert out.tolist() == [3.0, 0.5, 0.5, 3.0]


def test_a_mixed_label_weighs_its_classes_in_their_proportion() -> None:
    assert write_weights((1.0, 3.0), np.array([0.25]), np.empty(1)).tolist() == [1.5]
    assert write_weights((1.0, 3.0, 5.0), np.array([[0.5, 0.25, 0.25]]), np.empty(1)).tolist() == [2.5]
