"""From the shape of a network, as the course draws it, to its layers."""

from collections.abc import Sequence

from dlrun.nn.initializers import Auto, DrawnInitializer, Initializer
from dlrun.nn.layers import Activation, Dense, Dropout, Layer


def stack(
    hidden: Sequence[int],
    n_outputs: int,
    *,
    activation: Activation,
    init: Initializer,
    keep_prob: Sequence[float],
) -> list[Layer]:
    """Return hidden layers, each dense, activation, dropout where keep_prob is below 1, and the dense output layer."""
    layers: list[Layer] = []
    for units, keep in zip(hidden, keep_prob, strict=True):
        layers += [Dense(units=units, init=_drawn(init, activation.kind)), activation]
        if keep < 1:
            layers.append(Dropout(keep_prob=keep))
    return [*layers, Dense(units=n_outputs, init=_drawn(init, None))]


def _drawn(init: Initializer, activation: str | None) -> DrawnInitializer:
    return init.before(activation) if isinstance(init, Auto) else init
