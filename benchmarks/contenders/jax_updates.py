"""The optimizers of dlrun written out for JAX: (p, gradient, slots, t from 1, rate) -> (p, slots), with dlrun's defaults."""

from collections.abc import Callable
from typing import Any

Slots = list[Any]
Update = Callable[[Any, Any, Slots, Any, float], tuple[Any, Slots]]
BETA, BETA2, EPS = 0.9, 0.999, 1e-8


def gradient_descent(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """θ = θ − α g."""
    return p - lr * g, []


def momentum(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """v = β v + (1 − β) g,   θ = θ − α v."""
    v = BETA * slots[0] + (1 - BETA) * g
    return p - lr * v, [v]


def nesterov(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """v = β v + (1 − β) g,   θ = θ − α (β v + (1 − β) g)."""
    v = BETA * slots[0] + (1 - BETA) * g
    return p - lr * (BETA * v + (1 - BETA) * g), [v]


def adagrad(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """s = s + g²,   θ = θ − α g / (√s + ε)."""
    s = slots[0] + g * g
    return p - lr * g / (s**0.5 + 1e-10), [s]


def rmsprop(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """s = β s + (1 − β) g²,   θ = θ − α g / (√s + ε)."""
    s = BETA * slots[0] + (1 - BETA) * g * g
    return p - lr * g / (s**0.5 + EPS), [s]


def adam(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """θ = θ − α m̂ / (√v̂ + ε)."""
    m = BETA * slots[0] + (1 - BETA) * g
    v = BETA2 * slots[1] + (1 - BETA2) * g * g
    return p - lr * (m / (1 - BETA**t)) / ((v / (1 - BETA2**t)) ** 0.5 + EPS), [m, v]


def adamw(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """θ_W = (1 − α w) θ_W, then Adam; w = 0.01, for matrices alone."""
    return adam(p * (1 - lr * 0.01) if p.ndim == 2 else p, g, slots, t, lr)


def nadam(p: Any, g: Any, slots: Slots, t: Any, lr: float) -> tuple[Any, Slots]:
    """θ = θ − α (β₁ m/(1 − β₁ᵗ⁺¹) + (1 − β₁) g/(1 − β₁ᵗ)) / (√v̂ + ε)."""
    m = BETA * slots[0] + (1 - BETA) * g
    v = BETA2 * slots[1] + (1 - BETA2) * g * g
    ahead = BETA * m / (1 - BETA ** (t + 1)) + (1 - BETA) * g / (1 - BETA**t)
    return p - lr * ahead / ((v / (1 - BETA2**t)) ** 0.5 + EPS), [m, v]


UPDATES: dict[str, Update] = {
    update.__name__: update for update in (gradient_descent, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam)
}
SLOTS = {"gradient_descent": 0, "momentum": 1, "nesterov": 1, "adagrad": 1, "rmsprop": 1, "adam": 2, "adamw": 2, "nadam": 2}
