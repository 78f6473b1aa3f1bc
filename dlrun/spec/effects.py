"""Keys that are valid one by one and yet change nothing together: a setting that is ignored is an error."""

from collections.abc import Iterator

from dlrun.nn.schedules import Manual
from dlrun.spec.model import Spec
from dlrun.spec.sections import Architecture, KeepProbs
from dlrun.spec.tree import KeyPath, dotted
from dlrun.spec.wording import counted

Ineffective = tuple[KeyPath, str, str]  # the path of a key, why it has no effect, the cure


def without_effect(spec: Spec) -> Iterator[Ineffective]:
    """Yield each key that has no effect, or cannot have the one it asks for."""
    yield from _dropout(spec)
    yield from _batch_norm(spec)
    yield from _without_hidden_layers(spec)
    yield from _overtaken_rates(spec)
    yield from _folds(spec)
    told = spec.regularization
    if told.include_bias and not told.l2 and not told.l1:
        why = "regularization.include_bias has no effect: there is no penalty, l2 and l1 are 0"
        yield ("regularization", "include_bias"), why, "remove it, or give l2 or l1 a value"
    clip = spec.training.clip
    if clip and clip.norm is None and clip.value is None:
        yield ("training", "clip"), "training.clip has no effect: it has neither norm nor value", "write clip: {norm: 1.0}"
    stopping = spec.training.early_stopping
    if stopping and stopping.part == "dev" and spec.data.split.dev == 0:
        why = "training.early_stopping has no effect: data.split.dev is 0, there is no dev error to watch"
        yield ("training", "early_stopping"), why, "remove it, or leave some examples for dev"


def _folds(spec: Spec) -> Iterator[Ineffective]:
    """Yield what a fold decides already, and what it cannot be."""
    split = spec.data.split
    if (fold := split.fold) is None:
        return
    if fold.number > fold.of:
        why = f"data.split.fold.number is {fold.number}, and there are {counted(fold.of, 'fold')}, counted from 1"
        yield ("data", "split", "fold", "number"), why, f"at most {fold.of}"
    for part in ("train", "dev"):
        if getattr(split, part) is not None:
            why = f"data.split.{part} has no effect: fold {fold.number} of {fold.of} is dev, the others are train"
            yield ("data", "split", part), why, "remove it; test may have a size"
    if spec.data.train_dev:
        why = "data.train_dev has no effect: folds are divided into train and dev alone"
        yield ("data", "train_dev"), why, "remove it, or the fold"


def _without_hidden_layers(spec: Spec) -> Iterator[Ineffective]:
    told, default = spec.architecture, Architecture()
    if told.hidden:
        return
    cure = "remove it, or give architecture.hidden some units"
    if told.activation != default.activation:
        why = f"architecture.activation has no effect: there is no hidden layer to follow with {told.activation.kind}"
        yield ("architecture", "activation"), why, cure
    if told.batch_norm:
        yield ("architecture", "batch_norm"), "architecture.batch_norm has no effect: there is no hidden layer", cure
    if spec.regularization.max_norm is not None:
        why = "regularization.max_norm has no effect: there is no hidden unit whose weights it could hold"
        yield ("regularization", "max_norm"), why, cure


def _batch_norm(spec: Spec) -> Iterator[Ineffective]:
    told = spec.architecture
    switched_on = [told.batch_norm if layer.batch_norm is None else layer.batch_norm for layer in told.hidden]
    if any(switched_on) and spec.training.batch_size == 1:
        why = "training.batch_size is 1, and batch norm needs at least 2 examples to have a deviation"
        yield ("training", "batch_size"), why, "use 32 or more, or architecture.batch_norm: false"


def _dropout(spec: Spec) -> Iterator[Ineffective]:
    keep_prob, layers = spec.regularization.keep_prob, len(spec.architecture.hidden)
    path: KeyPath = ("regularization", "keep_prob")
    if isinstance(keep_prob, KeepProbs):
        keep_prob, path = keep_prob.hidden, (*path, "hidden")
    key = dotted(path)
    if isinstance(keep_prob, tuple):
        if len(keep_prob) != layers:
            why = f"{key} has {counted(len(keep_prob), 'number')} for {counted(layers, 'hidden layer')}"
            yield path, why, "give one number for all hidden layers, or one for each"
        yield from _told_twice(spec, keep_prob, path)
    elif keep_prob != 1 and not layers:
        why = f"{key} has no effect: there is no hidden layer whose units could be dropped"
        yield path, why, "remove it, or give architecture.hidden some units"


def _told_twice(spec: Spec, keep_probs: tuple[float, ...], path: KeyPath) -> Iterator[Ineffective]:
    """Yield the numbers of a list for layers that have a number of their own."""
    for index, (number, layer) in enumerate(zip(keep_probs, spec.architecture.hidden, strict=False)):
        if layer.keep_prob not in (None, number):
            why = f"{dotted((*path, index))} has no effect: architecture.hidden.{index} has a keep_prob of its own"
            yield (*path, index), why, "say it in one of the two places"


def _overtaken_rates(spec: Spec) -> Iterator[Ineffective]:
    """Yield the entries of a manual schedule that a later one for the same epoch replaces."""
    decay = spec.learning_rate.decay
    rates = decay.rates if isinstance(decay, Manual) else ()
    last = {entry.epoch: index for index, entry in enumerate(rates)}
    for index, entry in enumerate(rates):
        if index != last[entry.epoch]:
            path = ("learning_rate", "decay", "rates", index)
            why = f"{dotted(path)} has no effect: another entry for epoch {entry.epoch} comes after it"
            yield path, why, "keep one of the two"
