"""Early stopping: what is watched, how much better is better, and for how long it may be no better."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le

Watched = Literal[
    "dev", "dev_error", "dev_loss", "train_dev_error", "train_dev_loss", "train_error", "train_loss", "cost"
]  # fmt: skip
Values = Mapping[str, float | None]  # an evaluation: a row of metrics.csv, by column


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """Stop when what is watched has not become better for this many epochs.

    Weights start small and grow, so stopping early keeps them middle-sized, as l2 would, in one run. The price: one knob now
    acts on fit and on variance. Whatever is watched, the weights that are kept as best are those of the lowest dev error.
    """

    patience: Annotated[int, Ge(1), Le(1_000_000_000)]
    """For how many epochs it may be no better."""
    watch: Watched = "dev"
    """A column of metrics.csv, the lower the better; `dev` is dev_error and, of two equal ones, the lower dev_loss."""
    min_improvement: Annotated[float, Ge(0)] = 0.0
    """How much lower than the lowest so far a value must be to count as better: points as `0.1%`, or in the target's units."""

    @property
    def part(self) -> str | None:
        """The part that is evaluated for this alone; None for what training measures anyway."""
        return next((part for part in ("train_dev", "dev") if self.watch.startswith(part)), None)

    @property
    def column(self) -> str:
        """The column of metrics.csv that decides."""
        return "dev_error" if self.watch == "dev" else self.watch


@dataclass
class Waiting:
    """What early stopping remembers: the lowest value so far, the loss beside it, and the epoch at which it was found."""

    best: float = math.inf
    loss: float = math.inf
    epoch: float = 0.0

    def observe(self, values: Values, epoch: float, told: EarlyStopping) -> str | None:
        """Take in an evaluation, and return why to stop if patience is at its end; what is not a number is no better."""
        value, loss = values[told.column], values["dev_loss"] if told.watch == "dev" else None
        value, loss = math.inf if value is None else value, math.inf if loss is None else loss
        tie = told.min_improvement == 0 and value == self.best and loss < self.loss
        if value < self.best - told.min_improvement or tie:
            self.best, self.loss, self.epoch = value, loss, epoch
        elif epoch - self.epoch >= told.patience:
            return f"early stopping: {told.watch} no better for {told.patience} epochs"
        return None
