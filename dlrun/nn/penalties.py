"""Penalties on the size of the weights, added to the mean loss.

m is the configured batch size, the same for a smaller last batch, so that one λ means one strength within a run.
include_bias adds b (and the β of batch norm, which takes its place), as in the course's logistic regression.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from dlrun.arrays import BoolArray
from dlrun.kernels import Kernels
from dlrun.nn.params import Params


@dataclass(frozen=True, kw_only=True)
class L2:
    """λ/(2m) · Σ‖W‖²_F over all weight matrices; under plain descent W shrinks by the factor 1 − αλ/m in every step."""

    kind: Literal["l2"] = "l2"
    strength: float  # λ
    m: Annotated[int, Ge(1)]
    include_bias: bool = False

    def cost(self, params: Params) -> float:
        """Return λ/(2m) · Σ‖W‖²."""
        w = params.theta[_penalized(params, include_bias=self.include_bias)]
        return self.strength / (2 * self.m) * float(np.dot(w, w))

    def add_gradient(self, params: Params, kernels: Kernels) -> None:
        """Add (λ/m) W to the gradient."""
        place = _penalized(params, include_bias=self.include_bias)
        kernels.add_l2_gradient(params.theta[place], params.grad[place], params.scratch[place], self.strength / self.m)

    def kink_sides(self, params: Params) -> BoolArray | None:
        """Return None: squares are smooth."""
        return None


@dataclass(frozen=True, kw_only=True)
class L1:
    """λ/(2m) · Σ|W| over all weight matrices: it drives weights to zero, which L2 only makes small."""

    kind: Literal["l1"] = "l1"
    strength: float  # λ
    m: Annotated[int, Ge(1)]
    include_bias: bool = False

    def cost(self, params: Params) -> float:
        """Return λ/(2m) · Σ|W|."""
        place = _penalized(params, include_bias=self.include_bias)
        w, scratch = params.theta[place], params.scratch[place]
        np.abs(w, out=scratch)
        return self.strength / (2 * self.m) * float(scratch.sum(dtype=np.float64))

    def add_gradient(self, params: Params, kernels: Kernels) -> None:
        """Add λ/(2m) · sign W to the gradient; the sign of 0 is 0."""
        place = _penalized(params, include_bias=self.include_bias)
        decay = self.strength / (2 * self.m)
        kernels.add_l1_gradient(params.theta[place], params.grad[place], params.scratch[place], decay)

    def kink_sides(self, params: Params) -> BoolArray | None:
        """Return on which side of its kink at 0 each weight is."""
        return np.asarray(params.theta[_penalized(params, include_bias=self.include_bias)] > 0)


Penalty = L2 | L1  # the registry: a new penalty is one class above and its name here


def _penalized(params: Params, *, include_bias: bool) -> slice:
    return params.weights_and_biases if include_bias else params.weights


def add_penalties(penalties: Iterable[Penalty], params: Params, kernels: Kernels) -> float:
    """Add every penalty's gradient to `params.grad` and return what the penalties cost."""
    cost = 0.0
    for penalty in penalties:
        penalty.add_gradient(params, kernels)
        cost += penalty.cost(params)
    return cost
