"""What a network's outputs are worth on a set of examples, in inference mode: nothing is dropped, nothing is learned."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array
from dlrun.nn.losses import Labels, Loss
from dlrun.nn.network import Network, Placed

Watch = Callable[[Placed, Array], None]  # told what each layer makes of a chunk of rows, before the next layer may overwrite it


@dataclass(frozen=True)
class Score:
    """Mean loss (nats, or squared units) and error (fraction wrong, or root mean square) over m examples."""

    loss: float
    error: float
    m: int


def evaluate(network: Network, loss: Loss, x: Array, y: Labels, watch: Watch | None = None) -> Score:
    """Return the score on x (m, n), computed in chunks of the network's largest batch; watching changes no bit of it."""
    loss_sum = error_sum = 0.0
    for rows in chunks(len(x), network.max_batch):
        z = watched(network, x[rows], watch) if watch else network.forward(x[rows])
        mean, errors = loss.measure(z, y[rows], network.dz, network.loss_scratch, network.kernels)
        loss_sum += len(z) * mean
        error_sum += errors
    return Score(loss_sum / len(x), loss.error(error_sum, len(x)), len(x))


def watched(network: Network, x: Array, watch: Watch) -> Array:
    """Return the logits of x (m, n), in inference mode, and tell what each layer makes of it on the way."""
    for placed, output in network.outputs(x):
        watch(placed, output)
    return output


def logits(network: Network, x: Array) -> Array:
    """Return the logits of all rows of x, (m, n_out)."""
    z = np.empty((len(x), network.n_out), network.dtype)
    for rows in chunks(len(x), network.max_batch):
        z[rows] = network.forward(x[rows])
    return z


def chunks(m: int, size: int) -> list[slice]:
    """Return slices of at most `size` rows that cover m rows in order."""
    return [slice(start, min(start + size, m)) for start in range(0, m, size)]


def is_finite(score: Score) -> bool:
    """Say whether loss and error are both numbers one can compare."""
    return math.isfinite(score.loss) and math.isfinite(score.error)


def finite_or_none(value: float) -> float | None:
    """Return the value, or None for what is not a finite number: an empty cell of a table."""
    return value if math.isfinite(value) else None
