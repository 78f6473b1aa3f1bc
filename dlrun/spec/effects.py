"""Keys that are valid one by one and yet change nothing together: a setting that is ignored is an error."""

from collections.abc import Iterator

from dlrun.spec.model import Spec
from dlrun.spec.sections import Architecture
from dlrun.spec.tree import KeyPath
from dlrun.spec.wording import counted


def without_effect(spec: Spec) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield the path of each key that has no effect, why, and the cure."""
    yield from _dropout(spec)
    activation, layers = spec.architecture.activation, len(spec.architecture.hidden)
    if not layers and activation != Architecture().activation:
        why = f"architecture.activation has no effect: there is no hidden layer to follow with {activation.kind}"
        yield ("architecture", "activation"), why, "remove it, or give architecture.hidden some units"
    if spec.training.early_stopping and spec.data.split.dev == 0:
        why = "training.early_stopping has no effect: data.split.dev is 0, there is no dev error to watch"
        yield ("training", "early_stopping"), why, "remove it, or leave some examples for dev"


def _dropout(spec: Spec) -> Iterator[tuple[KeyPath, str, str]]:
    keep_prob, layers = spec.regularization.keep_prob, len(spec.architecture.hidden)
    path = ("regularization", "keep_prob")
    if isinstance(keep_prob, tuple):
        if len(keep_prob) != layers:
            why = f"regularization.keep_prob has {counted(len(keep_prob), 'number')} for {counted(layers, 'hidden layer')}"
            yield path, why, "give one number for all hidden layers, or one for each"
    elif keep_prob != 1 and not layers:
        why = "regularization.keep_prob has no effect: there is no hidden layer whose units could be dropped"
        yield path, why, "remove it, or give architecture.hidden some units"
