"""The table of schedules, and the rate of every step here; `theirs.rates` has PyTorch's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlrun.arrays import Array
from dlrun.nn.schedules import LearningRate, Plateau, Progress, RateFrom, ReduceOnPlateau, Schedule
from tests.oracle.ours import member

STEPS, STEPS_PER_EPOCH = 60, 5
EPOCHS = STEPS // STEPS_PER_EPOCH
LOSSES = (1.0, 0.8, 0.79, 0.78, 0.6, 0.61, 0.6, 0.59, 0.58, 0.3, 0.31, 0.3)  # after each epoch, with two plateaus and a short one


@dataclass(frozen=True, kw_only=True)
class Told:
    """A schedule in the words of a spec; warmup counts epochs."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    initial: float = 0.2
    warmup: float = 0.0

    @property
    def by_step(self) -> bool:
        """Whether PyTorch's scheduler is stepped after every step, not only after an epoch."""
        return self.settings.get("per") == "step" or self.kind in {"one_cycle", "constant"}


def _schedules() -> Iterator[tuple[str, Told]]:
    """Yield every schedule that knows `per` both ways, then the others, then warm-up."""
    both: dict[str, dict[str, float]] = {
        "inverse_time": {"rate": 0.7},
        "exponential": {"base": 0.93},
        "sqrt": {"k": 0.8},
        "staircase": {"factor": 0.4, "every": 3},
        "linear": {"final": 0.1},
        "cosine": {"final": 0.05},
    }
    for kind, settings in both.items():
        for per in ("epoch", "step"):
            yield f"{kind} per {per}", Told(kind=kind, settings=settings | {"per": per})
    yield "linear to 0", Told(kind="linear", settings={"final": 0.0, "per": "step"})
    yield "cosine to 0", Told(kind="cosine", settings={"final": 0.0, "per": "step"})
    yield "manual", Told(kind="manual", settings={"rates": (RateFrom(epoch=4, rate=0.06), RateFrom(epoch=9, rate=0.018))})
    yield "one_cycle", Told(kind="one_cycle", settings={"peak": 8.0, "final": 1e-3, "warm": 0.27})
    yield "reduce_on_plateau", Told(kind="reduce_on_plateau", settings={"factor": 0.5, "patience": 1, "threshold": 0.05})
    yield "warm-up", Told(kind="constant", warmup=2.4)
    yield "warm-up, exponential", Told(kind="exponential", settings={"base": 0.97, "per": "step"}, warmup=2.4)


SCHEDULES = dict(_schedules())


def ours(told: Told) -> Array:
    """Return the rate of every step, (STEPS,)."""
    decay = member(Schedule, told.kind)(**told.settings)
    learning_rate, plateau, rates = LearningRate(initial=told.initial, decay=decay, warmup=told.warmup), Plateau(), []
    for step in range(STEPS):
        if step and step % STEPS_PER_EPOCH == 0 and isinstance(decay, ReduceOnPlateau):
            plateau.observe(LOSSES[step // STEPS_PER_EPOCH - 1], decay)
        rates.append(learning_rate.at(Progress(step / STEPS_PER_EPOCH, step, EPOCHS, STEPS, plateau.reductions)))
    return np.array(rates)
