"""Random numbers: one root seed, one independent stream for each purpose, no global generator."""

from enum import IntEnum

import numpy as np


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


def rng_for(seed: int, stream: Stream, counter: int = 0) -> np.random.Generator:
    """Return the generator of one stream at one count.

    The seed is the entropy and the stream a spawn key: entropy given as a list would collide, `[1]` being `[1, 0]`.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(int(stream), counter))
    return np.random.Generator(np.random.PCG64(sequence))
