"""From the shape of a network, as the course draws it, to its layers."""

from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.nn.initializers import Auto, DrawnInitializer, Initializer
from dlrun.nn.layers import Activation, BatchNorm, Dense, Dropout, Layer


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """One hidden layer with everything decided: dense, batch norm or none, activation, dropout."""

    units: int
    activation: Activation
    init: Initializer
    batch_norm: BatchNorm | None = None
    keep_prob: float = 1.0


def stack(hidden: Sequence[Hidden], n_outputs: int, *, init: Initializer, keep_input: float = 1.0) -> list[Layer]:
    """Return the layers: dropout on the input, the hidden ones, and the dense output layer; no dropout where all is kept."""
    layers: list[Layer] = _dropout(keep_input)
    for layer in hidden:
        drawn = _drawn(layer.init, layer.activation.kind)
        layers.append(Dense(units=layer.units, init=drawn, bias=layer.batch_norm is None))
        layers += [layer.batch_norm] if layer.batch_norm else []
        layers += [layer.activation, *_dropout(layer.keep_prob)]
    return [*layers, Dense(units=n_outputs, init=_drawn(init, None))]


def _dropout(keep_prob: float) -> list[Layer]:
    return [Dropout(keep_prob=keep_prob)] if keep_prob < 1 else []


def _drawn(init: Initializer, activation: str | None) -> DrawnInitializer:
    return init.before(activation) if isinstance(init, Auto) else init
