"""The first network for data of some size: to begin with, not to end with."""

from dataclasses import dataclass
from math import ceil, log2
from typing import Literal

FULL_BATCH = 2_000  # examples: up to here the course takes the full batch
STEPS_AN_EPOCH = 200  # that mini-batches aim at, within 64 and 1024
STEPS, FULL_STEPS = 4_000, 500  # of a whole run
FEWEST_EPOCHS = 10
DECAY_OF_CLASSES, DECAY_OF_NUMBERS = 0.001, 0.01  # λ/m: the share of a weight that l2 adds to its gradient; targets have noise
WIDE = 256  # inputs


@dataclass(frozen=True, kw_only=True)
class FirstNetwork:
    """Sizes and settings of a first network."""

    hidden: tuple[int, ...]
    batch_size: int | Literal["full"]
    epochs: int
    rate: float
    l2: float


def first_network(m: int, n: int, *, regression: bool) -> FirstNetwork:
    """Return a network for m training examples of n inputs.

    Hidden layers of 64 and 32 units, of 256 and 128 for many wide examples. The full batch for up to 2,000 examples, as the
    course has it, with a rate that suits its few steps; beyond, a power of two between 64 and 1024 that makes about 200 steps
    an epoch. Epochs for about 4,000 steps, 500 with the full batch; the best weights on dev are kept.
    """
    decay = DECAY_OF_NUMBERS if regression else DECAY_OF_CLASSES
    hidden = (256, 128) if n >= WIDE and m > FULL_BATCH else (64, 32)
    if m <= FULL_BATCH:
        return FirstNetwork(hidden=hidden, batch_size="full", epochs=FULL_STEPS, rate=1e-2, l2=rounded(decay * m))
    batch_size = min(1024, max(64, 2 ** round(log2(m / STEPS_AN_EPOCH))))
    epochs = max(FEWEST_EPOCHS, ceil(STEPS / ceil(m / batch_size)))
    return FirstNetwork(hidden=hidden, batch_size=batch_size, epochs=epochs, rate=1e-3, l2=rounded(decay * batch_size))


def rounded(value: float) -> float:
    """Return a number with one digit that is not 0."""
    return float(f"{value:.0e}")
