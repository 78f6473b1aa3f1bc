"""The rules of the course that a spec does not follow, each with its number and a patch to measure it with.

A rule is worded as a rule: it says what usually helps, never that a spec is wrong. A new rule is a function and its name in RULES
at the foot of this file; it returns None where it has nothing to say.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlrun.diagnosis.decidability import smallest_tolerance, verdict_examples
from dlrun.diagnosis.recipe import FIRST_L2
from dlrun.experiment.preview.layers import LayerRow, layer_rows
from dlrun.experiment.preview.meanings import ADAPTIVE
from dlrun.experiment.preview.memory import Memory, measure
from dlrun.experiment.setup import Experiment
from dlrun.nn.initializers import Auto
from dlrun.nn.optimizers import AdamW
from dlrun.nn.schedules import Manual
from dlrun.spec import Architecture, KeepProbs

FULL_BATCH_BELOW = 2_000  # examples
POWERS = (64, 128, 256, 512, 1024)
DIFFERENT_SIZES = 4  # times as many parameters: layers that the course would give another keep_prob
SCALES_APART = 100  # times
LEAST_INPUT = 0.5
REFERENCE_ERROR = 0.05  # at which a dev set is judged where no target is known


@dataclass(frozen=True)
class Advised:
    """What a rule says about a spec: why, and the keys to change; no keys where only the user can know the value."""

    rule: str
    reason: str
    patch: dict[str, str]


Found = tuple[str, dict[str, str]] | None  # reason and patch


def advice(experiment: Experiment) -> tuple[Advised, ...]:
    """Return what the rules have to say about an experiment, in their order."""
    found = ((rule.__name__, rule(experiment)) for rule in RULES)
    return tuple(Advised(name, *said) for name, said in found if said)


def full_batch(experiment: Experiment) -> Found:
    """Below 2,000 examples: batch gradient descent."""
    m, size = len(experiment.splits.train), experiment.plan.batch_size
    if m >= FULL_BATCH_BELOW or size == m:
        return None
    reason = f"the course suggests full batch below {FULL_BATCH_BELOW:,} training examples, here are {m:,}: measure it"
    return reason, {"training.batch_size": "full"}


def power_of_two(experiment: Experiment) -> Found:
    """Mini-batch sizes that fit the memory of a machine."""
    m, size = len(experiment.splits.train), experiment.plan.batch_size
    if size in POWERS or size == m:
        return None
    nearest = min(POWERS, key=lambda power: abs(power - size))
    reason = f"the course suggests mini-batches of 64, 128, 256, 512 or 1,024, here are {size:,}"
    return reason, {"training.batch_size": str(nearest) if nearest < m else "full"}


def fits_in_memory(experiment: Experiment) -> Found:
    """A batch, and all the rest, within the memory of the machine."""
    return too_large(measure(experiment), experiment.plan.batch_size)


def too_large(memory: Memory, batch_size: int) -> Found:
    """Say that a run needs more memory than there is, and which part of it is the largest."""
    if memory.machine is None or memory.total <= memory.machine:
        return None
    reason = f"a mini-batch should fit into memory: this run needs {_gib(memory.total)}, the machine has {_gib(memory.machine)}"
    if memory.buffers < memory.total / 2:
        return f"{reason}; data and parameters take most of it, a smaller batch would not help", {}
    return reason, {"training.batch_size": str(max(1, batch_size // 2))}


def dropout_by_size(experiment: Experiment) -> Found:
    """Smaller keep_prob where there are many parameters."""
    told = experiment.spec.regularization.keep_prob
    hidden = [row for row in layer_rows(experiment.network) if row.kind == "hidden"]
    own = any(layer.keep_prob is not None for layer in experiment.spec.architecture.hidden)
    keeps = {row.keep_prob for row in hidden}
    sizes = [row.parameters for row in hidden]
    if own or len(hidden) < 2 or len(keeps) > 1 or keeps == {1.0} or max(sizes) < DIFFERENT_SIZES * min(sizes):
        return None
    keep, large = keeps.pop(), max(sizes) / DIFFERENT_SIZES
    each = [keep if size > large else round((1 + keep) / 2, 3) for size in sizes]
    key = "regularization.keep_prob" + (".hidden" if isinstance(told, KeepProbs) else "")
    listed = ", ".join(f"{size:,}" for size in sizes)
    reason = f"the course suggests a smaller keep_prob where there are many parameters; {keep:g} holds for layers of {listed}"
    return reason, {key: f"[{','.join(f'{k:g}' for k in each)}]"}


def keeps_its_inputs(experiment: Experiment) -> Found:
    """Few inputs are dropped, if any."""
    told = experiment.spec.regularization.keep_prob
    if not isinstance(told, KeepProbs) or told.input >= LEAST_INPUT:
        return None
    reason = f"the course keeps the inputs (1.0, perhaps 0.9), here {told.input:g} of them: more than half is switched off"
    return reason, {"regularization.keep_prob.input": "0.9"}


def normalized_inputs(experiment: Experiment) -> Found:
    """Inputs on similar scales; measured on the training part, columns that do not vary left out."""
    if experiment.spec.data.normalize.kind != "none":
        return None
    deviations = experiment.splits.train.x.std(axis=0, dtype=np.float64)
    varying = np.flatnonzero(deviations > 0)
    if not len(varying) or (apart := deviations[varying].max() / deviations[varying].min()) < SCALES_APART:
        return None
    names = experiment.splits.features
    small, large = (names[varying[k]] for k in (deviations[varying].argmin(), deviations[varying].argmax()))
    reason = (
        f"the course normalizes inputs of very different scales: {large} varies {apart:,.0f} times as much as {small}; "
        "without, the rate must be small enough for the largest"
    )
    return reason, {"data.normalize": "standard"}


def init_before_relu(experiment: Experiment) -> Found:
    """He before relu: what keeps the signal's size through it; nothing at all where every weight is 0."""
    rows = [row for row in layer_rows(experiment.network) if row.kind == "hidden"]
    off = [(number, row) for number, row in enumerate(rows) if _unlike_he(row)]
    if not off:
        return None
    number, row = off[0]
    spec = experiment.spec.architecture
    patch = {f"architecture.hidden.{k}.init": "auto" for k, _ in off if spec.hidden[k].init is not None}
    patch |= {} if len(patch) == len(off) else {"architecture.init": "auto"}
    if row.init == "zeros":
        return f"with zeros every unit of hidden layer {number + 1} stays like the others: weights begin at random", patch
    reason = (
        f"the course draws weights before {row.activation} with variance 2/n_in (he); {row.init} has {row.formula} in hidden "
        f"layer {number + 1}, a deviation of {row.deviation:.3g} instead of {(2 / row.n_in) ** 0.5:.3g}"
    )
    return reason, patch


