import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, LossScratch
from dlrun.nn.initializers import Zeros
from dlrun.nn.layers import Dense
from dlrun.nn.losses import Labels, Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from dlrun.nn.network import Network
from dlrun.nn.optimizers import GradientDescent
from dlrun.nn.penalties import L2
from tests.laws import descend, kind, labels_for, members, slopes
from tests.strategies import matrices, quick, seeds, vectors

LOSSES = members(Loss)
N_CLASSES = 4
every_loss = pytest.mark.parametrize("loss_class", LOSSES, ids=kind)
classifiers = pytest.mark.parametrize("loss_class", [loss for loss in LOSSES if not loss.regression], ids=kind)
some_logits = matrices(st.integers(1, 9), st.integers(2, 6))


def mean(loss: Loss, z: Array, y: Labels) -> tuple[float, Array]:
    """Return the mean loss and dz, with room for more examples than there are."""
    dz = np.full_like(z, np.nan)
    value = loss.mean(z, y, dz, LossScratch.for_batches(len(z) + 3, z.shape[1], z.dtype), NUMPY)
    return value, dz


def error(loss: Loss, z: Array, y: Labels) -> float:
    return loss.error(loss.error_sum(z, y, LossScratch.for_batches(len(z) + 3, z.shape[1], z.dtype)), len(z))


def example(loss: Loss, m: int, seed: int = 0) -> tuple[Array, Labels]:
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((m, loss.n_outputs(N_CLASSES))), labels_for(loss, m, rng, n_classes=N_CLASSES)


def naive_softmax(row: Array) -> list[float]:
    t = [math.exp(value) for value in row]
    return [value / math.fsum(t) for value in t]


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


NAIVE: dict[str, Callable[[Array, Any], float]] = {  # the loss of one example
    "softmax_cross_entropy": lambda row, y: -math.log(naive_softmax(row)[y]),
    "sigmoid_cross_entropy": lambda row, y: -(y * math.log(sigmoid(row[0])) + (1 - y) * math.log(1 - sigmoid(row[0]))),
    "squared_error": lambda row, y: (row[0] - y) ** 2,
}
PREDICTION: dict[str, Callable[[Array], Any]] = {
    "softmax_cross_entropy": naive_softmax,
    "sigmoid_cross_entropy": lambda row: [1 - sigmoid(row[0]), sigmoid(row[0])],
    "squared_error": lambda row: row[0],
}


@every_loss
@quick
@given(m=st.integers(1, 9), seed=seeds)
def test_mean_and_each_are_the_formula(loss_class: Any, m: int, seed: int) -> None:
    loss = loss_class()
    z, y = example(loss, m, seed)
    each = [NAIVE[loss.kind](row, label) for row, label in zip(z, y, strict=True)]
    np.testing.assert_allclose(loss.each(z, y), each, rtol=1e-9, atol=1e-12)
    assert mean(loss, z, y)[0] == pytest.approx(math.fsum(each) / m, rel=1e-9)


@every_loss
@quick
@given(m=st.integers(1, 9), seed=seeds)
def test_dz_is_the_slope_of_the_mean(loss_class: Any, m: int, seed: int) -> None:
    loss = loss_class()
    z, y = example(loss, m, seed)
    before = z.copy()
    _, dz = mean(loss, z, y)
    np.testing.assert_array_equal(z, before)
    np.testing.assert_allclose(dz, slopes(lambda: mean(loss, z, y)[0], z), rtol=1e-6, atol=1e-7)


@every_loss
@quick
@given(m=st.integers(1, 9), seed=seeds)
def test_predictions_are_the_link_of_the_logits(loss_class: Any, m: int, seed: int) -> None:
    loss = loss_class()
    z, _ = example(loss, m, seed)
    expected = np.array([PREDICTION[loss.kind](row) for row in z])
    np.testing.assert_allclose(loss.predict(z), expected, rtol=1e-12, atol=1e-15)


