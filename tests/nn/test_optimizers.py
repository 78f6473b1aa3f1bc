import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.optimizers import AdaGrad, Adam, AdamW, GradientDescent, Momentum, Nesterov, Optimizer
from tests.laws import each_column, each_dtype, kind, members, peak_bytes, slots_for
from tests.strategies import quick, seeds, vectors

OPTIMIZERS = [optimizer() for optimizer in members(Optimizer)] + [
    Momentum(beta=0.98, bias_correction=True),
    Momentum(beta=0.0),
    Adam(beta1=0.0, beta2=0.0),
    Adam(beta1=0.8, beta2=0.95, eps=1e-3),
]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
P = 12


def path(
    optimizer: Optimizer, theta: Array, gradient: Callable[[Array, int], Array], lr: float, kernels: Kernels = NUMPY
) -> Iterator[Array]:
    """Yield theta after each step, and leave the caller's alone."""
    theta, grad, scratch = theta.copy(), np.empty_like(theta), np.full_like(theta, np.nan)
    slots = slots_for(optimizer, theta)
    t = 0
    while True:
        t += 1
        grad[...] = gradient(theta, t)
        optimizer.step(theta, grad, slots, scratch, lr, t, weights=slice(0, len(theta)), kernels=kernels)
        yield theta.copy()


