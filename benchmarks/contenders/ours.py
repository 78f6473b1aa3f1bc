"""dlrun: its own training loop, step by step, with the kernels of one column."""

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np

from benchmarks.work import Array, Labels, Work
from dlrun.data.preparation import Preparation
from dlrun.data.preprocessing import Normalization
from dlrun.data.splits import Examples, Splits
from dlrun.data.splitting import Split
from dlrun.experiment.threads import choose_threads, cores, pinned
from dlrun.kernels import column
from dlrun.nn.architecture import Hidden, stack
from dlrun.nn.initializers import Auto
from dlrun.nn.layers import BatchNorm, Relu
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Optimizer
from dlrun.nn.penalties import L2
from dlrun.nn.schedules import LearningRate
from dlrun.training.loop import StepEnd, train
from dlrun.training.plan import Plan
from dlrun.training.state import State

ENDLESS = 10**9  # epochs, steps: nothing is evaluated, nothing comes to its end


class Contender:
    """`dlrun.training.loop.train`, and nothing around it."""

    def __init__(self, work: Work, kernels: str) -> None:
        self.work, self.held = work, ExitStack()
        network = build(work, kernels)
        self.threads = threads_of(network, work)
        self.held.enter_context(pinned(self.threads))
        self.state = State.start(network.params, plan_of(work).optimizer, seed=0)
        self.training = train(network, plan_of(work), splits_of(*work.examples()), self.state)

    def train(self) -> float:
        """Take the steps of one round."""
        for _ in _some(self.training, self.work.steps):
            pass
        return self.state.loss_sum / self.state.seen


def threads_of(network: Network, work: Work) -> int:
    """Return how many threads `threads: auto` gives this work: what dlrun.experiment.setup asks for."""
    return choose_threads(network.params.weights.stop, work.batch, cores())


def build(work: Work, kernels: str) -> Network:
    """Return the network at the initial weights."""
    init, norm = Auto(), BatchNorm() if work.batch_norm else None
    hidden = [Hidden(units=n, activation=Relu(), init=init, batch_norm=norm, keep_prob=work.keep_prob) for n in work.widths[1:-1]]
    layers = stack(hidden, work.widths[-1], init=init)
    network = Network(layers, work.widths[0], work.batch, "float32", column(kernels))
    network.initialize(seed=0)
    for number, W in enumerate(work.weights(), start=1):
        network.params.views[f"W{number}"].value[...] = W
    return network


def plan_of(work: Work) -> Plan:
    """Return the plan: the optimizer at its defaults, and no evaluation within reach."""
    kinds = {kind.kind: kind for kind in Optimizer.__args__}
    return Plan(
        seed=0,
        epochs=ENDLESS,
        batch_size=work.batch,
        loss=SoftmaxCrossEntropy(),
        penalties=[L2(strength=work.l2, m=work.batch)] if work.l2 else [],
        optimizer=kinds[work.optimizer](),
        learning_rate=LearningRate(initial=work.rate),
        evaluate_every=ENDLESS,
        smallest_batch=2 if work.batch_norm else 1,
    )


def splits_of(x: Array, y: Labels) -> Splits:
    """Return the examples as a training part, without any other."""
    names = tuple(f"x{k}" for k in range(x.shape[1]))
    normalization = Normalization(mean=np.zeros(1), divisor=np.ones(1))
    preparation = Preparation(
        columns=names, numbers=names, images=False, dtype="float32", classes=None, target_scale=None, normalization=normalization
    )
    examples = Examples(x=x, y=y, ids=np.arange(len(x)))
    return Splits(train=examples, dev=None, test=None, preparation=preparation, split=Split(), sha256="", notes=())


def _some(training: Iterator[StepEnd], steps: int) -> Iterator[StepEnd]:
    for _ in range(steps):
        yield next(training)
