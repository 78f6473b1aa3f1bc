"""What the numbers of a spec mean: the same strengths and rates as factors per step, and as other tools call them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from dlrun.experiment.setup import Experiment
from dlrun.nn.averages import memory
from dlrun.nn.layers import BatchNorm
from dlrun.nn.losses import SquaredError
from dlrun.nn.optimizers import AdaGrad, Adam, AdamW, Momentum, NAdam, Nesterov, RmsProp
from dlrun.seeding import Stream, rng_for

ADAPTIVE = (AdaGrad, RmsProp, Adam, AdamW, NAdam)  # they divide a gradient by the size of those before it, a penalty's too


@dataclass(frozen=True, kw_only=True)
class L2Meaning:
    """λ as a factor on the weights: 1 − αλ/m a step under plain descent, which `adaptive` optimizers are not.

    pytorch_weight_decay is λ/m, of SGD and of Adam alike: both add it times W to the gradient, as here. scikit_learn_alpha is λ,
    since its penalty is divided by the batch too; λ/2 for squared errors, which it halves; None where it has no such loss.
    """

    strength: float
    m: int
    rate: float
    per_step: float
    per_epoch: float
    adaptive: bool
    include_bias: bool
    pytorch_weight_decay: float
    scikit_learn_alpha: float | None


@dataclass(frozen=True, kw_only=True)
class L1Meaning:
    """λ as a step: every weight moves αλ/(2m) towards zero under plain descent."""

    strength: float
    m: int
    rate: float
    per_step: float
    adaptive: bool


@dataclass(frozen=True, kw_only=True)
class DecayMeaning:
    """AdamW's weight_decay w: weights shrink by 1 − αw in each step, exactly, as in PyTorch's AdamW of the same number."""

    weight_decay: float
    rate: float
    per_step: float
    per_epoch: float


@dataclass(frozen=True, kw_only=True)
class MomentumMeaning:
    """α of the averaged form v = βv + (1 − β)g as α' = α(1 − β) of the classical v = βv + g, which PyTorch has."""

    beta: float
    rate: float
    classical_rate: float


@dataclass(frozen=True, kw_only=True)
class AverageMeaning:
    """β as 1/(1 − β), the number of values averaged over."""

    key: str
    beta: float
    memory: float
    of: str


@dataclass(frozen=True, kw_only=True)
class BatchNormMeaning:
    """β of the running averages as PyTorch's momentum = 1 − β."""

    running_beta: float
    pytorch_momentum: float


@dataclass(frozen=True, kw_only=True)
class InitialLoss:
    """Mean loss of the first step, penalties left out: of logits that are all 0, and of the weights as drawn.

    n_classes is given where the first is ln C: classes that all weigh the same.
    """

    zero_logits: float
    drawn: float
    n_classes: int | None


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """All of them; what a spec does not have is None."""

    l2: L2Meaning | None
    l1: L1Meaning | None
    weight_decay: DecayMeaning | None
    momentum: MomentumMeaning | None
    averages: tuple[AverageMeaning, ...]
    batch_norm: BatchNormMeaning | None
    initial_loss: InitialLoss


def meaning(experiment: Experiment) -> Meaning:
    """Return what the numbers mean, at the initial learning rate."""
    spec = experiment.spec
    optimizer, rate = spec.optimizer, spec.learning_rate.initial
    momentum = None
    if isinstance(optimizer, Nesterov) or (isinstance(optimizer, Momentum) and not optimizer.bias_correction):
        momentum = MomentumMeaning(beta=optimizer.beta, rate=rate, classical_rate=rate * (1 - optimizer.beta))
    norm = _first_batch_norm(experiment)
    return Meaning(
        l2=_l2(experiment),
        l1=_l1(experiment),
        weight_decay=_decay(experiment, optimizer) if isinstance(optimizer, AdamW) else None,
        momentum=momentum,
        averages=tuple(_averages(experiment)),
        batch_norm=BatchNormMeaning(running_beta=norm.running_beta, pytorch_momentum=1 - norm.running_beta) if norm else None,
        initial_loss=_initial_loss(experiment),
    )