def textbook_gradient_descent(_: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    for g in grads:
        theta = [theta_i - lr * g_i for theta_i, g_i in zip(theta, g, strict=True)]
    return theta


def textbook_momentum(optimizer: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    v, beta = [0.0] * len(theta), optimizer.beta
    for t, g in enumerate(grads, start=1):
        v = [beta * v_i + (1 - beta) * g_i for v_i, g_i in zip(v, g, strict=True)]
        v_hat = [v_i / (1 - beta**t) for v_i in v] if optimizer.bias_correction else v
        theta = [theta_i - lr * v_i for theta_i, v_i in zip(theta, v_hat, strict=True)]
    return theta


def textbook_adam(optimizer: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    m, v, beta1, beta2 = [0.0] * len(theta), [0.0] * len(theta), optimizer.beta1, optimizer.beta2
    for t, g in enumerate(grads, start=1):
        m = [beta1 * m_i + (1 - beta1) * g_i for m_i, g_i in zip(m, g, strict=True)]
        v = [beta2 * v_i + (1 - beta2) * g_i**2 for v_i, g_i in zip(v, g, strict=True)]
        m_hat, v_hat = [m_i / (1 - beta1**t) for m_i in m], [v_i / (1 - beta2**t) for v_i in v]
        moves = [a / (math.sqrt(b) + optimizer.eps) for a, b in zip(m_hat, v_hat, strict=True)]
        theta = [theta_i - lr * move for theta_i, move in zip(theta, moves, strict=True)]
    return theta


def textbook_nesterov(optimizer: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    v, beta = [0.0] * len(theta), optimizer.beta
    for g in grads:
        v = [beta * v_i + (1 - beta) * g_i for v_i, g_i in zip(v, g, strict=True)]
        ahead = [beta * v_i + (1 - beta) * g_i for v_i, g_i in zip(v, g, strict=True)]
        theta = [theta_i - lr * step for theta_i, step in zip(theta, ahead, strict=True)]
    return theta


def textbook_adagrad(optimizer: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    for k in range(len(theta)):
        s = 0.0
        for g in grads:
            s += g[k] ** 2
            theta[k] -= lr * g[k] / (math.sqrt(s) + optimizer.eps)
    return theta


def textbook_rmsprop(optimizer: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    for k in range(len(theta)):
        s = 0.0
        for g in grads:
            s = optimizer.beta * s + (1 - optimizer.beta) * g[k] ** 2
            theta[k] -= lr * g[k] / (math.sqrt(s) + optimizer.eps)
    return theta


def textbook_adamw(optimizer: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    beta1, beta2 = optimizer.beta1, optimizer.beta2
    for k in range(len(theta)):
        m = v = 0.0
        for t, g in enumerate(grads, start=1):
            theta[k] *= 1 - lr * optimizer.weight_decay
            m, v = beta1 * m + (1 - beta1) * g[k], beta2 * v + (1 - beta2) * g[k] ** 2
            theta[k] -= lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + optimizer.eps)
    return theta


def textbook_nadam(optimizer: Any, theta: list[float], grads: list[list[float]], lr: float) -> list[float]:
    beta1, beta2 = optimizer.beta1, optimizer.beta2
    for k in range(len(theta)):
        m = v = 0.0
        for t, g in enumerate(grads, start=1):
            m, v = beta1 * m + (1 - beta1) * g[k], beta2 * v + (1 - beta2) * g[k] ** 2
            m_hat = beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g[k] / (1 - beta1**t)
            theta[k] -= lr * m_hat / (math.sqrt(v / (1 - beta2**t)) + optimizer.eps)
    return theta


TEXTBOOK: dict[str, Callable[[Any, list[float], list[list[float]], float], list[float]]] = {
    "gradient_descent": textbook_gradient_descent,
    "momentum": textbook_momentum,
    "nesterov": textbook_nesterov,
    "adagrad": textbook_adagrad,
    "rmsprop": textbook_rmsprop,
    "adam": textbook_adam,
    "adamw": textbook_adamw,
    "nadam": textbook_nadam,
}


@every_optimizer
@each_column
@each_dtype
@pytest.mark.parametrize("seed", range(3))
def test_50_steps_are_the_textbooks(kernels: Kernels, dtype: Any, optimizer: Any, seed: int) -> None:
    """To one rounding a step of the largest number that theta ever was."""
    rng = np.random.default_rng(seed)
    theta, grads = rng.standard_normal(P).astype(dtype), rng.standard_normal((50, P)).astype(dtype)
    expected = TEXTBOOK[optimizer.kind](optimizer, theta.tolist(), grads.tolist(), 0.1)
    steps = list(islice(path(optimizer, theta, lambda _, t: grads[t - 1], 0.1, kernels), 50))
    np.testing.assert_allclose(steps[-1], expected, rtol=0, atol=50 * np.finfo(dtype).eps * np.abs(steps).max())


@pytest.mark.parametrize("optimizer", members(Optimizer), ids=kind)
@quick
@given(theta=vectors(P, limit=1), curvature=vectors(P, limit=1).map(lambda c: 1 + np.abs(c)))
def test_reaches_the_minimum_of_a_bowl(optimizer: Any, theta: Array, curvature: Array) -> None:
    lr = 0.3 if optimizer is AdaGrad else 0.02  # AdaGrad's steps shrink with all that has been
    steps = path(optimizer(), theta, lambda now, _: curvature * now, lr)
    last = list(islice(steps, 600))[-1]
    assert np.abs(last).max() < 0.04  # Adam's steps are of the size of α as long as it swings about the minimum


@every_optimizer
@each_column
def test_a_step_works_in_place(kernels: Kernels, optimizer: Any) -> None:
    rng = np.random.default_rng(0)
    theta, grad, scratch = (rng.standard_normal(P) for _ in range(3))
    slots = slots_for(optimizer, theta)
    arrays, before = dict(slots), theta.copy()
    for t in (1, 2):
        optimizer.step(theta, grad, slots, scratch, 0.1, t, weights=slice(0, P), kernels=kernels)
    assert (theta != before).all()
    assert slots.keys() == arrays.keys() == set(optimizer.slots)
    for name, slot in slots.items():
        assert slot is arrays[name]
        assert slot.all()


@every_optimizer
@each_column
@each_dtype
def test_a_step_allocates_nothing_as_large_as_theta(kernels: Kernels, optimizer: Any, dtype: Any) -> None:
    n = 100_000
    theta, grad, scratch = (np.ones(n, dtype) for _ in range(3))
    slots = slots_for(optimizer, theta)

    def step(t: int) -> None:
        optimizer.step(theta, grad, slots, scratch, 1e-3, t, weights=slice(0, n), kernels=kernels)

    step(1)
    assert peak_bytes(lambda: step(2)) < n * np.dtype(dtype).itemsize / 4


@every_optimizer
@each_column
@each_dtype
def test_where_theta_and_gradient_are_zero_they_stay_zero(kernels: Kernels, optimizer: Any, dtype: Any) -> None:
    """That is the padding between parameters."""
    on = np.arange(P) % 3 > 0
    theta = np.where(on, 1, 0).astype(dtype)
    for now in islice(path(optimizer, theta, lambda now, _: now, 0.1, kernels), 50):
        assert not now[~on].any()
        assert now.dtype == dtype
    assert (now[on] != 1).all()


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_nesterov_with_a_smaller_rate_is_the_form_without_averaging(beta: float) -> None:
    """PyTorch: b = β b + g, θ = θ − α (g + β b); ours with α = α' / (1 − β)."""
    rng = np.random.default_rng(1)
    theta, grads = rng.standard_normal(P), rng.standard_normal((50, P))
    ours = list(islice(path(Nesterov(beta=beta), theta, lambda _, t: grads[t - 1], 0.1 / (1 - beta)), 50))[-1]
    b = np.zeros(P)
    for g in grads:
        b = beta * b + g
        theta = theta - 0.1 * (g + beta * b)
    np.testing.assert_allclose(ours, theta, rtol=0, atol=1e-11)


def test_decoupled_decay_shrinks_weights_and_leaves_biases_alone() -> None:
    theta, grad, scratch = np.ones(P), np.zeros(P), np.empty(P)
    AdamW(weight_decay=0.5).step(theta, grad, slots_for(AdamW(), theta), scratch, 0.1, 1, weights=slice(0, 8), kernels=NUMPY)
    np.testing.assert_allclose(theta, [0.95] * 8 + [1.0] * 4)


@quick
@given(g=vectors(P, limit=100).map(lambda g: np.where(np.abs(g) < 0.01, 0.01, g)))
def test_adams_first_step_is_the_rate_whatever_the_gradient(g: Array) -> None:
    first = next(path(Adam(), np.zeros(P), lambda _, t: g, 0.1))
    np.testing.assert_allclose(first, -0.1 * np.sign(g), rtol=2e-6)  # ε = 1e-8 of 0.01 is 1e-6


@pytest.mark.parametrize("g", [0.5, -7.0])
def test_without_correction_adams_first_step_would_be_root_10_too_large(g: float) -> None:
    """(1 − β₁) g / √((1 − β₂) g²) = 0.1/√0.001 = √10."""
    uncorrected = 0.2 * 0.1 * g / math.sqrt(0.001 * g * g)
    first = next(path(Adam(), np.zeros(1), lambda _, t: np.array([g]), 0.2))
    assert -uncorrected / first[0] == pytest.approx(math.sqrt(10), rel=1e-6)


def test_adams_epsilon_stands_outside_the_root() -> None:
    """At |g| = 1e-6 and ε = 1e-8 the step is 1 % short of α; inside the root it would be a hundred times smaller."""
    first = next(path(Adam(eps=1e-8), np.zeros(1), lambda _, t: np.array([1e-6]), 1.0))
    assert -first[0] == pytest.approx(1 / 1.01, rel=1e-9)


def weights_of_the_average(beta: float, t: int) -> Array:
    """Return how much each of t gradients, latest first, counts in v: the one of step k is the k-th unit vector."""
    optimizer, theta, scratch = Momentum(beta=beta), np.zeros(t), np.zeros(t)
    slots = slots_for(optimizer, theta)
    for k, grad in enumerate(np.eye(t), start=1):
        optimizer.step(theta, grad, slots, scratch, 0.1, k, weights=slice(0, t), kernels=NUMPY)
    return slots["v"][::-1]


def test_the_average_forgets_by_a_tenth_a_step() -> None:
    np.testing.assert_allclose(weights_of_the_average(0.9, 4), [0.1, 0.09, 0.081, 0.0729], rtol=1e-14)


@quick
@given(beta=st.floats(0, 0.999), t=st.integers(1, 30))
def test_the_weights_of_the_average_sum_to_one_less_beta_to_the_t(beta: float, t: int) -> None:
    assert weights_of_the_average(beta, t).sum() == pytest.approx(1 - beta**t, rel=1e-10)


def test_bias_correction_of_the_second_day() -> None:
    """At β = 0.98: v₂ = 0.0196 θ₁ + 0.02 θ₂, and the correction divides by 0.0396."""
    np.testing.assert_allclose(weights_of_the_average(0.98, 2), [0.02, 0.0196], rtol=1e-13)
    theta = [np.array([40.0]), np.array([49.0])]
    moved = {}
    for corrected in (False, True):
        steps = path(Momentum(beta=0.98, bias_correction=corrected), np.zeros(1), lambda _, t: theta[t - 1], 1.0)
        first, second = islice(steps, 2)
        moved[corrected] = float((first - second)[0])
    assert moved[False] == pytest.approx(0.0196 * 40 + 0.02 * 49, rel=1e-12)
    assert moved[False] / moved[True] == pytest.approx(0.0396, rel=1e-12)
    assert 40 < moved[True] < 49  # an average again


@quick
@given(beta=st.floats(0, 0.999), seed=seeds)
def test_momentum_is_the_classical_heavy_ball_at_a_smaller_rate(beta: float, seed: int) -> None:
    """v ← β v + g, θ ← θ − α' v with α' = α (1 − β)."""
    rng = np.random.default_rng(seed)
    theta, grads = rng.standard_normal(P), rng.standard_normal((50, P))
    averaged = list(islice(path(Momentum(beta=beta), theta, lambda _, t: grads[t - 1], 0.1), 50))
    ball, v = theta.copy(), np.zeros(P)
    for now, g in zip(averaged, grads, strict=True):
        v = beta * v + g
        ball = ball - 0.1 * (1 - beta) * v
        np.testing.assert_allclose(now, ball, rtol=0, atol=1e-12)


@quick
@given(seed=seeds)
def test_momentum_without_memory_is_gradient_descent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    theta, grads = rng.standard_normal(P), rng.standard_normal((5, P))
    for optimizer in (Momentum(beta=0), Momentum(beta=0, bias_correction=True)):
        with_momentum = islice(path(optimizer, theta, lambda _, t: grads[t - 1], 0.1), 5)
        plain = islice(path(GradientDescent(), theta, lambda _, t: grads[t - 1], 0.1), 5)
        for one, other in zip(with_momentum, plain, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-14)
