"""What is particular to the cross-entropies; the laws of every loss are in tests/nn/test_losses.py."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.initializers import Zeros
from dlrun.nn.layers import Dense
from dlrun.nn.losses import Labels, Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.optimizers import GradientDescent
from dlrun.nn.penalties import L2
from tests.laws import descend, each_column, error_of, kind, labels_for, mean_and_dz
from tests.strategies import matrices, quick, seeds, vectors

N_CLASSES = 4
CLASSIFIERS: list[Any] = [SoftmaxCrossEntropy, SigmoidCrossEntropy]
classifiers = pytest.mark.parametrize("loss_class", CLASSIFIERS, ids=kind)
some_logits = matrices(st.integers(1, 9), st.integers(2, 6))


def example(loss: Loss, m: int, seed: int = 0) -> tuple[Array, Any]:
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((m, loss.n_outputs(N_CLASSES))), labels_for(loss, m, rng, n_classes=N_CLASSES)


def naive_softmax(row: Array) -> list[float]:
    t = [math.exp(value) for value in row]
    return [value / math.fsum(t) for value in t]


@classifiers
def test_cross_entropy_is_scikit_learns_log_loss(loss_class: Any) -> None:
    loss = loss_class()
    z, y = example(loss, 200)
    n_classes = loss.predict(z).shape[1]
    expected = log_loss(y, loss.predict(z), labels=range(n_classes))
    assert mean_and_dz(loss, z, y)[0] == pytest.approx(expected, rel=1e-12)


@quick
@given(z=some_logits, seed=seeds)
def test_labels_and_one_hot_probabilities_agree(z: Array, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, z.shape[1], len(z))
    loss, one_hot = SoftmaxCrossEntropy(), np.eye(z.shape[1])[y]
    (value, dz), (expected, expected_dz) = mean_and_dz(loss, z, one_hot), mean_and_dz(loss, z, y)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(dz, expected_dz, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(loss.each(z, one_hot), loss.each(z, y), rtol=1e-12, atol=1e-15)
    assert error_of(loss, z, one_hot) == error_of(loss, z, y)


@quick
@given(z=some_logits, seed=seeds)
def test_soft_labels_weigh_the_losses_of_the_classes(z: Array, seed: int) -> None:
    """Both are linear in y: the loss and dz of a mixture are the mixture of the losses and dz of its classes."""
    m, n_classes = z.shape
    y, loss = np.random.default_rng(seed).dirichlet(np.ones(n_classes), m), SoftmaxCrossEntropy()
    by_class = np.array([loss.each(z, np.full(m, c)) for c in range(n_classes)])
    value, dz = mean_and_dz(loss, z, y)
    assert value == pytest.approx(float((y.T * by_class).sum()) / m, rel=1e-12)
    p = np.array([naive_softmax(row) for row in z])
    np.testing.assert_allclose(dz, (p - y) / m, rtol=1e-10, atol=1e-14)


def test_a_soft_binary_label_weighs_both_losses() -> None:
    z, loss = np.array([[0.3], [-2.0]]), SigmoidCrossEntropy()
    ones, zeros = (mean_and_dz(loss, z, np.full(2, label)) for label in (1, 0))
    value, dz = mean_and_dz(loss, z, np.full(2, 0.25))
    assert value == pytest.approx(0.25 * ones[0] + 0.75 * zeros[0], rel=1e-13)
    np.testing.assert_allclose(dz, 0.25 * ones[1] + 0.75 * zeros[1], rtol=1e-13)


@quick
@given(z=some_logits, shift=st.floats(-1e3, 1e3), seed=seeds)
def test_softmax_does_not_see_a_common_shift(z: Array, shift: float, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, z.shape[1], len(z))
    loss = SoftmaxCrossEntropy()
    np.testing.assert_allclose(loss.predict(z + shift), loss.predict(z), rtol=1e-9)
    np.testing.assert_allclose(mean_and_dz(loss, z, y)[1].sum(axis=1), 0, atol=1e-15)


@classifiers
def test_weighted_cross_entropy_times_m_over_the_sum_of_weights_is_scikit_learns(loss_class: Any) -> None:
    """We divide by m; scikit-learn and PyTorch divide by the sum of the examples' weights."""
    z, y = example(loss_class(), 200)
    p = loss_class().predict(z)
    weights = (0.5, 2.0, 1.0, 0.25)[: p.shape[1]]
    each = np.array(weights)[y]
    expected = log_loss(y, p, labels=range(p.shape[1]), sample_weight=each)
    value, _ = mean_and_dz(loss_class(class_weights=weights), z, y)
    assert value * len(y) / each.sum() == pytest.approx(expected, rel=1e-12)


