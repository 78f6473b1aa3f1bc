"""The laws of every loss, with and without label smoothing and class weights, for every form of label."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import Kernels, LossScratch
from dlrun.nn.losses import (
    Absolute,
    Huber,
    Labels,
    Loss,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SquaredError,
)
from tests.laws import each_column, error_of, labels_for, mean_and_dz, members, slopes
from tests.strategies import quick, seeds

N_CLASSES = 4
W4, W2 = (0.5, 2.0, 1.0, 0.25), (0.3, 1.7)
LOSSES: list[Loss] = [
    SoftmaxCrossEntropy(),
    SoftmaxCrossEntropy(label_smoothing=0.1),
    SoftmaxCrossEntropy(class_weights=W4),
    SoftmaxCrossEntropy(label_smoothing=0.9, class_weights=W4),
    SigmoidCrossEntropy(),
    SigmoidCrossEntropy(label_smoothing=0.1),
    SigmoidCrossEntropy(class_weights=W2),
    SigmoidCrossEntropy(label_smoothing=0.9, class_weights=W2),
    SquaredError(),
    Absolute(),
    Huber(),
    Huber(delta=0.3),
]


def told(loss: Any) -> str:
    extras = [word for word in ("label_smoothing", "class_weights", "delta") if getattr(loss, word, None)]
    return ", ".join([loss.kind, *extras])


every_loss = pytest.mark.parametrize("loss", LOSSES, ids=told)
classifiers = pytest.mark.parametrize("loss", [loss for loss in LOSSES if not loss.regression], ids=told)
forms = pytest.mark.parametrize("soft", [False, True], ids=["labels", "probabilities"])


def example(loss: Loss, m: int, seed: int = 0, *, soft: bool = False) -> tuple[Array, Labels]:
    """Return logits, and labels or, if soft, the probabilities that a classifier takes as well."""
    rng = np.random.default_rng(seed)
    z = 3 * rng.standard_normal((m, loss.n_outputs(N_CLASSES)))
    if not soft or loss.regression:
        return z, labels_for(loss, m, rng, n_classes=N_CLASSES)
    return z, rng.dirichlet(np.ones(N_CLASSES), m) if z.shape[1] > 1 else rng.random(m)


def naive_softmax(row: Array) -> list[float]:
    t = [math.exp(value) for value in row]
    return [value / math.fsum(t) for value in t]


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def naive_cross_entropy(loss: Any, p: list[float], y: list[float]) -> float:
    """Return −w Σ t log p of one example, with y the probability of every class."""
    epsilon, n_classes = loss.label_smoothing, len(p)
    weight = 1.0 if loss.class_weights is None else sum(y[c] * loss.class_weights[c] for c in range(n_classes))
    return -weight * math.fsum(((1 - epsilon) * y[c] + epsilon / n_classes) * math.log(p[c]) for c in range(n_classes))


def naive_softmax_cross_entropy(loss: Any, row: Array, y: Any) -> float:
    shares = [float(c == y) for c in range(len(row))] if np.ndim(y) == 0 else list(y)
    return naive_cross_entropy(loss, naive_softmax(row), shares)


def naive_huber(loss: Any, row: Array, y: Any) -> float:
    r = abs(row[0] - y)
    return float(0.5 * r**2 if r <= loss.delta else loss.delta * (r - 0.5 * loss.delta))


NAIVE: dict[str, Callable[[Any, Array, Any], float]] = {  # the loss of one example
    "softmax_cross_entropy": naive_softmax_cross_entropy,
    "sigmoid_cross_entropy": lambda loss, row, y: naive_cross_entropy(loss, [sigmoid(-row[0]), sigmoid(row[0])], [1 - y, y]),
    "squared_error": lambda loss, row, y: (row[0] - y) ** 2,
    "absolute": lambda loss, row, y: abs(row[0] - y),
    "huber": naive_huber,
}
PREDICTION: dict[str, Callable[[Array], Any]] = {
    "softmax_cross_entropy": naive_softmax,
    "sigmoid_cross_entropy": lambda row: [1 - sigmoid(row[0]), sigmoid(row[0])],
    **dict.fromkeys(("squared_error", "absolute", "huber"), lambda row: row[0]),
}


def test_every_loss_is_held_to_these_laws() -> None:
    assert {type(loss) for loss in LOSSES} == set(members(Loss))


@every_loss
@each_column
@forms
@quick
@given(m=st.integers(1, 9), seed=seeds)
def test_mean_and_each_are_the_formula(kernels: Kernels, loss: Loss, soft: bool, m: int, seed: int) -> None:
    z, y = example(loss, m, seed, soft=soft)
    each = [NAIVE[loss.kind](loss, row, label) for row, label in zip(z, y, strict=True)]
    np.testing.assert_allclose(loss.each(z, y), each, rtol=1e-9, atol=1e-12)
    assert mean_and_dz(loss, z, y, kernels)[0] == pytest.approx(math.fsum(each) / m, rel=1e-9)


@every_loss
@forms
@quick
@given(m=st.integers(1, 9), seed=seeds)
def test_dz_is_the_slope_of_the_mean(loss: Loss, soft: bool, m: int, seed: int) -> None:
    z, y = example(loss, m, seed, soft=soft)
    before, labels = z.copy(), y.copy()
    _, dz = mean_and_dz(loss, z, y)
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(y, labels)
    np.testing.assert_allclose(dz, slopes(lambda: mean_and_dz(loss, z, y)[0], z), rtol=1e-6, atol=1e-6)


@every_loss
@quick
@given(m=st.integers(1, 9), seed=seeds)
def test_predictions_are_the_link_of_the_logits(loss: Loss, m: int, seed: int) -> None:
    z, _ = example(loss, m, seed)
    expected = np.array([PREDICTION[loss.kind](row) for row in z])
    np.testing.assert_allclose(loss.predict(z), expected, rtol=1e-12, atol=1e-15)


@every_loss
@forms
@quick
@given(m=st.integers(1, 9), seed=seeds)
def test_the_error_is_made_of_what_each_example_adds(loss: Loss, soft: bool, m: int, seed: int) -> None:
    z, y = example(loss, m, seed, soft=soft)
    each = loss.each_error(z, y)
    assert each.shape == (m,)
    assert each.dtype == np.float64
    assert loss.error(float(each.sum()), m) == pytest.approx(error_of(loss, z, y), rel=1e-12)


@classifiers
@forms
def test_smoothing_and_weights_change_neither_predictions_nor_errors(loss: Loss, soft: bool) -> None:
    plain = type(loss)()
    z, y = example(loss, 50, soft=soft)
    np.testing.assert_array_equal(loss.predict(z), plain.predict(z))
    assert error_of(loss, z, y) == error_of(plain, z, y)


@every_loss
@each_column
@forms
@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e4), (np.float32, 1e4), (np.float32, 3e4)])
def test_large_logits_of_either_sign_stay_finite(kernels: Kernels, loss: Loss, soft: bool, dtype: Any, size: float) -> None:
    """Warnings are errors here; `each` computes in float64 another way."""
    rng = np.random.default_rng(0)
    z = (size * rng.choice([-1, 0, 1], (64, loss.n_outputs(N_CLASSES)))).astype(dtype)
    _, y = example(loss, 64, soft=soft)
    y = y.astype(dtype) if y.dtype == np.float64 else y
    value, dz = mean_and_dz(loss, z, y, kernels)
    assert dz.dtype == dtype
    assert np.isfinite(dz).all()
    assert value == pytest.approx(float(loss.each(z, y).mean()), rel=1e-6)
    assert np.isfinite(loss.predict(z)).all()


@every_loss
@each_column
@forms
def test_dz_in_float32_is_dz_in_float64(kernels: Kernels, loss: Loss, soft: bool) -> None:
    z, y = example(loss, 50, soft=soft)
    y32 = y.astype(np.float32) if y.dtype == np.float64 else y
    (value, dz), (value64, dz64) = mean_and_dz(loss, z.astype(np.float32), y32, kernels), mean_and_dz(loss, z, y, kernels)
    assert dz.dtype == np.float32
    assert type(value) is float
    assert value == pytest.approx(value64, rel=1e-6)
    np.testing.assert_allclose(dz, dz64, rtol=1e-5, atol=1e-7)


@every_loss
def test_each_is_float64_whatever_the_logits(loss: Loss) -> None:
    z, y = example(loss, 5)
    assert loss.each(z.astype(np.float32), y).dtype == loss.predict(z.astype(np.float32)).dtype == np.float64


@classifiers
def test_labels_may_have_another_dtype_than_the_logits(loss: Loss) -> None:
    """Labels come from files, as bytes or as float64; what leaves is what the logits are."""
    z, y = example(loss, 20)
    z32 = z.astype(np.float32)
    value, dz = mean_and_dz(loss, z32, y)
    others: list[Labels] = [y.astype(np.uint8), y.astype(np.int32)]
    others += [np.eye(N_CLASSES)[y]] if loss.n_outputs(N_CLASSES) > 1 else [y.astype(np.float64)]
    for other in others:
        assert mean_and_dz(loss, z32, other)[0] == pytest.approx(value, rel=1e-6)
        np.testing.assert_allclose(mean_and_dz(loss, z32, other)[1], dz, rtol=1e-6, atol=1e-7)


@every_loss
@each_column
@pytest.mark.parametrize("m", [1, 5])
def test_scratch_of_a_larger_batch_leaves_nothing_behind(kernels: Kernels, loss: Loss, m: int) -> None:
    scratch = LossScratch.for_batches(8, loss.n_outputs(N_CLASSES), np.float64)
    large, small = example(loss, 8, seed=1), example(loss, m, seed=2)
    for z, y in (large, small):
        dz = np.empty_like(z)
        value, _ = loss.measure(z, y, dz, scratch, kernels)
    expected, expected_dz = mean_and_dz(loss, *small, kernels)
    assert value == expected
    np.testing.assert_array_equal(dz, expected_dz)


def test_softmax_has_an_output_a_class_and_the_others_have_one() -> None:
    for loss in LOSSES:
        assert loss.n_outputs(5) == (5 if isinstance(loss, SoftmaxCrossEntropy) else 1)


def test_cross_entropies_have_no_kink() -> None:
    for loss in LOSSES:
        if not loss.regression:
            assert loss.kink_sides(*example(loss, 5)) is None