@classifiers
def test_cross_entropy_is_scikit_learns_log_loss(loss_class: Any) -> None:
    loss = loss_class()
    z, y = example(loss, 200)
    n_classes = loss.predict(z).shape[1]
    expected = log_loss(y, loss.predict(z), labels=range(n_classes))
    assert mean(loss, z, y)[0] == pytest.approx(expected, rel=1e-12)


@quick
@given(z=some_logits, seed=seeds)
def test_labels_and_one_hot_probabilities_agree(z: Array, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, z.shape[1], len(z))
    loss, one_hot = SoftmaxCrossEntropy(), np.eye(z.shape[1])[y]
    (value, dz), (expected, expected_dz) = mean(loss, z, one_hot), mean(loss, z, y)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(dz, expected_dz, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(loss.each(z, one_hot), loss.each(z, y), rtol=1e-12, atol=1e-15)
    assert error(loss, z, one_hot) == error(loss, z, y)


@quick
@given(z=some_logits, seed=seeds)
def test_soft_labels_weigh_the_losses_of_the_classes(z: Array, seed: int) -> None:
    """Both are linear in y: the loss and dz of a mixture are the mixture of the losses and dz of its classes."""
    m, n_classes = z.shape
    y, loss = np.random.default_rng(seed).dirichlet(np.ones(n_classes), m), SoftmaxCrossEntropy()
    by_class = np.array([loss.each(z, np.full(m, c)) for c in range(n_classes)])
    value, dz = mean(loss, z, y)
    assert value == pytest.approx(float((y.T * by_class).sum()) / m, rel=1e-12)
    p = np.array([naive_softmax(row) for row in z])
    np.testing.assert_allclose(dz, (p - y) / m, rtol=1e-10, atol=1e-14)


def test_a_soft_binary_label_weighs_both_losses() -> None:
    z, loss = np.array([[0.3], [-2.0]]), SigmoidCrossEntropy()
    ones, zeros = (mean(loss, z, np.full(2, label)) for label in (1, 0))
    value, dz = mean(loss, z, np.full(2, 0.25))
    assert value == pytest.approx(0.25 * ones[0] + 0.75 * zeros[0], rel=1e-13)
    np.testing.assert_allclose(dz, 0.25 * ones[1] + 0.75 * zeros[1], rtol=1e-13)


@quick
@given(z=some_logits, shift=st.floats(-1e3, 1e3), seed=seeds)
def test_softmax_does_not_see_a_common_shift(z: Array, shift: float, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, z.shape[1], len(z))
    loss = SoftmaxCrossEntropy()
    np.testing.assert_allclose(loss.predict(z + shift), loss.predict(z), rtol=1e-9)
    np.testing.assert_allclose(mean(loss, z, y)[1].sum(axis=1), 0, atol=1e-15)


@every_loss
@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e4), (np.float32, 1e4), (np.float32, 3e4)])
def test_large_logits_of_either_sign_stay_finite(loss_class: Any, dtype: Any, size: float) -> None:
    """Warnings are errors here; `each` computes in float64 another way."""
    loss = loss_class()
    rng = np.random.default_rng(0)
    z = (size * rng.choice([-1, 0, 1], (64, loss.n_outputs(N_CLASSES)))).astype(dtype)
    y = labels_for(loss, 64, rng, n_classes=N_CLASSES)
    value, dz = mean(loss, z, y)
    assert dz.dtype == dtype
    assert np.isfinite(dz).all()
    assert value == pytest.approx(float(loss.each(z, y).mean()), rel=1e-6)
    assert np.isfinite(loss.predict(z)).all()


@classifiers
@pytest.mark.parametrize("size", [1, 30, 1e4])
def test_predictions_are_probabilities(loss_class: Any, size: float) -> None:
    loss = loss_class()
    p = loss.predict(size * example(loss, 50)[0])
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)


@every_loss
def test_dz_in_float32_is_dz_in_float64(loss_class: Any) -> None:
    loss = loss_class()
    z, y = example(loss, 50)
    y32 = y.astype(np.float32) if loss.regression else y
    (value, dz), (value64, dz64) = mean(loss, z.astype(np.float32), y32), mean(loss, z, y)
    assert dz.dtype == np.float32
    assert isinstance(value, float)
    assert value == pytest.approx(value64, rel=1e-6)
    np.testing.assert_allclose(dz, dz64, rtol=1e-5, atol=1e-8)


