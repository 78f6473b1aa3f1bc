"""Health of the layers at each evaluation: norms of weights, gradient, update and activations; dead and saturated units.

A step at which no evaluation is due pays nothing. All memory is made once: of each weight matrix a copy of at most 65,536
entries, and one mask of a chunk's activations if some layer can saturate.
"""

import math
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array, BoolArray, aligned_zeros
from dlrun.nn.layers import Activation
from dlrun.nn.metrics import finite_or_none
from dlrun.nn.network import Network, Placed
from dlrun.nn.params import Role, View

LARGEST_COPY = 65_536  # entries of a weight matrix that are copied to see how far a step carries them


@dataclass(frozen=True)
class LayerHealth:
    """A row of layers.csv without its epoch; None stands for what the layer does not have, or what is too large for a number.

    weight_norm = ‖W‖_F after the step; gradient_norm = ‖dW‖_F as the optimizer saw it, with penalties and clipped;
    update_norm = ‖ΔW‖_F of the step, max-norm included: update_norm/weight_norm near 1e-3 is usual.
    activation_norm = √((1/(m n)) Σ a²) over m examples and n units, in inference mode; of the output layer, over its logits.
    dead = share of units that are 0 for all m examples; saturated = share of the m n activations with |tanh| > 0.99, or a
    sigmoid below 0.01 or above 0.99. The m examples are the dev part, without one the first chunk of train.
    """

    layer: str  # "hidden 1", …, "output"
    weight_norm: float | None
    gradient_norm: float | None
    update_norm: float | None
    activation_norm: float | None
    dead: float | None
    saturated: float | None


class Health:
    """Measures the layers of a network around an update and during an evaluation."""

    def __init__(self, network: Network) -> None:
        measured = {p.number: p for p in network.placed if p.number and (_weight(p) or isinstance(p.layer, Activation))}
        last = network.placed[-1].number
        widest = max((p.n_out for number, p in measured.items() if _limits(p) and number != last), default=0)
        mask: BoolArray = np.zeros(network.max_batch * widest, dtype=np.bool_)
        self._weights = [_Weights(network.params.views[name]) for p in network.placed if (name := _weight(p))]
        ones = np.ones(network.max_batch, network.dtype)
        self._units = {number: _Units(p, ones, mask, hidden=number != last) for number, p in measured.items()}

    def before_update(self) -> None:
        """Measure the gradient before an optimizer overwrites it, keep the weights as they are, and forget older outputs."""
        for weights in self._weights:
            weights.before_update()
        for units in self._units.values():
            units.forget()

    def after_update(self) -> None:
        """Measure how far the step carried the weights."""
        for weights in self._weights:
            weights.after_update()

    def watch(self, placed: Placed, output: Array) -> None:
        """Take in what a layer makes of a chunk of examples, (m, n)."""
        units = self._units.get(placed.number)
        if units and units.placed is placed:
            units.take_in(output)

    def layers(self) -> list[LayerHealth]:
        """Return a row for each layer that has weights: the hidden ones in order, then the output layer."""
        pairs = zip(self._weights, self._units.values(), strict=True)
        return [
            LayerHealth(
                layer=units.name,
                weight_norm=finite_or_none(_norm(weights.w)),
                gradient_norm=finite_or_none(weights.gradient_norm),
                update_norm=finite_or_none(weights.update_norm),
                activation_norm=finite_or_none(math.sqrt(units.squares / units.count)),
                dead=units.n_dead / len(units.sums) if units.can_die else None,
                saturated=units.n_saturated / units.count if units.limits else None,
            )
            for weights, units in pairs
        ]


class _Weights:
    """One weight matrix around an update."""

    def __init__(self, view: View) -> None:
        self.w, self.grad = view.value.reshape(-1), view.grad.reshape(-1)
        self.sample = self.w[:: stride(view.value.shape)]
        self.change = aligned_zeros(self.sample.shape, self.w.dtype)
        self.gradient_norm = self.update_norm = 0.0

    def before_update(self) -> None:
        self.gradient_norm = _norm(self.grad)
        np.copyto(self.change, self.sample)

    def after_update(self) -> None:
        np.subtract(self.sample, self.change, out=self.change)
        self.update_norm = _norm(self.change) * math.sqrt(self.w.size / self.sample.size)


class _Units:
    """One layer's outputs on all examples, chunk by chunk."""

    def __init__(self, placed: Placed, ones: Array, mask: BoolArray, *, hidden: bool) -> None:
        self.placed, self.ones, self.mask = placed, ones, mask
        self.name = f"hidden {placed.number}" if hidden else "output"
        self.limits = _limits(placed) if hidden else None
        self.can_die = hidden and isinstance(placed.layer, Activation) and placed.layer.can_die
        self.sums, self.chunk_sums = (aligned_zeros((placed.n_out,), ones.dtype) for _ in range(2))
        self.forget()

    def forget(self) -> None:
        self.count, self.squares, self.n_saturated = 0, 0.0, 0  # activations so far, Σ a², how many are saturated
        self.sums.fill(0)

    def take_in(self, a: Array) -> None:
        flat = a.reshape(-1)
        self.count += flat.size
        self.squares += float(np.dot(flat, flat))
        if self.can_die:  # as a matrix product the sums are five times faster than a maximum over the rows
            np.matmul(self.ones[: len(a)], a, out=self.chunk_sums)
            np.add(self.sums, self.chunk_sums, out=self.sums)
        if self.limits:
            mask = self.mask[: flat.size]
            for beyond, limit in zip((np.less, np.greater), self.limits, strict=True):
                self.n_saturated += int(np.count_nonzero(beyond(flat, limit, out=mask)))

    @property
    def n_dead(self) -> int:
        """How many units are 0 for every example: what can die is never below 0, so its sum is 0 then and only then."""
        return len(self.sums) - int(np.count_nonzero(self.sums))


def stride(shape: tuple[int, ...]) -> int:
    """Return every how-manieth entry of W (n_in, units), row after row, is looked at: all up to 65,536 of them.

    The stride of a larger one shares no factor with the number of units, so that every unit has its part in the sample.
    """
    every = -(-math.prod(shape) // LARGEST_COPY)
    while math.gcd(every, shape[-1]) > 1:
        every += 1
    return every


def _norm(values: Array) -> float:
    return math.sqrt(np.dot(values, values))


def _weight(placed: Placed) -> str | None:
    """Return the name of a layer's weight matrix, if it has one."""
    blocks = placed.named(placed.layer.blocks(placed.n_in))
    return next((block.name for block in blocks if block.role is Role.WEIGHT), None)


def _limits(placed: Placed) -> tuple[float, float] | None:
    return placed.layer.saturation if isinstance(placed.layer, Activation) else None
