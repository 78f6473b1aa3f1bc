"""Rules about training: what decays, what stops it, and how the rate goes."""

from dlrun.diagnosis.recipe import FIRST_L2
from dlrun.experiment.preview.advised import Found, Said
from dlrun.experiment.preview.meanings import ADAPTIVE
from dlrun.experiment.setup import Experiment
from dlrun.nn.optimizers import AdamW
from dlrun.nn.schedules import Manual

WARMUP_SHARE = 20  # of how many parts of a run the warm-up is one


def one_knob(experiment: Experiment) -> Found:
    """Suggest L2 instead of early stopping, which acts on fit and on variance at once."""
    if experiment.plan.early_stopping is None:
        return None
    reason = "early stopping couples two knobs, fit and variance; L2 with several λ keeps them apart: measure it"
    patch = {"training.early_stopping": "null"}
    return Said(reason, patch if experiment.spec.regularization.l2 else patch | {"regularization.l2": f"{FIRST_L2:g}"})


def decay_of_its_own(experiment: Experiment) -> Found:
    """Suggest decoupled weight decay where the optimizer divides gradients, that of L2 too."""
    optimizer, l2 = experiment.spec.optimizer, experiment.spec.regularization.l2
    if not l2 or not isinstance(optimizer, ADAPTIVE):
        return None
    if isinstance(optimizer, AdamW):
        if not optimizer.weight_decay:
            return None
        reason = f"weights shrink twice: by l2 = {l2:g} in the cost, and by weight_decay = {optimizer.weight_decay:g} of adamw"
        return Said(reason, {"regularization.l2": "0"})
    decay = f"{l2 / experiment.plan.batch_size:.4g}"
    reason = (
        f"{optimizer.kind} divides the gradient of l2 by √v like any other, so that weights do not shrink by 1 − αλ/m; "
        f"in adamw they do, with weight_decay = λ/m = {decay}: measure it"
    )
    return Said(reason, {"optimizer": "adamw", "optimizer.weight_decay": decay, "regularization.l2": "0"})


def warmup_ends(experiment: Experiment) -> Found:
    """Say when the warm-up is longer than the run."""
    warmup, epochs = experiment.spec.learning_rate.warmup, experiment.plan.epochs
    if not warmup or warmup < epochs:
        return None
    reason = (
        f"a warm-up is a small part of a run: here the rate still climbs in the last of {epochs:,} epochs, warmup is {warmup:g}"
    )
    return Said(reason, {"learning_rate.warmup": f"{epochs / WARMUP_SHARE:.3g}"})


def reached_rates(experiment: Experiment) -> Found:
    """Say which manual rates come after the end of the run."""
    decay, epochs = experiment.spec.learning_rate.decay, experiment.plan.epochs
    late = [entry.epoch for entry in decay.rates if entry.epoch >= epochs] if isinstance(decay, Manual) else []
    if not late:
        return None
    reason = f"the manual rate from epoch {max(late):,} on is never used: the run ends after {epochs:,}"
    return Said(reason, {"training.epochs": str(max(late) + 1)})
