"""Learning-rate schedules: pure functions of progress, α = α₀ · factor(progress)."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from annotated_types import Gt, Le


class Progress(NamedTuple):
    """How far training has come before a step: epochs passed as a float, and steps done."""

    epochs: float
    step: int

    def count(self, per: Literal["epoch", "step"]) -> int:
        """Return the course's epoch_num, completed epochs, constant within an epoch; or the steps done."""
        return math.floor(self.epochs) if per == "epoch" else self.step


@dataclass(frozen=True, kw_only=True)
class Constant:
    """The same rate throughout: factor 1."""

    kind: Literal["constant"] = "constant"

    def factor(self, progress: Progress) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True, kw_only=True)
class InverseTime:
    """factor = 1 / (1 + rate · e), e completed epochs (or steps): rate 1 gives 1, 1/2, 1/3, 1/4, …."""

    kind: Literal["inverse_time"] = "inverse_time"
    rate: Annotated[float, Gt(0)] = 1.0
    per: Literal["epoch", "step"] = "epoch"

    def factor(self, progress: Progress) -> float:
        """Return 1 / (1 + rate · e)."""
        return 1 / (1 + self.rate * progress.count(self.per))


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """factor = base^e, e completed epochs (or steps): base 0.95 gives 1, 0.95, 0.9025, …."""

    kind: Literal["exponential"] = "exponential"
    base: Annotated[float, Gt(0), Le(1)] = 0.95
    per: Literal["epoch", "step"] = "epoch"

    def factor(self, progress: Progress) -> float:
        """Return base^e."""
        return self.base ** progress.count(self.per)


Schedule = Constant | InverseTime | Exponential  # the registry: a new schedule is one class above and its name here


@dataclass(frozen=True, kw_only=True)
class LearningRate:
    """The step size α: an initial value and how it decays."""

    initial: Annotated[float, Gt(0)] = 1e-3
    decay: Schedule = Constant()

    def at(self, progress: Progress) -> float:
        """Return the rate of the step that comes next."""
        return self.initial * self.decay.factor(progress)
