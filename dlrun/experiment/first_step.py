"""What an experiment's network is like before its first step: its loss, and what reaches every layer and comes back."""

from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array
from dlrun.experiment.setup import Experiment
from dlrun.nn.layers import Activation
from dlrun.nn.losses import Labels
from dlrun.nn.network import Network, Placed
from dlrun.nn.params import Role
from dlrun.seeding import Stream, rng_for
from dlrun.statistics.thinning import spread


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer that has weights: the deviation of a unit's output over examples (their root mean square), ‖dW‖_F, shares."""

    name: str
    activation: float | None
    gradient: float
    dead: float | None
    saturated: float | None


@dataclass(frozen=True, kw_only=True)
class FirstStep:
    """Losses on up to a chunk of training examples: of the network, of logits 0, of the best constant; cost with penalties."""

    chance: float
    constant: float
    loss: float
    cost: float
    layers: tuple[Layer, ...]


def look_at_first_step(experiment: Experiment) -> FirstStep:
    """Draw the initial parameters again and take one step without an update; the network keeps them.

    Batch norm and dropout work as in training. Examples are spread over the training part, as many as fit into a batch.
    """
    network, plan, train = experiment.network, experiment.plan, experiment.splits.train
    rows = spread(len(train), max(2, network.max_batch))[: network.max_batch]
    x, y = train.x[rows], train.y[rows]
    network.initialize(plan.seed)
    outputs: dict[int, tuple[float, float | None, float | None]] = {}
    z = x
    for placed, z in network.outputs(x, rng_for(plan.seed, Stream.DROPOUT)):
        if isinstance(placed.layer, Activation):
            outputs[placed.number] = _measured(placed, z)
    loss, _ = plan.loss.measure(z, y, network.dz, network.loss_scratch, network.kernels)
    network.backward()
    params = network.params
    layers = tuple(
        _layer(network, p, outputs.get(p.number, (None, None, None)))
        for p in network.placed
        if any(block.role is Role.WEIGHT for block in p.layer.blocks(p.n_in))
    )
    constant = [_loss_of(experiment, logits, y) for logits in (np.zeros(network.n_out), _best_constant(experiment, y))]
    cost = loss + sum(penalty.cost(params) for penalty in plan.penalties)
    return FirstStep(chance=constant[0], constant=min(constant), loss=float(loss), cost=float(cost), layers=layers)


def _measured(placed: Placed, a: Array) -> tuple[float, float | None, float | None]:
    """Return the deviation of the outputs, and the shares of dead units and of saturated outputs where there can be some."""
    layer = placed.layer
    assert isinstance(layer, Activation)
    deviation = float(np.sqrt(a.var(axis=0, dtype=np.float64).mean()))
    dead = float((a == 0).all(axis=0).mean()) if layer.can_die else None
    limits = layer.saturation
    return deviation, dead, float(((a < limits[0]) | (a > limits[1])).mean()) if limits else None


def _layer(network: Network, placed: Placed, found: tuple[float | None, float | None, float | None]) -> Layer:
    last = placed.number == network.placed[-1].number
    name = "output" if last else f"hidden {placed.number}"
    gradient = float(np.linalg.norm(network.params.views[f"W{placed.number}"].grad.astype(np.float64)))
    return Layer(name=name, activation=found[0], gradient=gradient, dead=found[1], saturated=found[2])


def _best_constant(experiment: Experiment, y: Labels) -> Array:
    """Return the logits that say how frequent each class is; 0 for real targets, which are centered."""
    n_classes, n_out = len(experiment.splits.classes or ()), experiment.network.n_out
    if not n_classes:
        return np.zeros(n_out)
    shares = (np.bincount(y, minlength=n_classes) + 1e-3) / (len(y) + 1e-3 * n_classes)
    return np.log(shares) if n_out > 1 else np.array([np.log(shares[1] / shares[0])])


def _loss_of(experiment: Experiment, logits: Array, y: Labels) -> float:
    """Return the mean loss of answering every example alike."""
    z = np.ascontiguousarray(np.broadcast_to(logits, (len(y), len(logits))), dtype=experiment.network.dtype)
    return float(experiment.plan.loss.each(z, y).mean())
