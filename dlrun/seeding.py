"""Random numbers: one root seed, one independent stream for each purpose, no global generator."""

from enum import IntEnum

import numpy as np

SEED_BITS = 53  # of a derived seed: every reader of JSON holds it exactly


class Stream(IntEnum):
    """What random numbers are drawn for. Numbers are given once and never changed: a stored seed means them."""

    INITIALIZATION = 0
    SPLIT = 1
    SHUFFLE = 2  # counter: the epoch
    DROPOUT = 3  # counter: the epoch
    AUGMENTATION = 4  # counter: the step
    GENERATOR = 5  # generated data
    GRADIENT_CHECK = 6
    BOOTSTRAP = 7
    DRIFT = 8  # counter: the comparison
    LABEL_NOISE = 9  # counter: the part
    COLUMN_SCALES = 10
    SEEDS = 11  # counter: the child; the seeds of runs that differ in nothing else
    FOLDS = 12
    BASELINE = 13  # the order of the examples that a linear baseline is trained on
    TRAIN_SHARE = 14  # the order in which training examples are taken
    LEARNING_CURVE = 15  # what other examples and other training could have shown


def rng_for(seed: int, stream: Stream, counter: int = 0) -> np.random.Generator:
    """Return the generator of one stream at one count.

    The seed is the entropy and the stream a spawn key: entropy given as a list would collide, `[1]` being `[1, 0]`.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(int(stream), counter))
    return np.random.Generator(np.random.PCG64(sequence))


def derived_seeds(root: int, count: int) -> tuple[int, ...]:
    """Return the seeds of `count` runs that are to differ by chance alone: the root seed itself, then numbers of 53 bits.

    The first seeds do not depend on how many there are, so five more join the five there were. The next root seed has other
    children: root + 1, root + 2 … would share all but one with it.
    """
    sequences = (np.random.SeedSequence(root, spawn_key=(int(Stream.SEEDS), child)) for child in range(1, count))
    return (root, *(int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(64 - SEED_BITS)) for sequence in sequences))