def one_knob(experiment: Experiment) -> Found:
    """Early stopping acts on fit and on variance at once."""
    if experiment.plan.patience is None:
        return None
    reason = "early stopping couples two knobs, fit and variance; L2 with several λ keeps them apart: measure it"
    patch = {"training.early_stopping": "null"}
    return reason, patch if experiment.spec.regularization.l2 else patch | {"regularization.l2": f"{FIRST_L2:g}"}


def decay_of_its_own(experiment: Experiment) -> Found:
    """L2 under an optimizer that divides gradients is not weight decay."""
    optimizer, l2 = experiment.spec.optimizer, experiment.spec.regularization.l2
    if not l2 or not isinstance(optimizer, ADAPTIVE):
        return None
    if isinstance(optimizer, AdamW):
        if not optimizer.weight_decay:
            return None
        reason = f"weights shrink twice: by l2 = {l2:g} in the cost, and by weight_decay = {optimizer.weight_decay:g} in adamw"
        return reason, {"regularization.l2": "0"}
    decay = l2 / experiment.plan.batch_size
    reason = (
        f"{optimizer.kind} divides the gradient of l2 by √v like any other, so that 1 − αλ/m is not what weights shrink by; "
        f"adamw shrinks them by just that with weight_decay = λ/m = {decay:.4g}: measure it"
    )
    return reason, {"optimizer": "adamw", "optimizer.weight_decay": f"{decay:.4g}", "regularization.l2": "0"}


