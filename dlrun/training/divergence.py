"""Divergence: numbers that are no longer finite, where that began, and what usually helps.

Looking costs each step the gradient's norm, and every other step a dot of what enters each activation. The norms also tell how
far second moments can have come: these are looked at only when that is too far for a number. What is said here is worked out
only once a run has ended.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from dlrun.arrays import all_finite
from dlrun.data.batches import Batch
from dlrun.errors import Diverged, Problem
from dlrun.nn.layers import Activation, BatchNorm
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Slots
from dlrun.nn.params import Role
from dlrun.nn.penalties import Penalty
from dlrun.training.plan import Plan
from dlrun.training.state import State

LOOK_EVERY = 2  # steps: what enters the activations, so before two updates have used what was there
MOST_NORMS = 6  # of layers that are named one by one
LARGE_INPUT = 100.0  # normalized inputs are seldom above 10


@dataclass(frozen=True)
class Finding:
    """Where numbers first stop being finite, in words that end in `finite`, and the cure: what to type, and why."""

    where: str
    cure: str


@dataclass
class Pace:
    """What the steps so far were like, for the last words of a run: the rate, and the norm of the last good gradient."""

    lr: float = math.nan
    gradient_norm: float = math.nan  # nan: there has been no step


class Moments:
    """The optimizer's second moments: whether they are finite, which all norms of gradients that went into them say.

    An update adds at most g² to a moment, rounded up at most 2 g²: the bound is the largest when last looked, and 2‖g‖² for each
    step since. (Of first moments, where there are no others, at most 2|g| ≤ 1 + g².) While it is half of what a number can be,
    nothing can have overflowed; then, and at first, since a State may come from a file, they are looked at.
    """

    def __init__(self, slots: Slots) -> None:
        self._vector = next(reversed(slots.values())) if slots else None
        self._added, self._room = 0.0, 0.0  # since they were looked at, at most; how much that may be

    def finite(self, squared_norm: float) -> bool:
        """Say whether they are, before the update with a gradient of this ‖g‖².

        An infinite one only holds its parameter still, which no loss shows. One that is no number, and first moments, show in the
        parameters one step later.
        """
        self._added += 1 + 2 * squared_norm
        if self._added < self._room or self._vector is None:
            return True
        largest = max(float(self._vector.max()), -float(self._vector.min()))
        self._added, self._room = 1 + 2 * squared_norm, (float(np.finfo(self._vector.dtype).max) - largest) / 2
        return isfinite(largest)


def require_finite_update(network: Network, plan: Plan, state: State, pace: Pace) -> None:
    """Look through everything that is about to be scored and kept: parameters, moments, running averages.

    Errors: Diverged, with what the last update carried out of the finite numbers.
    """
    params = network.params
    slots = {f"the optimizer's {name}": slot for name, slot in state.slots.items()}
    if isfinite(params.weight_norm()) and all(map(all_finite, (params.theta, params.stats, *slots.values()))):
        return
    bad = [*_bad_parameters(network), *(name for name, slot in slots.items() if not all_finite(slot))]
    where = f"{_listed(bad) or 'the norm of the weights'} after the update {_are(bad)} not finite"
    raise _diverged(state.step, network, state, pace, Finding(where, _slower(network, plan, pace)))


def require_finite_means(network: Network, plan: Plan, state: State, pace: Pace, means: dict[str, float]) -> None:
    """Refuse to write a row whose cost or train figures are not finite.

    Errors: Diverged.
    """
    if bad := [name for name, value in means.items() if not isfinite(value)]:
        finding = Finding(f"{_listed(bad)} of the epoch {_are(bad)} not finite", _slower(network, plan, pace))
        raise _diverged(state.step, network, state, pace, finding)


def diverged(network: Network, plan: Plan, state: State, batch: Batch, pace: Pace, loss: float) -> Diverged:
    """Say where numbers stopped being finite in this step, which is not made, and what helps; pace.lr is its rate."""
    finding = _before_the_network(plan, state, batch, pace)
    finding = finding or _inside(network, plan, state, batch, pace, loss)
    return _diverged(state.step + 1, network, state, pace, finding)


def layer_name(network: Network, number: int) -> str:
    """Return a layer's name in the words of a spec: `hidden layer 2 (relu)`, `the output layer`; number 0 is the inputs."""
    if number == 0:
        return "the inputs"
    if number == network.placed[-1].number:
        return "the output layer"
    kinds = [p.layer.kind for p in network.placed if p.number == number and isinstance(p.layer, Activation)]
    return f"hidden layer {number} ({kinds[0]})" if kinds else f"hidden layer {number}"


def _before_the_network(plan: Plan, state: State, batch: Batch, pace: Pace) -> Finding | None:
    if not isfinite(pace.lr):
        cure = f"-s learning_rate.decay=constant: the schedule gave {pace.lr} as the rate of this step"
        return Finding(f"the learning rate is {pace.lr}, not finite", cure)
    for what, values in (("the inputs", batch.x), ("the targets", batch.y)):
        if values.dtype.kind == "f" and (bad := int(np.sum(~np.isfinite(values)))):
            rows = int(np.sum(~np.isfinite(values.reshape(len(values), -1)).all(axis=1)))
            where = f"{what} are not finite ({bad:,} values in {rows:,} of the {len(values):,} examples of this mini-batch)"
            return Finding(where, "-s data.checks=strict: look for these values in the data; no setting of the network helps")
    return None


