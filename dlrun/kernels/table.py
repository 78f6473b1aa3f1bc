"""The table of kernels: what each computes; a column (NumPy, Numba) says how.

Every kernel works in place on arrays it is given and allocates nothing of size (m, n). Rows are examples. What stands beside a
dense layer is fused with it: an activation adds the bias b of the layer before it (None: it has none), and on the way back sums
its gradient, db = Σ rows of dz.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, BoolArray, IntArray, aligned_zeros

Elementwise = Callable[[Array, Array], None]
SmoothKernel = Callable[[Array, Array | None, Array], None]  # x, b, out
SlopedKernel = Callable[[Array, Array | None, Array, Array], None]  # x, b, out, slopes
KinkedKernel = Callable[[Array, Array | None, Array, BoolArray, Array, float], None]  # x, b, out, mask, slopes, parameter
SlopeKernel = Callable[[Array, Array, Array | None], None]  # dz, a or slopes, db
Measured = tuple[float, float]  # the mean loss, and the sum of errors: how many are wrong, or Σ (z − y)²
RegressionKernel = Callable[[Array, Array | IntArray, Array, "LossScratch"], Measured]
# z, y, dz, scratch, label smoothing, weights (m,) of the examples if they have any
CrossEntropyKernel = Callable[[Array, Array | IntArray, Array, "LossScratch", float, Array | None], Measured]


@dataclass(frozen=True, kw_only=True)
class LossScratch:
    """Room for the loss of one batch: a few vectors of one number an example."""

    first: IntArray  # (m,) flat position of each row's first logit
    index: IntArray  # (m,)
    rows: Array  # (m,)
    picked: Array  # (m,)
    smoothed: Array  # (m,)
    weights: Array  # (m,) of the examples

    @classmethod
    def for_batches(cls, max_batch: int, n_outputs: int, dtype: npt.DTypeLike) -> "LossScratch":
        """Allocate for batches of up to max_batch rows of n_outputs logits."""
        return cls(
            first=np.arange(max_batch, dtype=np.int64) * n_outputs,
            index=np.zeros(max_batch, dtype=np.int64),
            rows=aligned_zeros((max_batch,), dtype),
            picked=aligned_zeros((max_batch,), dtype),
            smoothed=aligned_zeros((max_batch,), dtype),
            weights=aligned_zeros((max_batch,), dtype),
        )


# what comes of a pass: mean loss, sum of errors, ‖gradient‖², and whether all that was looked at is finite
Passed = tuple[float, float, float, bool]


class Tape(Protocol):
    """The calls that a pass over a mini-batch made, to be made again in one go on another mini-batch of the same size."""

    def play(self, x: Array, y: Array | IntArray, rng: np.random.Generator, *, look: bool) -> Passed:
        """Return what comes of it; without look everything counts as finite."""


@dataclass(kw_only=True)
class Kernels:
    """One column of the table: the same functions, computed in one way.

    A network has a copy of its own: while a pass is recorded, every function in it notes its calls.
    """

    name: str
    plays: bool = False  # whether a pass is played from a tape, in machine code, while they are at work
    team: Any = None  # that is at work

    gather: Callable[[Array, IntArray, Array], None]  # out = x[rows]
    product: Callable[[Array, Array, Array], None]  # out = a b
    squared_norm: Callable[[Array], float]  # Σ v² of all values (n,)
    all_finite: Callable[[Array], bool]  # whether all values are finite

    add_bias: Elementwise  # z += b
    bias_gradient: Elementwise  # db = Σ rows of dz

    relu: Callable[[Array, Array | None, Array, BoolArray], None]  # x += b, mask = x > 0, out = max(x, 0)
    relu_backward: Callable[[Array, BoolArray, Array | None], None]  # dz *= mask; db
    leaky_relu: KinkedKernel  # x += b, mask = x > 0, out = x or slope · x; slopes = g′(x)
    elu: KinkedKernel  # x += b, mask = x > 0, out = x or α(eˣ − 1); slopes = g′(x)
    gelu: SlopedKernel  # x += b, out = ½ x (1 + tanh u); slopes = g′(x); out must not be x
    slopes_backward: SlopeKernel  # dz *= slopes; db
    tanh: SmoothKernel  # out = tanh(x + b)
    tanh_backward: SlopeKernel  # dz *= 1 − a²; db; a may be overwritten
    sigmoid: SmoothKernel  # out = σ(x + b)
    sigmoid_backward: SlopeKernel  # dz *= a (1 − a); db; a may be overwritten
    dropout: Callable[[Array, Array, Array, np.random.Generator, float], None]  # mask ∈ {0, 1/keep_prob}, out = x · mask
    dropout_backward: Elementwise  # dz *= mask
    batch_moments: Callable[[Array, Array, Array, Array], None]  # μ, σ² of the columns of x; scratch (m, n)
    # running averages of μ, σ² ← β · average + (1 − β) · now, and their count + 1: mean, var, averages of both, count, scratch, β
    running_moments: Callable[[Array, Array, Array, Array, Array, Array, float], None]
    inverse_deviation: Callable[[Array, Array, float], None]  # out = 1/√(σ² + ε)
    batch_norm: Callable[[Array, Array, Array, Array, Array, Array, Array], None]  # z_norm, and out = γ z_norm + β
    batch_norm_gradients: Callable[[Array, Array, Array, Array], None]  # dγ, dβ
    batch_norm_gain: Callable[[Array, Array, Array], None]  # out = γ/√(σ² + ε)
    batch_norm_backward: Callable[[Array, Array, Array, Array, Array], None]  # dz becomes ∂J/∂x

    softmax_cross_entropy: CrossEntropyKernel  # mean loss, how many are wrong; dz = w (softmax z − y) / m, with y smoothed
    sigmoid_cross_entropy: CrossEntropyKernel  # mean loss, how many are wrong; dz = w (σ(z) − y) / m, with y smoothed
    squared_error: RegressionKernel  # mean loss, Σ (z − y)²; dz = 2 (z − y) / m
    absolute: RegressionKernel  # mean loss, Σ (z − y)²; dz = sign(z − y) / m
    huber: Callable[[Array, Array | IntArray, Array, LossScratch, float], Measured]  # the same; dz = (z − y within ±δ) / m

    add_l2_gradient: Callable[[Array, Array, Array, float], None]  # dW += decay · W
    add_l1_gradient: Callable[[Array, Array, Array, float], None]  # dW += decay · sign W
    max_norm: Callable[[Array, float, Array], None]  # every column of W at most at the limit; norms (units,)
    gradient_descent: Callable[[Array, Array, Array, float], None]  # theta, grad, scratch, lr
    momentum: Callable[[Array, Array, Array, Array, float, float], None]  # theta, grad, v, scratch, lr, beta
    nesterov: Callable[[Array, Array, Array, Array, float, float], None]  # theta, grad, v, scratch, lr, beta
    adagrad: Callable[[Array, Array, Array, Array, float, float], None]  # theta, grad, s, scratch, lr, eps
    rmsprop: Callable[[Array, Array, Array, Array, float, float, float], None]  # theta, grad, s, scratch, lr, beta, eps
    # theta, grad, m, v, scratch, lr, beta1, beta2, eps, 1 − β₁ᵗ, 1 − β₂ᵗ
    adam: Callable[[Array, Array, Array, Array, Array, float, float, float, float, float, float], None]
    # theta, grad, m, v, scratch, lr, beta1, beta2, eps, weight of m, weight of g, 1 − β₂ᵗ
    nadam: Callable[[Array, Array, Array, Array, Array, float, float, float, float, float, float, float], None]
