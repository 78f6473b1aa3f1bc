"""From a spec to everything that training needs; a choice left to dlrun is made here and written into the resolved spec."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.data.batches import boundaries, largest_batch
from dlrun.data.choosing import Chosen, choose
from dlrun.data.findings import Finding, part_name, told
from dlrun.data.preparation import Dtype
from dlrun.data.sources.files import shown_path
from dlrun.data.splits import Splits, prepared
from dlrun.diagnosis.quantities import missing
from dlrun.errors import InvalidInput, Problem, raise_all
from dlrun.experiment.checking import check
from dlrun.experiment.kernels import choose_kernels, load_kernels
from dlrun.experiment.threads import choose_threads, cores
from dlrun.kernels import Kernels
from dlrun.memory import require
from dlrun.nn.architecture import Hidden, stack
from dlrun.nn.constraints import MaxNorm
from dlrun.nn.layers import BatchNorm, Layer
from dlrun.nn.losses import Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy
from dlrun.nn.network import Network, bytes_to_train, place
from dlrun.nn.penalties import L1, L2, Penalty
from dlrun.spec import KeepProbs, LoadedSpec, Spec
from dlrun.spec.reading import too_large_when_written
from dlrun.spec.schema import fields_of, key_paths
from dlrun.training.plan import Plan
from dlrun.training.state import State

MAX_LAYERS = 1_000
EVALUATION_CHUNK = 1024  # rows; larger chunks are not faster, smaller ones are


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A spec with every choice made, its examples, and a network at its initial parameters."""

    loaded: LoadedSpec
    spec: Spec
    splits: Splits
    findings: tuple[Finding, ...]
    network: Network
    plan: Plan

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the data: how it was prepared, and what the checks found."""
        return (*self.splits.notes, *told(self.findings))

    def start(self) -> State:
        """Return the state before the first step."""
        return State.start(self.network.params, self.plan.optimizer, self.plan.seed)

    @property
    def threads(self) -> int:
        """How many threads the matrix products use."""
        threads = self.spec.training.threads
        assert threads != "auto", "a resolved spec says a number"
        return threads

    @property
    def steps_per_epoch(self) -> int:
        """How many mini-batches an epoch has, the smaller last one counted."""
        return len(boundaries(len(self.splits.train), self.plan.batch_size, self.plan.smallest_batch))

    @property
    def total_steps(self) -> int:
        """How many steps training takes if nothing stops it early."""
        return self.steps_per_epoch * self.plan.epochs


def set_up(
    loaded: LoadedSpec, *, dtype: Dtype | None = None, kernels: Kernels | None = None, examples_of: Experiment | None = None
) -> Experiment:
    """Load the data, build the network and draw its initial parameters; a dtype given here goes before the spec's.

    Kernels given here are used instead of training's: who only looks needs no compiled ones. examples_of is an experiment with
    the same data section, whose examples are taken.
    Errors: InvalidInput for whatever is wrong with the data, or does not fit between data and spec.
    """
    try:
        spec = loaded.spec.with_values({"training.dtype": dtype}) if dtype else loaded.spec
        known = (examples_of.splits, examples_of.findings) if examples_of else load_splits(loaded, spec.training.dtype)
        return _set_up(loaded, spec, kernels, *known)
    except MemoryError as error:
        what = f"this experiment does not fit into memory: {str(error)[:1].lower()}{str(error)[1:]}"
        raise InvalidInput(
            Problem(what=what, cure="make the data, architecture.hidden or training.batch_size smaller")
        ) from error


def _set_up(loaded: LoadedSpec, spec: Spec, kernels: Kernels | None, splits: Splits, findings: tuple[Finding, ...]) -> Experiment:
    loss = choose_loss(loaded, splits)
    batch_size = choose_batch_size(spec, len(splits.train))
    stacked = layers(spec, len(splits.classes or ()), loss)
    smallest = smallest_batch(stacked)
    raise_all(_misfits(loaded, splits, loss, smallest))
    steps = len(boundaries(len(splits.train), batch_size, smallest))
    largest = max(largest_batch(len(splits.train), batch_size, smallest), min(EVALUATION_CHUNK, max(splits.sizes.values())))
    raise_all(_too_large(loaded, stacked, len(splits.features), largest))
    placed = place(stacked, len(splits.features))
    chosen = choose_kernels(loaded, placed, batch_size, steps * spec.training.epochs)
    kernels = kernels or load_kernels(loaded, chosen, placed)
    network = Network(stacked, len(splits.features), largest, spec.training.dtype, kernels)
    network.initialize(spec.seed)
    plan = Plan(
        seed=spec.seed,
        epochs=spec.training.epochs,
        batch_size=batch_size,
        loss=loss,
        penalties=penalties(spec, batch_size),
        optimizer=spec.optimizer,
        learning_rate=spec.learning_rate,
        evaluate_every=spec.training.evaluate_every.steps(steps),
        clip=spec.training.clip,
        max_norm=max_norm(spec, network),
        smallest_batch=smallest,
        early_stopping=spec.training.early_stopping,
        error_unit=splits.target_scale.deviation if splits.target_scale else 1.0,
    )
    resolved = resolve(spec, splits, network, loss, batch_size, chosen)
    if why := too_large_when_written(resolved):  # a run whose resolved.yaml cannot be read is lost
        what = f"with every default written out, this spec is too large: {why}"
        raise InvalidInput(Problem(what=what, where=str(loaded.path), cure="say what layers share once, in architecture"))
    return Experiment(loaded=loaded, spec=resolved, splits=splits, findings=findings, network=network, plan=plan)


def _misfits(loaded: LoadedSpec, splits: Splits, loss: Loss, smallest_batch: int) -> Iterator[Problem]:
    """Yield what is right in the spec and in the data, but not for one another."""
    spec = loaded.spec
    watched = spec.training.early_stopping and spec.training.early_stopping.part
    if watched and splits.sizes.get(watched, 0) == 0:
        part = part_name(watched)
        what = f"training.early_stopping has no effect: there is no {part} part whose error could be watched"
        yield loaded.problem("training.early_stopping", what, cure=f"remove it, or leave some examples for {part}")
    yield from _unmeasurable(loaded, splits, loss)
    target, metric = spec.diagnosis.target_error, spec.diagnosis.metric
    if not loss.regression and metric != "loss" and target is not None and target > 1:
        what = f"diagnosis.target_error is {target:g}, {100 * target:g} %: an error rate is at most 1"
        yield loaded.problem("diagnosis.target_error", what, cure=f"did you mean {target:g}%?")
    for key, gate in spec.gates.items():
        lacking = missing(gate.quantity, [part for part, n in splits.sizes.items() if n], regression=loss.regression)
        what, cure = (lacking, "remove the gate") if lacking else gate.misfit(regression=loss.regression) or ("", "")
        if what:
            yield loaded.problem(("gates", key), f"gates: {what}", cure)
    if len(splits.train) < smallest_batch:
        what = "batch norm needs at least 2 training examples to have a deviation"
        yield loaded.problem("architecture.batch_norm", what)


def _unmeasurable(loaded: LoadedSpec, splits: Splits, loss: Loss) -> Iterator[Problem]:
    """Yield why the ladder cannot be in the metric that is asked for."""
    key, metric = "diagnosis.metric", loaded.spec.diagnosis.metric
    if metric in ("macro_f1", "auc") and loss.regression:
        yield loaded.problem(key, f"{key} is {metric}, which is of classes, and this is a regression", "error, or loss")
    elif metric == "auc":
        judged = {part: examples for part, examples in splits.parts.items() if part != "test" and len(examples)}
        for part in (part for part, examples in judged.items() if (examples.y == examples.y[0]).all()):
            what = f"{key} is auc, and all examples of {part_name(part)} are of one class: there is no area"
            yield loaded.problem(key, what, "error, loss or macro_f1")


def _too_large(loaded: LoadedSpec, stacked: list[Layer], n_in: int, rows: int) -> Iterator[Problem]:
    """Yield why the network cannot be built here: found before anything of it is allocated."""
    spec, key = loaded.spec, "architecture.hidden"
    if (n_layers := len(spec.architecture.hidden)) > MAX_LAYERS:
        yield loaded.problem(key, f"{key} has {n_layers:,} layers, more than {MAX_LAYERS:,} are not built", "write fewer")
    needed = bytes_to_train(stacked, n_in, rows, spec.training.dtype, len(spec.optimizer.slots))
    try:
        require(needed, f"this network and its batches of {rows:,}", key, "make it, or training.batch_size, smaller")
    except InvalidInput as error:
        yield from (loaded.problem(key, f"{key}: {problem.what}", problem.cure) for problem in error.problems)


def load_splits(loaded: LoadedSpec, dtype: Dtype) -> tuple[Splits, tuple[Finding, ...]]:
    """Return the examples of every part, prepared, and what the checks found in them.

    What is wrong with a key or a file is said where the spec names it; under `data.checks: strict` so are the findings.
    """
    spec, data = loaded.spec, loaded.spec.data
    chosen = choose_rows(loaded)
    try:
        splits = prepared(chosen, data.normalize, data.missing, data.categories, dtype)
        return splits, check(data, chosen, splits, spec.data_seed)
    except InvalidInput as error:
        raise InvalidInput(*(_located(loaded, problem) for problem in error.problems)) from error


def choose_rows(loaded: LoadedSpec) -> Chosen:
    """Return which rows go to which part; what is wrong is said where the spec names it."""
    spec, data = loaded.spec, loaded.spec.data
    try:
        return choose(
            data.source,
            data.split,
            data.missing,
            train_dev=data.train_dev,
            label_noise=data.label_noise,
            train_share=data.train_share,
            regression=spec.loss != "auto" and spec.loss.regression,
            seed=spec.data_seed,
        )
    except InvalidInput as error:
        raise InvalidInput(*(_located(loaded, problem) for problem in error.problems)) from error


def _located(loaded: LoadedSpec, problem: Problem) -> Problem:
    """Point to the spec for a problem with a key (`data.split`) or a whole file; a cell keeps its place in the file."""
    source: Any = loaded.spec.data.source
    for key, field in fields_of(source.__class__).items():
        path = getattr(source, key) if field.shape.names_a_file else None
        if path is not None and problem.where == shown_path(path):
            return loaded.problem(f"data.source.{key}", f"{problem.where}: {problem.what}", problem.cure)
    if not problem.where:
        return loaded.problem("data.source", problem.what, problem.cure)
    if problem.where.startswith("data.") and problem.where in key_paths(Spec):
        return loaded.problem(problem.where, f"{problem.where}: {problem.what}", problem.cure)
    return problem


def choose_loss(loaded: LoadedSpec, splits: Splits) -> Loss:
    """Return the loss the spec names; `auto` is one sigmoid for two classes, softmax for more.

    Balanced class weights become numbers here, from the training labels.
    """
    loss, n_classes = loaded.spec.loss, len(splits.classes or ())
    if loss == "auto":
        return SigmoidCrossEntropy() if n_classes == 2 else SoftmaxCrossEntropy()
    if isinstance(loss, SigmoidCrossEntropy) and n_classes != 2:
        what = f"sigmoid_cross_entropy tells two classes apart, the data has {n_classes}"
        raise InvalidInput(loaded.problem("loss", what=what, cure="use softmax_cross_entropy, or leave loss out"))
    if problem := loss.weights_problem(n_classes):
        raise InvalidInput(loaded.problem("loss.class_weights", what=problem, cure="give one for each class, or balanced"))
    return loss.with_weights_for(splits.train.y, n_classes)


def layers(spec: Spec, n_classes: int, loss: Loss) -> list[Layer]:
    """Return the layers that the spec and the data's classes (0: regression) ask for."""
    keep = spec.regularization.keep_prob
    keep_input, keep_hidden = (keep.input, keep.hidden) if isinstance(keep, KeepProbs) else (1.0, keep)
    told = spec.architecture
    keep_each = keep_hidden if isinstance(keep_hidden, tuple) else [keep_hidden] * len(told.hidden)
    hidden = [
        Hidden(
            units=layer.units,
            activation=layer.activation or told.activation,
            init=layer.init or told.init,
            batch_norm=_batch_norm(told.batch_norm if layer.batch_norm is None else layer.batch_norm),
            keep_prob=keep_prob if layer.keep_prob is None else layer.keep_prob,
        )
        for layer, keep_prob in zip(told.hidden, keep_each, strict=True)
    ]
    return stack(hidden, loss.n_outputs(n_classes), init=told.init, keep_input=keep_input)