@classifiers
def test_a_class_of_weight_two_is_a_class_whose_examples_come_twice(loss_class: Any) -> None:
    z, y = example(loss_class(), 60)
    n_classes = loss_class().predict(z).shape[1]
    twice = np.concatenate([np.arange(60), np.flatnonzero(y == 1)])
    value, dz = mean_and_dz(loss_class(class_weights=(1.0, 2.0, 1.0, 1.0)[:n_classes]), z, y)
    doubled, doubled_dz = mean_and_dz(loss_class(), z[twice], y[twice])
    assert value == pytest.approx(doubled * len(twice) / 60, rel=1e-12)
    summed = np.zeros_like(z)
    np.add.at(summed, twice, doubled_dz)
    np.testing.assert_allclose(dz, summed * len(twice) / 60, rtol=1e-12, atol=1e-15)


@classifiers
def test_weights_of_one_change_nothing(loss_class: Any) -> None:
    z, y = example(loss_class(), 60)
    n_classes = loss_class().predict(z).shape[1]
    value, dz = mean_and_dz(loss_class(class_weights=(1.0,) * n_classes), z, y)
    expected, expected_dz = mean_and_dz(loss_class(), z, y)
    assert value == expected
    np.testing.assert_array_equal(dz, expected_dz)


@classifiers
def test_balanced_weights_become_numbers_from_the_training_labels(loss_class: Any) -> None:
    y = np.array([0, 0, 0, 1])
    loss = loss_class(class_weights="balanced", label_smoothing=0.1)
    assert loss.with_weights_for(y, 2) == loss_class(class_weights=(4 / 6, 2.0), label_smoothing=0.1)
    given = loss_class(class_weights=(1.0, 5.0))
    assert given.with_weights_for(y, 2) is given
    assert loss_class().with_weights_for(y, 2) == loss_class()


@classifiers
def test_balanced_weights_that_are_no_numbers_yet_cannot_be_used(loss_class: Any) -> None:
    loss = loss_class(class_weights="balanced")
    with pytest.raises(AssertionError, match="with_weights_for"):
        loss.each(*example(loss, 4))


@classifiers
def test_a_wrong_number_of_weights_is_said_in_words(loss_class: Any) -> None:
    assert loss_class(class_weights=(1.0, 2.0, 3.0)).weights_problem(4) == "class_weights has 3 numbers, the data has 4 classes"
    assert loss_class(class_weights=(1.0, 2.0, 3.0)).weights_problem(2) == "class_weights has 3 numbers, the data has 2 classes"
    assert loss_class(class_weights=(1.0,)).weights_problem(2) == "class_weights has 1 number, the data has 2 classes"
    for fine in (loss_class(), loss_class(class_weights="balanced"), loss_class(class_weights=(1.0, 2.0))):
        assert fine.weights_problem(2) is None


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_smoothed_labels_are_met_by_finite_logits(smoothing: float) -> None:
    """The slope is zero where the probabilities are the smoothed label; without smoothing that is infinitely far away."""
    t = np.full(4, smoothing / 4)
    t[2] += 1 - smoothing
    _, dz = mean_and_dz(SoftmaxCrossEntropy(label_smoothing=smoothing), np.log(t)[None], np.array([2]))
    np.testing.assert_allclose(dz, 0, atol=1e-15)
    p = 1 - smoothing / 2
    _, dz = mean_and_dz(SigmoidCrossEntropy(label_smoothing=smoothing), np.array([[math.log(p / (1 - p))]]), np.array([1]))
    np.testing.assert_allclose(dz, 0, atol=1e-15)


@classifiers
@pytest.mark.parametrize("size", [1, 30, 1e4])
def test_predictions_are_probabilities(loss_class: Any, size: float) -> None:
    loss = loss_class()
    p = loss.predict(size * example(loss, 50)[0])
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)


