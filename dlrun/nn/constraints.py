"""What is done to gradients and parameters beside the optimizer's step: clipping before it, max-norm after it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from dlrun.kernels import Kernels
from dlrun.nn.params import Params


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Hold the gradient down: every entry within ±value, then the whole vector's norm at most norm.

    g ← min(max(g, −value), value),   g ← g · norm/‖g‖ where ‖g‖ > norm
    Source: Pascanu et al. 2013, arXiv:1211.5063, Algorithm 1.
    """

    norm: Annotated[float, Gt(0)] | None = None
    """The largest norm of the whole gradient."""
    value: Annotated[float, Gt(0)] | None = None
    """The largest magnitude of an entry, applied before the norm."""

    def apply(self, params: Params, squared_norm: float) -> None:
        """Clip params.grad in place; squared_norm is ‖grad‖² as it stands."""
        grad = params.grad
        if self.value is not None:
            np.clip(grad, -self.value, self.value, out=grad)
            squared_norm = params.squared_gradient_norm()
        if self.norm is not None and squared_norm > self.norm**2:
            np.multiply(grad, self.norm / math.sqrt(squared_norm), out=grad)


@dataclass(frozen=True, kw_only=True)
class MaxNorm:
    """Hold the norm of the weights into each unit at most at a limit, by shrinking them after a step.

    w_j ← w_j · min(1, limit/‖w_j‖) for every column w_j of the named weight matrices.
    Source: Srivastava et al. 2014, JMLR 15, section 5.1.
    """

    limit: float
    blocks: Sequence[str]  # the weight matrices of the hidden layers: W1, W2, …

    def apply(self, params: Params, kernels: Kernels) -> None:
        """Shrink in place; the scratch vector is overwritten."""
        for name in self.blocks:
            W = params.views[name].value
            kernels.max_norm(W, self.limit, params.scratch[: W.shape[1]])
