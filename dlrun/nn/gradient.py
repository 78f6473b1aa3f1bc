"""The gradient of the cost on a mini-batch: forward, loss, backward, penalties; layer by layer, or from a tape of that."""

from collections.abc import Sequence
from copy import deepcopy
from math import isfinite, sqrt

import numpy as np

from dlrun.arrays import Array, squared_norm
from dlrun.kernels import Passed, Tape, leave_to_layers, record
from dlrun.nn.losses import Labels, Loss
from dlrun.nn.network import Network
from dlrun.nn.penalties import Penalty

ROUNDING = 1e-2  # of a norm: more than rounding makes, less than a wrong call does
ROUNDINGS = 100  # of numbers about 1: of a gradient that is next to nothing there may be nothing but rounding


class Gradient:
    """What a step begins with: `params.grad` of mean loss and penalties.

    Where the kernels can, the first pass over a mini-batch of some size is recorded, and it and all others are played. What a
    tape cannot hold, or does not give as the layers do, is left to the layers.
    """

    def __init__(self, network: Network, loss: Loss, penalties: Sequence[Penalty] = ()) -> None:
        self.network, self.loss, self.penalties = network, loss, penalties
        self.tapes: dict[int, Tape] = {}  # by the size of a mini-batch

    def __call__(self, x: Array, y: Labels, rng: np.random.Generator, *, look: bool) -> Passed:
        """Fill `params.grad`; return mean loss, sum of errors, ‖grad‖², and whether what entered the activations is finite."""
        if tape := self.tapes.get(len(x)):
            return tape.play(x, y, rng, look=look)
        if self.network.kernels.plays and self.network.kernels.team:
            return self._first(x, y, rng, look=look)
        return self._pass(x, y, rng, look=look)

    def _first(self, x: Array, y: Labels, rng: np.random.Generator, *, look: bool) -> Passed:
        """Make the first pass over so many examples twice from the same stats and generator: the second time as it is to be made.

        A pass whose figures are not finite says nothing about a tape, and no step follows it.
        """
        params, unused = self.network.params, deepcopy(rng.bit_generator.state)
        stats = params.stats.copy()

        def go_back() -> None:
            np.copyto(params.stats, stats)
            rng.bit_generator.state = unused

        passed, tape = record(self.network.kernels, x, y, lambda: self._pass(x, y, rng, look=True))
        if not (isfinite(passed[0]) and isfinite(passed[2])):
            return passed
        if tape:
            of_layers = params.stats.copy()
            np.copyto(params.scratch, params.grad)
            for view in params.views.values():  # not what lies between them, which is zero
                view.grad.fill(np.nan)
            go_back()
            played = tape.play(x, y, rng, look=look)
            if _is_rounding(params.grad, params.scratch) and _is_rounding(params.stats, of_layers):
                self.tapes[len(x)] = tape
                return played
        go_back()
        leave_to_layers(self.network.kernels)
        return self._pass(x, y, rng, look=look)

    def _pass(self, x: Array, y: Labels, rng: np.random.Generator, *, look: bool) -> Passed:
        """Run the layers forward, measure, run them backward, and add the penalties' gradients."""
        network = self.network
        z = network.forward(x, rng, look=look)
        loss, errors = self.loss.measure(z, y, network.dz, network.loss_scratch, network.kernels)
        network.backward()
        for penalty in self.penalties:
            penalty.add_gradient(network.params, network.kernels)
        return loss, errors, network.kernels.squared_norm(network.params.grad), network.entering_finite


def _is_rounding(found: Array, expected: Array) -> bool:
    """Say whether numbers differ by rounding alone, if at all; `expected` is lost. NaN never does."""
    allowed = ROUNDING * sqrt(squared_norm(expected)) + ROUNDINGS * np.finfo(expected.dtype).eps * sqrt(expected.size)
    np.subtract(found, expected, out=expected)
    return bool(sqrt(squared_norm(expected)) <= allowed)
