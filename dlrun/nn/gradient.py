"""The gradient of a mini-batch's loss: forward, loss and backward, layer by layer, or from a tape of what the layers did."""

from copy import deepcopy

import numpy as np

from dlrun.arrays import Array
from dlrun.kernels import Measured, Tape, record
from dlrun.nn.losses import Labels, Loss
from dlrun.nn.network import Network


class Gradient:
    """What a network's step begins with: `params.grad` of the mean loss.

    The first pass over a mini-batch of some size is recorded, where the kernels can; from then on those of that size are played,
    if that gives the same gradient to the last bit.
    """

    def __init__(self, network: Network, loss: Loss) -> None:
        self.network, self.loss = network, loss
        self.tapes: dict[int, Tape | None] = {}  # by the size of a mini-batch; None: layer by layer

    def __call__(self, x: Array, y: Labels, rng: np.random.Generator, *, look: bool) -> tuple[float, float, bool]:
        """Fill `params.grad`; return the mean loss, the sum of errors, and whether what entered the activations is finite."""
        m = len(x)
        if tape := self.tapes.get(m):
            return tape.play(x, y, rng, look=look)
        if m in self.tapes:
            return *self._pass(x, y, rng, look=look), self.network.entering_finite
        stats, unused = self.network.params.stats.copy(), deepcopy(rng)
        measured, tape = record(self.network.kernels, x, y, lambda: self._pass(x, y, rng, look=True))
        self.tapes[m] = tape if tape and self._is_the_same(tape, x, y, measured, stats, unused) else None
        return *measured, self.network.entering_finite

    def _pass(self, x: Array, y: Labels, rng: np.random.Generator, *, look: bool) -> Measured:
        """Run the layers forward, measure, and run them backward."""
        network = self.network
        z = network.forward(x, rng, look=look)
        measured = self.loss.measure(z, y, network.dz, network.loss_scratch, network.kernels)
        network.backward()
        return measured

    def _is_the_same(self, tape: Tape, x: Array, y: Labels, measured: Measured, stats: Array, rng: np.random.Generator) -> bool:
        """Say whether the tape, from the stats and the generator of before, gives what the layers gave, bit for bit.

        What is not a number is never the same. Whatever comes of it, gradient and stats are those of the layers afterwards.
        """
        params = self.network.params
        expected = params.stats.copy()
        np.copyto(params.stats, stats)
        np.copyto(params.scratch, params.grad)
        for view in params.views.values():  # not what lies between them, which is zero
            view.grad.fill(np.nan)
        *played, _ = tape.play(x, y, rng, look=True)
        same = tuple(played) == measured and np.array_equal(params.grad, params.scratch)
        same &= np.array_equal(params.stats, expected)
        np.copyto(params.grad, params.scratch)
        np.copyto(params.stats, expected)
        return same
