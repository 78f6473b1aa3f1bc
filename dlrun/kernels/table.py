"""The table of kernels: what each computes; a column (NumPy, …) says how.

Every kernel works in place on arrays it is given and allocates nothing of size (m, n). Rows are examples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, BoolArray, IntArray, aligned_zeros

Elementwise = Callable[[Array, Array], None]
LossKernel = Callable[[Array, Array | IntArray, Array, "LossScratch"], float]


@dataclass(frozen=True, kw_only=True)
class LossScratch:
    """Room for the loss of one batch: a few vectors of one number an example."""

    first: IntArray  # (m,) flat position of each row's first logit
    index: IntArray  # (m,)
    rows: Array  # (m,)
    picked: Array  # (m,)

    @classmethod
    def for_batches(cls, max_batch: int, n_outputs: int, dtype: npt.DTypeLike) -> "LossScratch":
        """Allocate for batches of up to max_batch rows of n_outputs logits."""
        return cls(
            first=np.arange(max_batch, dtype=np.int64) * n_outputs,
            index=np.zeros(max_batch, dtype=np.int64),
            rows=aligned_zeros((max_batch,), dtype),
            picked=aligned_zeros((max_batch,), dtype),
        )


@dataclass(frozen=True, kw_only=True)
class Kernels:
    """One column of the table: the same functions, computed in one way."""

    name: str

    add_bias: Elementwise  # z += b
    bias_gradient: Callable[[Array, Array, Array], None]  # db = Σ rows of dz, given ones (m,)

    relu: Callable[[Array, Array, BoolArray], None]  # mask = x > 0, out = max(x, 0)
    relu_backward: Callable[[Array, BoolArray], None]  # dz *= mask
    tanh: Elementwise  # out = tanh x
    tanh_backward: Elementwise  # dz *= 1 − a²; a is overwritten
    sigmoid: Elementwise  # out = σ(x)
    sigmoid_backward: Elementwise  # dz *= a (1 − a); a is overwritten
    dropout: Callable[[Array, Array, Array, np.random.Generator, float], None]  # mask ∈ {0, 1/keep_prob}, out = x · mask
    dropout_backward: Elementwise  # dz *= mask

    softmax_cross_entropy: LossKernel  # mean loss; dz = (softmax z − y) / m
    sigmoid_cross_entropy: LossKernel  # mean loss; dz = (σ(z) − y) / m
    squared_error: LossKernel  # mean loss; dz = 2 (z − y) / m

    add_l2_gradient: Callable[[Array, Array, Array, float], None]  # dW += decay · W
    gradient_descent: Callable[[Array, Array, Array, float], None]  # theta, grad, scratch, lr
    momentum: Callable[[Array, Array, Array, Array, float, float], None]  # theta, grad, v, scratch, lr, beta
    # theta, grad, m, v, scratch, lr, beta1, beta2, eps, 1 − β₁ᵗ, 1 − β₂ᵗ
    adam: Callable[[Array, Array, Array, Array, Array, float, float, float, float, float, float], None]
