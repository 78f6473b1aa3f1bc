"""The table of cases: what both sides train, in words and numbers that belong to neither.

The words are those of a spec; `theirs.py` says what each means to PyTorch, `ours.py` what it means here. Rates and ε are such
that no case amplifies rounding (README.md, Conditioning).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise, product
from typing import Any

STEPS = 50
EXAMPLES, NEW_EXAMPLES = 20, 4  # one full batch to train on; rows to predict afterwards
FEATURES, HIDDEN, CLASSES = 3, (4, 3), 3
RUNNING_BETA, BATCH_NORM_EPS = 0.9, 1e-5

EPS = 1e-5
OPTIMIZERS: Mapping[str, tuple[float, Mapping[str, float]]] = {  # kind: learning rate, settings
    "gradient_descent": (0.03, {}),
    "momentum": (0.05, {"beta": 0.9}),
    "nesterov": (0.05, {"beta": 0.9}),
    "adagrad": (0.02, {"eps": EPS}),
    "rmsprop": (0.001, {"beta": 0.9, "eps": EPS}),
    "adam": (0.01, {"beta1": 0.9, "beta2": 0.99, "eps": EPS}),
    "adamw": (0.01, {"beta1": 0.9, "beta2": 0.99, "eps": EPS, "weight_decay": 0.1}),
    "nadam": (0.01, {"beta1": 0.9, "beta2": 0.99, "eps": EPS}),
}
ACTIVATIONS: Mapping[str, Mapping[str, float]] = {
    "relu": {},
    "leaky_relu": {"slope": 0.05},
    "elu": {"alpha": 0.8},
    "gelu": {},
    "tanh": {},
    "sigmoid": {},
    "identity": {},
}
LOSSES: Mapping[str, Mapping[str, float]] = {
    "softmax_cross_entropy": {},
    "sigmoid_cross_entropy": {},
    "squared_error": {},
    "absolute": {},
    "huber": {"delta": 0.5},
}
L2 = 1.0  # λ, of λ/(2m)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One training: STEPS steps on one full batch from recorded initial weights."""

    optimizer: str
    activation: str
    loss: str
    batch_norm: bool = False
    l2: float = 0.0  # λ, divided by the number of examples
    l1: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    probabilities: bool = False  # the labels are rows of probabilities, not classes
    decay: float = 1.0  # of the learning rate in every step

    @property
    def n_outputs(self) -> int:
        """Return one output a class for softmax, one in all for the others."""
        return CLASSES if self.loss == "softmax_cross_entropy" else 1

    @property
    def labels(self) -> str:
        """Return under which name the recording keeps the labels this loss takes."""
        if self.loss == "softmax_cross_entropy":
            return "probabilities" if self.probabilities else "classes"
        return "two_classes" if self.loss == "sigmoid_cross_entropy" else "targets"

    @property
    def blocks(self) -> dict[str, tuple[int, ...]]:
        """Return names and shapes of all that is recorded, in order: parameters, then test-time outputs of batch norm."""
        shapes: dict[str, tuple[int, ...]] = {}
        widths = (FEATURES, *HIDDEN, self.n_outputs)
        for k, (n_in, n_out) in enumerate(pairwise(widths), start=1):
            shapes[f"W{k}"] = (n_in, n_out)
            normalized = self.batch_norm and k <= len(HIDDEN)
            shapes |= {f"{name}{k}": (n_out,) for name in (("gamma", "beta") if normalized else ("b",))}
        return shapes | ({"predicted": (NEW_EXAMPLES, self.n_outputs)} if self.batch_norm else {})

    @property
    def size(self) -> int:
        """Return how many numbers all blocks are."""
        return sum(math.prod(shape) for shape in self.blocks.values())

    def __str__(self) -> str:
        """Name the case: optimizer, activation, loss, then whatever else is switched on."""
        rest = [field.name for field in fields(self)[3:] if getattr(self, field.name) != field.default]
        return " ".join([self.optimizer, self.activation, self.loss, *rest])


def _every(optimizer: str) -> tuple[Case, ...]:
    """Return every combination of activation, {nothing, L2, batch norm} and loss under one optimizer."""
    variants: tuple[dict[str, Any], ...] = ({}, {"l2": L2}, {"batch_norm": True})
    return tuple(
        Case(optimizer=optimizer, activation=activation, loss=loss, **variant)
        for activation, variant, loss in product(ACTIVATIONS, variants, LOSSES)
    )


def _few(*losses: str, **switched: Any) -> tuple[Case, ...]:
    """Return some combinations of optimizer, activation and these losses, with whatever is switched on."""
    some = product(("gradient_descent", "momentum", "adam"), ("relu", "tanh"), losses)
    return tuple(Case(optimizer=optimizer, activation=activation, loss=loss, **switched) for optimizer, activation, loss in some)


SOFTMAX, SIGMOID, SQUARES, *_ = LOSSES
GROUPS: Mapping[str, tuple[Case, ...]] = {
    **{optimizer: _every(optimizer) for optimizer in OPTIMIZERS},
    "l2 with batch norm": _few(SOFTMAX, SQUARES, l2=L2, batch_norm=True),
    "l1": _few(SOFTMAX, SQUARES, l1=0.5),
    "l1 and l2": _few(SOFTMAX, l1=0.5, l2=L2),
    "clip by norm": _few(SOFTMAX, SQUARES, clip_norm=0.2) + _few(SOFTMAX, SQUARES, clip_norm=0.2, l2=L2),
    "clip by value": _few(SOFTMAX, SQUARES, clip_value=0.03) + _few(SOFTMAX, SQUARES, clip_value=0.03, l2=L2),
    "label smoothing": _few(SOFTMAX, SIGMOID, label_smoothing=0.1) + _few(SOFTMAX, label_smoothing=0.1, probabilities=True),
    "probabilities": _few(SOFTMAX, probabilities=True),
    "class weights": _few(SOFTMAX, class_weights=(0.5, 1.0, 2.5)),
    "class weights of two": _few(SIGMOID, class_weights=(0.5, 2.0)),
    "decay": _few(SOFTMAX, decay=0.97),
}
