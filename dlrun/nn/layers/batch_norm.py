"""Batch normalization."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from dlrun.arrays import Array
from dlrun.nn.averages import bias_correction
from dlrun.nn.layers.runtime import Place
from dlrun.nn.params import Block, Role


@dataclass(frozen=True, kw_only=True)
class BatchNorm:
    """Normalize every unit over the mini-batch, then let γ and β say which mean and deviation it should have.

    μ = (1/m) Σ z,   σ² = (1/m) Σ (z − μ)²,   z_norm = (z − μ) / √(σ² + ε),   z̃ = γ z_norm + β

    It stands before the activation, and the bias of the dense layer before it is dropped: subtracting μ takes it out again.
    At test time μ and σ² are exponentially weighted averages over the mini-batches of training, corrected for their start at
    zero, so one example at a time works. σ² is the biased one (1/m); PyTorch averages the unbiased one.
    Source: Ioffe & Szegedy 2015, arXiv:1502.03167, Algorithms 1 and 2.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    running_beta: Annotated[float, Ge(0), Lt(1)] = 0.9
    """β of the running averages of mean and variance that stand in for the mini-batch's own at test time."""
    eps: Annotated[float, Gt(0)] = 1e-5
    """Added to the variance, inside the root."""
    needs_output: ClassVar[bool] = False  # backward reads z_norm, which is kept

    def n_out(self, n_in: int) -> int:
        """Return n_in."""
        return n_in

    def blocks(self, n_in: int) -> tuple[Block, ...]:
        """Return γ and β."""
        return Block("gamma", (n_in,), Role.SCALE), Block("beta", (n_in,), Role.BIAS)

    def stats(self, n_in: int) -> tuple[Block, ...]:
        """Return the running averages of μ and σ², and how many mini-batches they have seen."""
        return Block("mean", (n_in,), Role.WEIGHT), Block("var", (n_in,), Role.WEIGHT), Block("count", (1,), Role.WEIGHT)

    def draw(self, rng: np.random.Generator, n_in: int) -> dict[str, Array]:
        """Return γ = 1, β = 0: at first the layer only normalizes."""
        return {"gamma": np.ones(n_in), "beta": np.zeros(n_in)}

    def build(self, place: Place) -> "RuntimeBatchNorm":
        """Return the layer with its buffers."""
        return RuntimeBatchNorm(self, place)

    def running(self, mean: Array, var: Array, count: Array) -> tuple[Array, Array]:
        """Return the running μ and σ² corrected for their start at zero; 0 and 1 before the first mini-batch."""
        if count[0] == 0:
            return np.zeros_like(mean), np.ones_like(var)
        correction = bias_correction(self.running_beta, int(count[0]))
        return mean / correction, var / correction


class RuntimeBatchNorm:
    """Batch norm at work: batch statistics in training, running averages at test time."""

    def __init__(self, layer: BatchNorm, place: Place) -> None:
        n = place.n_in
        self.layer, self.kernels = layer, place.kernels
        self.gamma, self.dgamma, _ = place.views["gamma"]
        self.beta, self.dbeta, _ = place.views["beta"]
        self.running_mean, self.running_var, self.count = (place.stats[name] for name in ("mean", "var", "count"))
        self.output = place.output()
        self.z_norm = place.buffer(n)
        self.mean, self.var, self.inverse_deviation, self.scratch = (np.zeros(n, place.dtype) for _ in range(4))
        self.training = False

    def forward(self, x: Array, rng: np.random.Generator | None) -> Array:
        """Return γ z_norm + β, with the statistics of this mini-batch (rng given) or of training (rng None)."""
        out, z_norm = self.output.like(x), self.z_norm[: len(x)]
        self.training = rng is not None
        if self.training:
            self.kernels.batch_moments(x, z_norm, self.mean, self.var)
            self.kernels.running_moments(
                self.mean, self.var, self.running_mean, self.running_var, self.count, self.scratch, self.layer.running_beta
            )
            mean, var = self.mean, self.var
        else:
            mean, var = self.layer.running(self.running_mean, self.running_var, self.count)
        self.kernels.inverse_deviation(var, self.inverse_deviation, self.layer.eps)
        self.kernels.batch_norm(x, out, z_norm, mean, self.inverse_deviation, self.gamma, self.beta)
        return out

    def backward(self, dz: Array, *, need_dx: bool) -> Array | None:
        """Fill dγ and dβ; return ∂J/∂x, through μ and σ² too where they were the mini-batch's."""
        z_norm = self.z_norm[: len(dz)]
        self.kernels.batch_norm_gradients(dz, z_norm, self.dgamma, self.dbeta)
        if not need_dx:
            return None
        self.kernels.batch_norm_gain(self.gamma, self.inverse_deviation, self.scratch)
        if self.training:
            self.kernels.batch_norm_backward(dz, z_norm, self.scratch, self.dgamma, self.dbeta)
        else:
            np.multiply(dz, self.scratch, out=dz)
        return dz

    def kink_sides(self) -> None:
        """Return None: normalization is smooth."""
        return
