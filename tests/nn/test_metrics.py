import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.nn.layers import Dense, Dropout, Layer, Relu
from dlrun.nn.losses import Loss
from dlrun.nn.metrics import Score, chunks, evaluate, is_finite, logits
from tests.laws import DTYPES, build, kind, labels_for, members
from tests.strategies import quick, seeds

every_loss = pytest.mark.parametrize("loss_class", members(Loss), ids=kind)


def hidden(n_outputs: int) -> list[Layer]:
    return [Dense(units=6), Relu(), Dropout(keep_prob=0.5), Dense(units=n_outputs)]


@every_loss
@quick
@given(m=st.integers(1, 40), size=st.integers(1, 40), seed=seeds)
def test_the_score_is_the_mean_over_examples_whatever_the_chunks(loss_class: Any, m: int, size: int, seed: int) -> None:
    """A last chunk that is smaller counts for the examples it holds, no more."""
    loss, rng = loss_class(), np.random.default_rng(seed)
    network = build(hidden(loss.n_outputs(3)), 4, max_batch=size, seed=seed)
    x, y = rng.standard_normal((m, 4)), labels_for(loss, m, rng)
    score = evaluate(network, loss, x, y)
    z = build(hidden(loss.n_outputs(3)), 4, max_batch=m, seed=seed).forward(x)
    prediction = loss.predict(z)
    wrong = (prediction - y) ** 2 if loss.regression else prediction.argmax(axis=1) != y
    expected = math.sqrt(wrong.mean()) if loss.regression else wrong.mean()
    assert score.m == m
    assert score.loss == pytest.approx(float(loss.each(z, y).mean()), rel=1e-12)
    assert score.error == pytest.approx(float(expected), rel=1e-12)


@every_loss
def test_evaluating_leaves_the_network_and_the_data_as_they_are(loss_class: Any) -> None:
    loss, rng = loss_class(), np.random.default_rng(0)
    network = build(hidden(loss.n_outputs(3)), 4)
    x, y = rng.standard_normal((20, 4)), labels_for(loss, 20, rng)
    x_before, theta, grad = x.copy(), network.params.theta.copy(), network.params.grad.copy()
    assert evaluate(network, loss, x, y) == evaluate(network, loss, x, y)  # nothing is dropped, so nothing is random
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(network.params.theta, theta)
    np.testing.assert_array_equal(network.params.grad, grad)


@quick
@given(m=st.integers(1, 40), size=st.integers(1, 40))
def test_logits_in_chunks_are_logits_in_one(m: int, size: int) -> None:
    x = np.random.default_rng(0).standard_normal((m, 4))
    in_chunks = logits(build(hidden(3), 4, max_batch=size), x)
    np.testing.assert_allclose(in_chunks, build(hidden(3), 4, max_batch=m).forward(x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_logits_are_the_callers_to_keep(dtype: Any) -> None:
    network = build(hidden(3), 4, dtype=dtype)
    x = np.random.default_rng(0).standard_normal((20, 4)).astype(dtype)
    z = logits(network, x)
    before = z.copy()
    network.forward(x[:8] + 1)
    np.testing.assert_array_equal(z, before)
    assert z.dtype == dtype


@quick
@given(m=st.integers(0, 100), size=st.integers(1, 100))
def test_chunks_cover_every_row_once_in_order(m: int, size: int) -> None:
    rows = np.arange(m)
    parts = [rows[chunk] for chunk in chunks(m, size)]
    assert [row for part in parts for row in part] == list(rows)
    assert all(0 < len(part) <= size for part in parts)
    assert all(len(part) == size for part in parts[:-1])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_is_finite_if_both_its_numbers_are(bad: float) -> None:
    assert is_finite(Score(loss=0.3, error=0.1, m=10))
    assert not is_finite(Score(loss=bad, error=0.1, m=10))
    assert not is_finite(Score(loss=0.3, error=bad, m=10))