def test_the_courses_softmax() -> None:
    z = np.array([[5.0, 2.0, -1.0, 3.0]])
    np.testing.assert_allclose(SoftmaxCrossEntropy().predict(z).round(3), [[0.842, 0.042, 0.002, 0.114]])
    t = np.exp(z)
    assert round(float(t.sum()), 1) == 176.3
    np.testing.assert_allclose(SoftmaxCrossEntropy().predict(z), t / t.sum(), rtol=1e-14)


def test_the_courses_cat() -> None:
    z = np.log([[0.3, 0.2, 0.1, 0.4]])
    value, dz = mean(SoftmaxCrossEntropy(), z, np.array([1]))
    assert round(value, 3) == 1.609
    np.testing.assert_allclose(dz, [[0.3, -0.8, 0.1, 0.4]], rtol=1e-14)


@quick
@given(z=matrices(st.integers(1, 9), st.just(1)), seed=seeds)
def test_sigmoid_is_the_softmax_of_zero_and_z(z: Array, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 2, len(z))
    both = np.hstack([np.zeros_like(z), z])
    value, dz = mean(SigmoidCrossEntropy(), z, y)
    other_value, other_dz = mean(SoftmaxCrossEntropy(), both, y)
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


@quick
@given(z=matrices(st.integers(1, 9), st.integers(2, 6), limit=2).map(np.round), seed=seeds)
def test_softmax_errors_are_counted_and_ties_go_to_the_first(z: Array, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, z.shape[1], len(z))
    wrong = sum(list(row).index(max(row)) != label for row, label in zip(z, y, strict=True))
    assert error(SoftmaxCrossEntropy(), z, y) == wrong / len(z)


def test_all_equal_logits_do_not_count_as_right() -> None:
    """An untrained softmax guesses the first class, so only that one is right."""
    assert error(SoftmaxCrossEntropy(), np.zeros((6, 3)), np.array([0, 0, 1, 1, 2, 2])) == 4 / 6
    assert error(SigmoidCrossEntropy(), np.zeros((4, 1)), np.array([0, 1, 1, 1])) == 3 / 4


@classifiers
def test_labels_may_have_another_dtype_than_the_logits(loss_class: Any) -> None:
    """Labels come from files, as bytes or as float64; what leaves is what the logits are."""
    loss = loss_class()
    z, y = example(loss, 20)
    z32 = z.astype(np.float32)
    value, dz = mean(loss, z32, y)
    others: list[Labels] = [y.astype(np.uint8), y.astype(np.int32)]
    others += [np.eye(N_CLASSES)[y]] if loss.n_outputs(N_CLASSES) > 1 else [y.astype(np.float64)]
    for other in others:
        assert mean(loss, z32, other)[0] == pytest.approx(value, rel=1e-6)
        np.testing.assert_allclose(mean(loss, z32, other)[1], dz, rtol=1e-6, atol=1e-8)


@quick
@given(z=vectors(9), seed=seeds)
def test_sigmoid_errors_are_counted(z: Array, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 2, 9)
    wrong = sum((logit > 0) != bool(label) for logit, label in zip(z, y, strict=True))
    assert error(SigmoidCrossEntropy(), z[:, None], y) == wrong / 9


@quick
@given(z=vectors(9), y=vectors(9))
def test_the_error_of_regression_is_the_root_mean_square(z: Array, y: Array) -> None:
    expected = math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(z, y, strict=True)) / 9)
    assert error(SquaredError(), z[:, None], y) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_softmax_has_an_output_a_class_and_the_others_have_one() -> None:
    outputs = {loss.kind: loss().n_outputs(5) for loss in LOSSES}
    assert outputs == {"softmax_cross_entropy": 5, "sigmoid_cross_entropy": 1, "squared_error": 1}
