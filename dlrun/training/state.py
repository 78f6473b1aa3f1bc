"""State: everything that changes while a network is trained, and nothing else.

What is in State is what a checkpoint holds; a run continues from it as if it had never stopped.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlrun.arrays import Array, aligned_zeros
from dlrun.nn.metrics import Score, is_finite
from dlrun.nn.optimizers import Optimizer, Slots
from dlrun.nn.params import Params
from dlrun.nn.schedules import Plateau
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
    """Parameters, the optimizer's slots, how far training has come, the epoch's sums, generator, best so far, plateau."""

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

    def scalars(self) -> dict[str, Any]:
        """Return everything else that changes, as plain JSON values."""
        counters = {name: getattr(self, name) for name in _COUNTERS}
        best = {name: getattr(self.best, name) for name in _BEST} if self.best.found else None
        return counters | {
            "best": best,
            "dropout_rng": self.dropout_rng.bit_generator.state,
            "plateau": {name: getattr(self.plateau, name) for name in _PLATEAU},
        }

    def restore(self, arrays: dict[str, Array], scalars: dict[str, Any]) -> None:
        """Take over what `arrays` and `scalars` returned; memory that views point into is filled, not replaced."""
        for name, array in self.arrays().items():
            array[...] = arrays[name]
        for name in _COUNTERS:
            setattr(self, name, scalars[name])
        for name, value in (scalars["best"] or {}).items():
            setattr(self.best, name, value)
        for name, value in scalars["plateau"].items():
            setattr(self.plateau, name, value)
        self.dropout_rng.bit_generator.state = scalars["dropout_rng"]


_COUNTERS = ("epoch", "step", "position", "loss_sum", "error_sum", "seen", "stop_reason")
_BEST = ("epoch", "step", "error", "loss")
_PLATEAU = ("best", "waiting", "reductions")
