"""State: everything that changes while a network is trained, and nothing else.

What is in State is what a checkpoint holds; a run continues from it as if it had never stopped.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlrun.arrays import Array, aligned_zeros
from dlrun.nn.metrics import Score, is_finite
from dlrun.nn.optimizers import Optimizer, Slots
from dlrun.nn.params import Params
from dlrun.nn.schedules import Plateau
from dlrun.nn.stopping import Waiting
from dlrun.seeding import Stream, rng_for


@dataclass
class Best:
    """The best parameters so far on dev, and where they were found: lowest error, then lowest loss, then earliest."""

    theta: Array
    stats: Array
    epoch: float = 0.0
    step: int = -1  # −1: nothing has been found yet
    error: float = float("inf")
    loss: float = float("inf")

    @property
    def found(self) -> bool:
        """Whether any evaluation has been good enough to count."""
        return self.step >= 0

    @classmethod
    def room(cls, params: Params) -> "Best":
        """Return room for the best parameters, with nothing found yet."""
        return cls(params.theta.copy(), params.stats.copy())

    def offer(self, score: Score, epoch: float, step: int, params: Params) -> bool:
        """Take the parameters if their score is better; a score that is not a number never is."""
        if not is_finite(score) or (score.error, score.loss) >= (self.error, self.loss):
            return False
        self.epoch, self.step, self.error, self.loss = epoch, step, score.error, score.loss
        self.theta[...] = params.theta
        self.stats[...] = params.stats
        return True


@dataclass
class State:
    """Parameters, the optimizer's slots, how far training has come, the epoch's sums, generator, best so far, and memories."""

    params: Params
    slots: Slots
    best: Best
    dropout_rng: np.random.Generator
    epoch: int = 0  # completed
    step: int = 0  # done
    position: int = 0  # examples of this epoch already seen
    loss_sum: float = 0.0  # over the examples of the epoch, weighted by examples, not by batches
    error_sum: float = 0.0
    seen: int = 0  # examples those sums are over
    stop_reason: str | None = None
    plateau: Plateau = field(default_factory=Plateau)
    waiting: Waiting = field(default_factory=Waiting)

    @classmethod
    def start(cls, params: Params, optimizer: Optimizer, seed: int) -> "State":
        """Return the state before the first step, for parameters already drawn."""
        slots = {name: aligned_zeros(params.theta.shape, params.theta.dtype) for name in optimizer.slots}
        return cls(params, slots, Best.room(params), rng_for(seed, Stream.DROPOUT))

    def begin_epoch(self, seed: int) -> None:
        """Reset the epoch's sums and key the dropout generator to it; in the middle of an epoch all stays as it is."""
        if self.position == 0:
            self.loss_sum = self.error_sum = 0.0
            self.seen = 0
            self.dropout_rng = rng_for(seed, Stream.DROPOUT, self.epoch)

    def step_done(self, m_batch: int, m_train: int, loss: float, error_sum: float) -> None:
        """Count a step over m_batch of m_train examples."""
        self.step += 1
        self.position += m_batch
        self.seen += m_batch
        self.loss_sum += loss * m_batch
        self.error_sum += error_sum
        if self.position >= m_train:
            self.epoch, self.position = self.epoch + 1, 0

    def finished(self, epochs: int) -> bool:
        """Say whether nothing is left to do: all epochs done, or stopped early."""
        return self.epoch >= epochs or self.stop_reason is not None

    def epochs_passed(self, m_train: int) -> float:
        """Return completed epochs, with the part of the present one."""
        return self.epoch + self.position / m_train

    def arrays(self) -> dict[str, Array]:
        """Return every array that changes, by name, not copied."""
        params = {"theta": self.params.theta, "stats": self.params.stats}
        best = {"best_theta": self.best.theta, "best_stats": self.best.stats}
        return params | best | {f"slot_{name}": slot for name, slot in self.slots.items()}

    def is_finite(self) -> bool:
        """Say whether every array holds finite numbers alone, so that it may be kept."""
        return all(np.isfinite(array).all() for array in self.arrays().values())

    def scalars(self) -> dict[str, Any]:
        """Return everything else that changes, as plain JSON values."""
        counters = {name: getattr(self, name) for name in _COUNTERS}
        memories = {
            part: {name: _told(getattr(getattr(self, part), name)) for name in names} for part, names in _MEMORIES.items()
        }
        return counters | memories | {"dropout_rng": self.dropout_rng.bit_generator.state}

    def restore(self, arrays: Mapping[str, Array], scalars: Mapping[str, Any]) -> None:
        """Take over what `arrays` and `scalars` returned; memory that views point into is filled, not replaced.

        Errors: ValueError, before anything is changed, if they are not of a state of this network and optimizer.
        """
        mine = self.arrays()
        if arrays.keys() != mine.keys():
            raise ValueError(f"it holds {', '.join(arrays)}, this network and optimizer have {', '.join(mine)}")
        for name, array in mine.items():
            if arrays[name].shape != array.shape or arrays[name].dtype != array.dtype:
                raise ValueError(f"{name} has another shape or type than in this network")
        rng = np.random.PCG64()
        try:
            rng.state = scalars["dropout_rng"]
            found = {name: _checked("count" if name == "epoch" else name, scalars[name]) for name in _COUNTERS}
            memories = {part: {name: _checked(name, scalars[part][name]) for name in names} for part, names in _MEMORIES.items()}
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"its counters are not those of a state: {error}") from error
        for name, array in mine.items():
            array[...] = arrays[name]
        for name, value in found.items():
            setattr(self, name, value)
        for part, values in memories.items():
            for name, value in values.items():
                setattr(getattr(self, part), name, value)
        self.dropout_rng = np.random.Generator(rng)


_MEMORIES = {
    "best": ("epoch", "step", "error", "loss"),
    "plateau": ("best", "waiting", "reductions"),
    "waiting": ("best", "loss", "epoch"),
}
_COUNTERS = ("epoch", "step", "position", "loss_sum", "error_sum", "seen", "stop_reason")
_WHOLE = {"count", "step", "position", "seen", "waiting", "reductions"}
_LOWEST = {"best", "error", "loss"}  # infinite until something has been found


def _told(value: Any) -> Any:
    """Return a value as JSON has it: infinity, which it has no word for, as null."""
    return None if value == math.inf else value


def _checked(name: str, value: Any) -> Any:
    """Return a value as it was stored, or raise TypeError: a state may come from others."""
    if value is None and name in _LOWEST:
        return math.inf
    kinds = str | None if name == "stop_reason" else int if name in _WHOLE else int | float
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise TypeError(f"{name} is {value!r:.40}")
    return value
