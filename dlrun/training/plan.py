"""What training is told and never changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.nn.constraints import Clip, MaxNorm
from dlrun.nn.losses import Loss
from dlrun.nn.optimizers import Optimizer
from dlrun.nn.penalties import Penalty
from dlrun.nn.schedules import LearningRate
from dlrun.nn.stopping import EarlyStopping


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A training run in numbers: batch_size is a count (full batch: all examples), evaluate_every counts steps.

    smallest_batch is 2 under batch norm, which needs a deviation: a single last example joins the batch before it.
    error_unit turns an error into the target's units: for regression the standard deviation the targets were divided by.
    """

    seed: int
    epochs: int
    batch_size: int
    loss: Loss
    penalties: Sequence[Penalty]
    optimizer: Optimizer
    learning_rate: LearningRate
    evaluate_every: int
    clip: Clip | None = None
    max_norm: MaxNorm | None = None
    smallest_batch: int = 1
    early_stopping: EarlyStopping | None = None
    error_unit: float = 1.0