def _batch_norm(told: bool | BatchNorm) -> BatchNorm | None:
    return BatchNorm() if told is True else told or None


def smallest_batch(stacked: Sequence[Layer]) -> int:
    """Return how many examples a mini-batch needs: 2 where batch norm measures their deviation."""
    return 2 if any(isinstance(layer, BatchNorm) for layer in stacked) else 1


def choose_batch_size(spec: Spec, m: int) -> int:
    """Return the configured batch size as a number, at most the m training examples."""
    return m if spec.training.batch_size == "full" else min(spec.training.batch_size, m)


def penalties(spec: Spec, batch_size: int) -> tuple[Penalty, ...]:
    """Return the penalties that are switched on."""
    told = spec.regularization
    l2 = L2(strength=told.l2, m=batch_size, include_bias=told.include_bias)
    l1 = L1(strength=told.l1, m=batch_size, include_bias=told.include_bias)
    return tuple(penalty for penalty in (l2, l1) if penalty.strength > 0)


def max_norm(spec: Spec, network: Network) -> MaxNorm | None:
    """Return the limit on the norm of the weights into each hidden unit, if there is one."""
    limit = spec.regularization.max_norm
    hidden = [f"W{number}" for number in range(1, len(spec.architecture.hidden) + 1)]
    return MaxNorm(limit=limit, blocks=hidden) if limit is not None else None


def resolve(spec: Spec, splits: Splits, network: Network, loss: Loss, batch_size: int, kernels: str) -> Spec:
    """Return the spec with every choice written out, so that training on it gives the same run."""
    threads, n_weights = spec.training.threads, network.params.weights.stop
    threads = choose_threads(n_weights, batch_size, cores()) if threads == "auto" else threads
    return spec.with_values(
        {
            "loss": loss,
            "data.split": splits.split,
            "data.train_dev": splits.held_out,
            "data.train_share": None if spec.data.train_share == 1 else spec.data.train_share,  # all is all, however it is said
            "training.threads": threads,
            "training.kernels": kernels,
        }
    )
