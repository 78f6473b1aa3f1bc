"""Rules about data and batches: how many examples, in what portions, on what scales, held against what."""

import numpy as np

from dlrun.diagnosis.decidability import smallest_tolerance, verdict_examples
from dlrun.experiment.preview.advised import Found, Said
from dlrun.experiment.preview.memory import Memory, measure
from dlrun.experiment.setup import Experiment

FULL_BATCH_BELOW = 2_000  # examples
POWERS = (64, 128, 256, 512, 1024)
SCALES_APART = 100  # times
REFERENCE_ERROR = 0.05  # at which a dev set is judged where no target is known, or a smaller one


def full_batch(experiment: Experiment) -> Found:
    """Suggest batch gradient descent below 2,000 training examples."""
    m, size = len(experiment.splits.train), experiment.plan.batch_size
    if m >= FULL_BATCH_BELOW or size == m:
        return None
    reason = f"the course suggests full batch below {FULL_BATCH_BELOW:,} training examples, here are {m:,}: measure it"
    return Said(reason, {"training.batch_size": "full"})


def power_of_two(experiment: Experiment) -> Found:
    """Suggest mini-batch sizes that fit the memory of a machine: powers of two from 64 to 1,024."""
    m, size = len(experiment.splits.train), experiment.plan.batch_size
    if size in POWERS or size == m:
        return None
    nearest = min(POWERS, key=lambda power: abs(power - size))
    reason = f"the course suggests mini-batches of 64, 128, 256, 512 or 1,024, here are {size:,}"
    return Said(reason, {"training.batch_size": str(nearest) if nearest < m else "full"})


def fits_in_memory(experiment: Experiment) -> Found:
    """Say when a run, with the batch that it asks for, does not fit into the memory of the machine."""
    return too_large(measure(experiment), experiment.plan.batch_size)


def too_large(memory: Memory, batch_size: int) -> Found:
    """Say that a run needs more memory than there is, and which part of it is the largest."""
    if memory.total <= memory.machine:
        return None
    reason = f"a mini-batch should fit into memory: this run needs {_gib(memory.total)}, the machine has {_gib(memory.machine)}"
    if memory.buffers < memory.total / 2 or memory.rows > batch_size:
        return Said(f"{reason}; a smaller batch would hardly help, make architecture.hidden or the data smaller", {})
    return Said(reason, {"training.batch_size": str(max(1, batch_size // 2))})


def normalized_inputs(experiment: Experiment) -> Found:
    """Suggest to normalize columns of very different scales, as measured on the training part; constant ones are left out."""
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
    return Said(reason, {"data.normalize": "standard"})


def enough_dev(experiment: Experiment) -> Found:
    """Say how many dev examples it takes to decide at the tolerance given, when there are fewer."""
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
    return Said(reason, {"diagnosis.tolerance": f"{100 * tolerance:.0f}%"} if tolerance else {})


def known_target(experiment: Experiment) -> Found:
    """Ask for the best error possible: bias is measured from there."""
    if experiment.spec.diagnosis.target_error is not None:
        return None
    if experiment.plan.loss.regression:
        reason = "no target_error is given, 0 is assumed: all of the train error counts as bias, the noise in the target too"
        return Said(reason, {})
    reason = "no target_error is given, 0 % is assumed: if people err in 1 % of the cases, bias begins there"
    return Said(reason, {"diagnosis.target_error": "1%"})


def _gib(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB"