def warmup_ends(experiment: Experiment) -> Found:
    """A warm-up is a small part of a run."""
    warmup, epochs = experiment.spec.learning_rate.warmup, experiment.plan.epochs
    if not warmup or warmup < epochs:
        return None
    reason = f"the rate still climbs when the run ends: warmup is {warmup:g} of {epochs:,} epochs"
    return reason, {"learning_rate.warmup": f"{max(epochs / 20, 0.1):.3g}"}


def reached_rates(experiment: Experiment) -> Found:
    """A manual rate is set while the run lasts."""
    decay, epochs = experiment.spec.learning_rate.decay, experiment.plan.epochs
    late = [entry.epoch for entry in decay.rates if entry.epoch >= epochs] if isinstance(decay, Manual) else []
    if not late:
        return None
    reason = f"the manual rate from epoch {max(late):,} on is never used: the run ends after {epochs:,}"
    return reason, {"training.epochs": str(max(late) + 1)}


def settings_in_use(experiment: Experiment) -> Found:
    """A setting for all hidden layers is that of some."""
    told, default = experiment.spec.architecture, Architecture()
    idle = [
        name
        for name in ("activation", "batch_norm")  # init is the output layer's too
        if told.hidden
        and getattr(told, name) != getattr(default, name)
        and all(getattr(layer, name) is not None for layer in told.hidden)
    ]
    if not idle:
        return None
    patch = {f"architecture.{name}": str(getattr(default, name) or "false") for name in idle if name == "batch_norm"}
    patch |= {"architecture.activation": default.activation.kind} if "activation" in idle else {}
    return f"every hidden layer has its own {' and its own '.join(idle)}: what architecture says for all is used by none", patch


def enough_dev(experiment: Experiment) -> Found:
    """As many dev examples as the question needs."""
    dev, train, told = experiment.splits.dev, experiment.splits.train, experiment.spec.diagnosis
    if dev is None or experiment.plan.loss.regression:
        return None
    error = max(told.target_error or 0.0, REFERENCE_ERROR)
    needed = verdict_examples("error_rate", error, len(train), told.tolerance)
    if needed is not None and needed <= len(dev):
        return None
    enough = f"about {needed:,} are" if needed else "no number of dev examples is, the training part being so small,"
    reason = (
        f"{len(dev):,} dev examples are not enough to say that variance is below {100 * told.tolerance:g} points at an error of "
        f"{100 * error:g} %: {enough} enough; ask for less, or hold more out"
    )
    tolerance = smallest_tolerance("error_rate", error, len(dev), len(train))
    return reason, {"diagnosis.tolerance": f"{100 * tolerance:.0f}%"} if tolerance else {}


def known_target(experiment: Experiment) -> Found:
    """Bias is measured from what is possible, not from 0."""
    if experiment.spec.diagnosis.target_error is not None:
        return None
    if experiment.plan.loss.regression:
        reason = "no target_error is given, 0 is assumed: all of the train error counts as bias, the noise in the target too"
        return reason, {}
    reason = "no target_error is given, 0 % is assumed: if people err in 1 % of the cases, bias begins there"
    return reason, {"diagnosis.target_error": "1%"}


def _unlike_he(row: LayerRow) -> bool:
    if row.init == "zeros":
        return True
    return row.activation in Auto.relu_like and row.init in {"xavier", "normal"}


def _gib(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB"


RULES: tuple[Callable[[Experiment], Found], ...] = (  # the registry: a new rule is one function above and its name here
    full_batch,
    power_of_two,
    fits_in_memory,
    normalized_inputs,
    init_before_relu,
    dropout_by_size,
    keeps_its_inputs,
    one_knob,
    decay_of_its_own,
    warmup_ends,
    reached_rates,
    settings_in_use,
    enough_dev,
    known_target,
)