def test_the_courses_softmax() -> None:
    z = np.array([[5.0, 2.0, -1.0, 3.0]])
    np.testing.assert_allclose(SoftmaxCrossEntropy().predict(z).round(3), [[0.842, 0.042, 0.002, 0.114]])
    t = np.exp(z)
    assert round(float(t.sum()), 1) == 176.3
    np.testing.assert_allclose(SoftmaxCrossEntropy().predict(z), t / t.sum(), rtol=1e-14)


def test_the_courses_cat() -> None:
    z = np.log([[0.3, 0.2, 0.1, 0.4]])
    value, dz = mean_and_dz(SoftmaxCrossEntropy(), z, np.array([1]))
    assert round(value, 3) == 1.609
    np.testing.assert_allclose(dz, [[0.3, -0.8, 0.1, 0.4]], rtol=1e-14)


@quick
@given(z=matrices(st.integers(1, 9), st.just(1)), seed=seeds)
def test_sigmoid_is_the_softmax_of_zero_and_z(z: Array, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 2, len(z))
    both = np.hstack([np.zeros_like(z), z])
    value, dz = mean_and_dz(SigmoidCrossEntropy(), z, y)
    other_value, other_dz = mean_and_dz(SoftmaxCrossEntropy(), both, y)
    assert value == pytest.approx(other_value, rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(dz[:, 0], other_dz[:, 1], rtol=1e-9, atol=1e-15)


def logistic_regression(loss: Loss, lr: float, strength: float) -> Array:
    """Return the probabilities after each of 50 steps of gradient descent from zeros."""
    m, n = 40, 5
    rng = np.random.default_rng(0)
    x = rng.standard_normal((m, n))
    y = (x[:, 0] + 0.5 * rng.standard_normal(m) > 0).astype(np.int64)
    network = Network([Dense(units=loss.n_outputs(2), init=Zeros())], n, m, np.float64, NUMPY)
    network.initialize(0)
    path = []
    for _ in range(50):
        descend(network, loss, GradientDescent(), x, y, lr=lr, steps=1, penalties=[L2(strength=strength, m=m)])
        path.append(loss.predict(network.forward(x)))
    return np.array(path)


def test_softmax_with_two_classes_is_logistic_regression() -> None:
    """With w = w₁ − w₀ each step moves w twice as far: α and λ of softmax are 2α and λ/2 of sigmoid."""
    softmax = logistic_regression(SoftmaxCrossEntropy(), 0.3, 4.0)
    np.testing.assert_allclose(softmax, logistic_regression(SigmoidCrossEntropy(), 0.6, 2.0), rtol=0, atol=1e-12)
    assert np.abs(softmax - logistic_regression(SigmoidCrossEntropy(), 0.3, 4.0)).max() > 1e-3


@each_column
@quick
@given(z=matrices(st.integers(1, 9), st.integers(2, 6), limit=2).map(np.round), seed=seeds)
def test_softmax_errors_are_counted_and_ties_go_to_the_first(kernels: Kernels, z: Array, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, soft = rng.integers(0, z.shape[1], len(z)), rng.integers(0, 3, z.shape) / 4
    pairs: list[tuple[Labels, list[int]]] = [(y, y.tolist()), (soft, [list(row).index(max(row)) for row in soft])]
    for labels, right in pairs:
        wrong = sum(list(row).index(max(row)) != label for row, label in zip(z, right, strict=True))
        assert error_of(SoftmaxCrossEntropy(), z, labels, kernels) == wrong / len(z)


def test_all_equal_logits_do_not_count_as_right() -> None:
    """An untrained softmax guesses the first class, so only that one is right."""
    assert error_of(SoftmaxCrossEntropy(), np.zeros((6, 3)), np.array([0, 0, 1, 1, 2, 2])) == 4 / 6
    assert error_of(SigmoidCrossEntropy(), np.zeros((4, 1)), np.array([0, 1, 1, 1])) == 3 / 4


@quick
@given(z=vectors(9), seed=seeds)
def test_sigmoid_errors_are_counted(z: Array, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 2, 9)
    wrong = sum((logit > 0) != bool(label) for logit, label in zip(z, y, strict=True))
    assert error_of(SigmoidCrossEntropy(), z[:, None], y) == wrong / 9