def _l2(experiment: Experiment) -> L2Meaning | None:
    strength, m = experiment.spec.regularization.l2, experiment.plan.batch_size
    if not strength:
        return None
    rate, loss = experiment.spec.learning_rate.initial, experiment.plan.loss
    per_step = 1 - rate * strength / m
    halved = isinstance(loss, SquaredError)
    return L2Meaning(
        strength=strength,
        m=m,
        rate=rate,
        per_step=per_step,
        per_epoch=_compounded(per_step, experiment.steps_per_epoch),
        adaptive=isinstance(experiment.spec.optimizer, ADAPTIVE),
        include_bias=experiment.spec.regularization.include_bias,
        pytorch_weight_decay=strength / m,
        scikit_learn_alpha=strength / 2 if halved else None if loss.regression else strength,
    )


def _l1(experiment: Experiment) -> L1Meaning | None:
    strength, m, rate = experiment.spec.regularization.l1, experiment.plan.batch_size, experiment.spec.learning_rate.initial
    if not strength:
        return None
    adaptive = isinstance(experiment.spec.optimizer, ADAPTIVE)
    return L1Meaning(strength=strength, m=m, rate=rate, per_step=rate * strength / (2 * m), adaptive=adaptive)


def _decay(experiment: Experiment, optimizer: AdamW) -> DecayMeaning:
    rate = experiment.spec.learning_rate.initial
    per_step = 1 - rate * optimizer.weight_decay
    per_epoch = _compounded(per_step, experiment.steps_per_epoch)
    return DecayMeaning(weight_decay=optimizer.weight_decay, rate=rate, per_step=per_step, per_epoch=per_epoch)


def _compounded(factor: float, times: int) -> float:
    """Return factorᵗⁱᵐᵉˢ; infinite where that is no float: such a rate times such a λ does not shrink weights."""
    try:
        return float(factor**times)
    except OverflowError:
        return inf


def _averages(experiment: Experiment) -> Iterator[AverageMeaning]:
    optimizer = experiment.spec.optimizer
    squares = {"beta2"} | ({"beta"} if isinstance(optimizer, RmsProp) else set())
    for name in ("beta", "beta1", "beta2"):
        if (beta := getattr(optimizer, name, None)) is not None:
            of = "squared gradients" if name in squares else "gradients"
            yield AverageMeaning(key=f"optimizer.{name}", beta=beta, memory=memory(beta), of=of)
    if norm := _first_batch_norm(experiment):
        beta = norm.running_beta
        yield AverageMeaning(key="architecture.batch_norm.running_beta", beta=beta, memory=memory(beta), of="mini-batches")


def _first_batch_norm(experiment: Experiment) -> BatchNorm | None:
    return next((p.layer for p in experiment.network.placed if isinstance(p.layer, BatchNorm)), None)


def _initial_loss(experiment: Experiment) -> InitialLoss:
    """Measure on training examples, as many as the network takes at once, as a step does: batch statistics, dropout on.

    A loss that overflows is no number, and says so. The running averages that the pass moves are put back.
    """
    network, loss, train = experiment.network, experiment.plan.loss, experiment.splits.train
    rows = min(network.max_batch, len(train))
    x, y, stats = train.x[:rows], train.y[:rows], network.params.stats.copy()
    with np.errstate(all="ignore"):
        z = network.forward(x, rng_for(experiment.plan.seed, Stream.DROPOUT, 0))
        drawn, _ = loss.measure(z, y, network.dz, network.loss_scratch, network.kernels)
    network.params.stats[...] = stats
    weighted = getattr(loss, "class_weights", None) is not None
    classes = experiment.splits.classes
    return InitialLoss(
        zero_logits=float(loss.each(np.zeros((rows, network.n_out), network.dtype), y).mean()),
        drawn=drawn,
        n_classes=len(classes) if classes and not weighted else None,
    )
