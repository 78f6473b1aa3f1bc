"""From a spec to everything that training needs; a choice left to dlrun is made here and written into the resolved spec."""

from dataclasses import dataclass

from dlrun.data.sources.files import shown_path
from dlrun.data.splits import Splits, prepare
from dlrun.errors import InvalidInput, Problem
from dlrun.experiment.threads import choose_threads, cores
from dlrun.kernels import NUMPY
from dlrun.nn.architecture import stack
from dlrun.nn.layers import Layer
from dlrun.nn.losses import Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.penalties import L2, Penalty
from dlrun.spec import LoadedSpec, Spec
from dlrun.training.plan import Plan
from dlrun.training.state import State

EVALUATION_CHUNK = 1024  # rows; larger chunks are not faster, smaller ones are


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A spec with every choice made, its examples, and a network at its initial parameters."""

    loaded: LoadedSpec
    spec: Spec
    splits: Splits
    network: Network
    plan: Plan

    def start(self) -> State:
        """Return the state before the first step."""
        return State.start(self.network.params, self.plan.optimizer, self.plan.seed)

    @property
    def steps_per_epoch(self) -> int:
        """How many mini-batches an epoch has, the smaller last one counted."""
        return -(-len(self.splits.train) // self.plan.batch_size)

    @property
    def total_steps(self) -> int:
        """How many steps training takes if nothing stops it early."""
        return self.steps_per_epoch * self.plan.epochs


def set_up(loaded: LoadedSpec) -> Experiment:
    """Load the data, build the network and draw its initial parameters.

    Errors: InvalidInput for whatever is wrong with the data, or does not fit between data and spec.
    """
    spec = loaded.spec
    splits = load_splits(loaded, spec.training.dtype)
    loss = choose_loss(loaded, splits)
    batch_size = choose_batch_size(spec, splits)
    largest = max(batch_size, min(EVALUATION_CHUNK, max(splits.sizes.values())))
    network = Network(layers(spec, splits, loss), len(splits.features), largest, spec.training.dtype, NUMPY)
    network.initialize(spec.seed)
    steps_per_epoch = -(-len(splits.train) // batch_size)
    every = spec.training.evaluate_every
    plan = Plan(
        seed=spec.seed,
        epochs=spec.training.epochs,
        batch_size=batch_size,
        loss=loss,
        penalties=penalties(spec, batch_size),
        optimizer=spec.optimizer,
        learning_rate=spec.learning_rate,
        evaluate_every=every.count * (steps_per_epoch if every.unit == "epoch" else 1),
        patience=spec.training.early_stopping.patience if spec.training.early_stopping else None,
        error_unit=splits.target_scale.deviation if splits.target_scale else 1.0,
    )
    resolved = resolve(spec, splits, network, loss, batch_size)
    return Experiment(loaded=loaded, spec=resolved, splits=splits, network=network, plan=plan)


def load_splits(loaded: LoadedSpec, dtype: str) -> Splits:
    """Return the examples of every part, prepared; what is wrong with a key or a file is said where the spec names it."""
    spec = loaded.spec
    try:
        return prepare(
            spec.data.source,
            spec.data.split,
            spec.data.normalize,
            regression=spec.loss != "auto" and spec.loss.regression,
            seed=spec.seed,
            dtype=dtype,
        )
    except InvalidInput as error:
        raise InvalidInput(*(_located(loaded, problem) for problem in error.problems)) from error


def _located(loaded: LoadedSpec, problem: Problem) -> Problem:
    """Point to the spec for a problem with a key (`data.split`) or a whole file; a cell keeps its place in the file."""
    path = getattr(loaded.spec.data.source, "path", None)
    if path is not None and problem.where == shown_path(path):
        return loaded.problem("data.source.path", f"{problem.where}: {problem.what}", problem.cure)
    if problem.where.startswith("data."):
        return loaded.problem(problem.where, f"{problem.where}: {problem.what}", problem.cure)
    return problem


def choose_loss(loaded: LoadedSpec, splits: Splits) -> Loss:
    """Return the loss the spec names; `auto` is one sigmoid for two classes, softmax for more."""
    loss, n_classes = loaded.spec.loss, len(splits.classes or ())
    if loss == "auto":
        return SigmoidCrossEntropy() if n_classes == 2 else SoftmaxCrossEntropy()
    if isinstance(loss, SigmoidCrossEntropy) and n_classes != 2:
        what = f"loss: sigmoid_cross_entropy tells two classes apart, the data has {n_classes}"
        raise InvalidInput(loaded.problem("loss", what=what, cure="use softmax_cross_entropy, or leave loss out"))
    return loss


def layers(spec: Spec, splits: Splits, loss: Loss) -> list[Layer]:
    """Return the layers that the spec and the data's classes ask for."""
    hidden, keep_prob = spec.architecture.hidden, spec.regularization.keep_prob
    return stack(
        hidden,
        loss.n_outputs(len(splits.classes or ())),
        activation=spec.architecture.activation,
        init=spec.architecture.init,
        keep_prob=keep_prob if isinstance(keep_prob, tuple) else [keep_prob] * len(hidden),
    )


def choose_batch_size(spec: Spec, splits: Splits) -> int:
    """Return the configured batch size as a number, at most the training set."""
    m = len(splits.train)
    return m if spec.training.batch_size == "full" else min(spec.training.batch_size, m)


def penalties(spec: Spec, batch_size: int) -> tuple[Penalty, ...]:
    """Return the penalties that are switched on."""
    l2 = spec.regularization.l2
    return (L2(strength=l2, m=batch_size),) if l2 > 0 else ()


def resolve(spec: Spec, splits: Splits, network: Network, loss: Loss, batch_size: int) -> Spec:
    """Return the spec with every choice written out, so that training on it gives the same run."""
    threads = spec.training.threads
    if threads == "auto":
        threads = choose_threads(network.params.weights.stop, batch_size, cores())
    return spec.with_values(
        {
            "loss": loss,
            "data.split": splits.split,
            "training.threads": threads,
            "training.kernels": network.kernels.name,
        }
    )