def _inside(network: Network, plan: Plan, state: State, batch: Batch, pace: Pace, loss: float) -> Finding:
    bad = [*_bad_parameters(network, stats=False), *(f"the optimizer's {n}" for n, s in state.slots.items() if not all_finite(s))]
    if bad:  # also where saturated units hide it
        return Finding(f"{_listed(bad)} {_are(bad)} not finite", _slower(network, plan, pace))
    layer = _first_bad_layer(network, state, batch)
    if layer is not None:
        return Finding(f"the output of {layer_name(network, layer)} is not finite", _cure(network, plan, state, batch, pace))
    if not isfinite(loss):
        return Finding("the loss is not finite", _cure(network, plan, state, batch, pace))
    if penalty := next((penalty for penalty in plan.penalties if _overflows(penalty, network)), None):
        cure = f"-s regularization.{penalty.kind}={penalty.strength / 10:.3g}: at this strength its cost or gradient is too large"
        return Finding(f"the {penalty.kind} penalty on the weights is not finite", cure)
    if blocks := [f"{name} of {_owner(network, name)}" for name in network.params.non_finite()]:
        where = f"the gradient of {_listed(blocks)} is not finite"
        return Finding(where, _cure(network, plan, state, batch, pace))
    return Finding("the norm of the gradient is not finite", _cure(network, plan, state, batch, pace))


def _overflows(penalty: Penalty, network: Network) -> bool:
    """Say whether a penalty on weights that are finite is none: its cost, or the square of its gradient's norm, about."""
    norm, largest = network.params.weight_norm(), float(np.finfo(network.dtype).max)
    return isfinite(norm) and not (isfinite(penalty.cost(network.params)) and penalty.strength / penalty.m * norm < largest**0.5)


def _first_bad_layer(network: Network, state: State, batch: Batch) -> int | None:
    """Run the mini-batch again, layer by layer, as in training; what the state keeps is put back, dropout draws anew."""
    rng, stats = copy.deepcopy(state.dropout_rng), network.params.stats.copy()
    try:
        return next((p.number for p, output in network.outputs(batch.x, rng) if not all_finite(output)), None)
    finally:
        network.params.stats[...] = stats


def _diverged(step: int, network: Network, state: State, pace: Pace, finding: Finding) -> Diverged:
    epoch = state.epoch + (1 if step > state.step or state.position else 0)
    what = f"diverged at step {step} (epoch {epoch}): {finding.where}{_last_norms(network, pace)}"
    return Diverged(Problem(what=what, cure=finding.cure))


def _last_norms(network: Network, pace: Pace) -> str:
    """Return the norms that were still finite: of the last good gradient, of all weights, of each weight matrix."""
    blocks = [block for p in network.placed for block in p.named(p.layer.blocks(p.n_in)) if block.role is Role.WEIGHT]
    norms = {block.name: float(np.linalg.norm(network.params.views[block.name].value.astype(np.float64))) for block in blocks}
    each = ", ".join(f"{name} {norm:.3g}" for name, norm in list(norms.items())[:MOST_NORMS] if isfinite(norm))
    more = f", and {len(norms) - MOST_NORMS} more" if len(norms) > MOST_NORMS else ""
    whole = math.hypot(*norms.values())
    gradient = [f"gradient {pace.gradient_norm:.3g}"] if isfinite(pace.gradient_norm) else []
    weights = f"weights {whole:.3g} ({each}{more})" if isfinite(whole) else f"weights {each}" if each else ""
    told = [*gradient, weights] if weights else gradient
    return f"; last finite norms: {', '.join(told)}" if told else ""


def _cure(network: Network, plan: Plan, state: State, batch: Batch, pace: Pace) -> str:
    """Choose what helps by how far training had come: before the first update it is not the rate."""
    if state.step > 0:
        return _slower(network, plan, pace)
    largest = float(np.abs(batch.x).max())
    if largest > LARGE_INPUT:
        return f"-s data.normalize=standard: nothing has been updated yet, and inputs are as large as {largest:.3g}"
    return "-s architecture.init=auto: nothing has been updated yet, so it is where the weights started, or the targets"


def _slower(network: Network, plan: Plan, pace: Pace) -> str:
    """Return the cure for steps that were too long: the schedule if it raised the rate, otherwise a tenth of the rate."""
    initial = plan.learning_rate.initial
    if pace.lr > 2 * initial:
        return f"-s learning_rate.decay=constant: the schedule had raised the rate from {initial:.3g} to {pace.lr:.3g}"
    clip = "" if plan.clip else " -s training.clip=1"
    shallow = network.placed[-1].number == 1
    calm = shallow or any(isinstance(p.layer, BatchNorm) for p in network.placed)
    norm = "" if calm else "; architecture.batch_norm=true allows larger ones"
    return f"-s learning_rate.initial={initial / 10:.3g}{clip}: smaller steps (the last rate was {pace.lr:.3g}){norm}"


def _bad_parameters(network: Network, *, stats: bool = True) -> Iterator[str]:
    params = network.params
    values = {name: view.value for name, view in params.views.items()} | (params.stat_views if stats else {})
    return (f"{name} of {_owner(network, name)}" for name, value in values.items() if not all_finite(value))


def _owner(network: Network, name: str) -> str:
    """Return the layer that a block of parameters or running averages belongs to."""
    told = ((p, p.named([*p.layer.blocks(p.n_in), *p.layer.stats(p.n_in)])) for p in network.placed)
    return next(layer_name(network, p.number) for p, blocks in told if any(block.name == name for block in blocks))


def _listed(words: list[str]) -> str:
    return ", ".join(words[:MOST_NORMS]) + (f" and {len(words) - MOST_NORMS} more" if len(words) > MOST_NORMS else "")


def _are(words: list[str]) -> str:
    return "are" if len(words) > 1 else "is"
