"""A network: layers in a row over one flat vector of parameters."""

import math
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, BoolArray, aligned_zeros
from dlrun.kernels import Kernels, LossScratch
from dlrun.nn.layers import Activation, Dense, Layer, Place, RuntimeLayer
from dlrun.nn.params import Block, Params, Role, View
from dlrun.seeding import Stream, rng_for


@dataclass(frozen=True)
class Placed:
    """A layer and where it stands: its input and output width, and the label its parameters carry (the 1 of `W1`)."""

    layer: Layer
    n_in: int
    n_out: int
    number: int  # of the weight matrix it has, or stands behind; from 1
    label: str

    def named(self, blocks: Sequence[Block]) -> list[Block]:
        """Return the layer's blocks under the names they have in the network."""
        return [block._replace(name=block.name + self.label) for block in blocks]


class Network:
    """Layers ready to run on up to max_batch rows at once; nothing is allocated in a step.

    `forward` gives logits z (m, n_out); a loss writes `dz`; `backward` fills `params.grad`.
    """

    def __init__(self, layers: Sequence[Layer], n_in: int, max_batch: int, dtype: npt.DTypeLike, kernels: Kernels) -> None:
        self.placed = place(layers, n_in)
        self.n_in, self.n_out = n_in, self.placed[-1].n_out
        self.max_batch, self.dtype, self.kernels = max_batch, np.dtype(dtype), copy(kernels)
        blocks = [block for p in self.placed for block in p.named(p.layer.blocks(p.n_in))]
        stats = [block for p in self.placed for block in p.named(p.layer.stats(p.n_in))]
        self.params = Params.allocate(blocks, stats, dtype)
        self.runtime: list[RuntimeLayer] = [p.layer.build(self._room(k, p)) for k, p in enumerate(self.placed)]
        self.first_with_params = next(k for k, p in enumerate(self.placed) if p.layer.blocks(p.n_in))
        self._dz = aligned_zeros((max_batch, self.n_out), dtype)
        self.loss_scratch = LossScratch.for_batches(max_batch, self.n_out, dtype)
        self.dz = self._dz[:0]
        self._are_activations = tuple(isinstance(p.layer, Activation) for p in self.placed)
        self._biases = self.params.theta[self.params.weights.stop : self.params.weights_and_biases.stop]
        self.entering_finite = True  # whether all that entered the activations was, when it was last looked at

    def initialize(self, seed: int) -> None:
        """Draw the initial parameters; a stream for each W, so that neither width nor dropout elsewhere changes it."""
        for p in self.placed:
            for name, value in p.layer.draw(rng_for(seed, Stream.INITIALIZATION, p.number), p.n_in).items():
                self.params.views[name + p.label].value[...] = value

    def forward(self, x: Array, rng: np.random.Generator | None = None, *, look: bool = False) -> Array:
        """Return the logits of x (m, n_in); rng None means inference. The result lives until the next call.

        look asks whether what enters the activations is finite: they may swallow an infinity, as tanh makes 1 of it. Every other
        number that is not finite reaches the logits anyway.
        """
        self.dz = self._dz[: len(x)]
        self.entering_finite = not look or self.kernels.all_finite(self._biases)  # which activations add to what enters them
        for layer, is_activation in zip(self.runtime, self._are_activations, strict=True):
            if look and is_activation:
                self.entering_finite &= self.kernels.all_finite(x)
            x = layer.forward(x, rng)
        return x

    def outputs(self, x: Array, rng: np.random.Generator | None = None) -> Iterator[tuple[Placed, Array]]:
        """Yield every layer with what it makes of its input, bit for bit as in `forward`; the last are the logits.

        An output lives until the next layer runs, which may overwrite it.
        """
        self.dz = self._dz[: len(x)]
        for placed, layer in zip(self.placed, self.runtime, strict=True):
            x = layer.forward(x, rng)
            yield placed, x

    def backward(self) -> None:
        """Carry `dz`, the gradient of the last forward pass's logits, back through the layers into `params.grad`."""
        dz: Array | None = self.dz
        for k in range(len(self.runtime) - 1, self.first_with_params - 1, -1):
            assert dz is not None
            dz = self.runtime[k].backward(dz, need_dx=k > self.first_with_params)

    def kink_sides(self) -> list[BoolArray]:
        """Return copies of the sides every kinked layer's units were on in the last forward pass."""
        return [sides.copy() for layer in self.runtime if (sides := layer.kink_sides()) is not None]

    def _room(self, k: int, p: Placed) -> Place:
        before, bias = self.placed[k - 1].layer if k else None, self._bias_of(k)
        left_to_next = "b" if self._bias_of(k + 1) else None
        return Place(
            n_in=p.n_in,
            max_batch=self.max_batch,
            dtype=self.dtype,
            views={
                block.name: self.params.views[block.name + p.label]
                for block in p.layer.blocks(p.n_in)
                if block.name != left_to_next
            },
            stats={block.name: self.params.stat_views[block.name + p.label] for block in p.layer.stats(p.n_in)},
            kernels=self.kernels,
            in_place=before is not None and not before.needs_output,  # never over the data, nor what backward reads
            bias=bias,
        )

    def _bias_of(self, k: int) -> View | None:
        """Return the bias that layer k adds: that of the dense layer before it, if it is an activation that does."""
        if not 0 < k < len(self.placed):
            return None
        before, layer = self.placed[k - 1], self.placed[k].layer
        fused = isinstance(before.layer, Dense) and isinstance(layer, Activation) and layer.adds_bias
        return self.params.views.get(f"b{before.label}") if fused else None


def bytes_to_train(layers: Sequence[Layer], n_in: int, max_batch: int, dtype: npt.DTypeLike, slots: int) -> int:
    """Return about how many bytes training takes, nothing of which is allocated here.

    theta, its gradient, scratch, the best theta and the optimizer's slots, a float64 draw of the largest block, and for each
    layer its output and what comes back for up to max_batch rows.
    """
    placed = place(layers, n_in)
    sizes = [math.prod(block.shape) for p in placed for block in p.layer.blocks(p.n_in)]
    units = sum(p.n_out for p in placed if p.layer.blocks(p.n_in))
    return np.dtype(dtype).itemsize * ((4 + slots) * sum(sizes) + 2 * max_batch * units) + 8 * max(sizes)


def place(layers: Sequence[Layer], n_in: int) -> tuple[Placed, ...]:
    """Return each layer with its widths, its number and its label."""
    return tuple(_place(layers, n_in))


def _place(layers: Sequence[Layer], n_in: int) -> Iterator[Placed]:
    number, taken = 0, set()
    for layer in layers:
        blocks = layer.blocks(n_in)
        number += any(block.role is Role.WEIGHT for block in blocks)
        label = str(number)
        while any(block.name + label in taken for block in blocks):  # two batch norms behind one weight matrix
            label += "'"
        taken |= {block.name + label for block in blocks}
        n_out = layer.n_out(n_in)
        yield Placed(layer, n_in, n_out, number, label)
        n_in = n_out
