"""Penalties on the size of the weights, added to the mean loss.

m is the configured batch size, the same for a smaller last batch, so that one λ means one strength within a run.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dlrun.kernels import Kernels
from dlrun.nn.params import Params


@dataclass(frozen=True, kw_only=True)
class L2:
    """λ/(2m) · Σ‖W‖²_F over all weight matrices, biases left alone; under plain descent W shrinks by (1 − αλ/m) a step."""

    strength: float  # λ
    m: int

    def cost(self, params: Params) -> float:
        """Return λ/(2m) · Σ‖W‖²."""
        w = params.theta[params.weights]
        return self.strength / (2 * self.m) * float(np.dot(w, w))

    def add_gradient(self, params: Params, kernels: Kernels) -> None:
        """Add (λ/m) W to the gradient."""
        weights = params.weights
        kernels.add_l2_gradient(params.theta[weights], params.grad[weights], params.scratch[weights], self.strength / self.m)


Penalty = L2


def add_penalties(penalties: Iterable[Penalty], params: Params, kernels: Kernels) -> float:
    """Add every penalty's gradient to `params.grad` and return what the penalties cost."""
    cost = 0.0
    for penalty in penalties:
        penalty.add_gradient(params, kernels)
        cost += penalty.cost(params)
    return cost
