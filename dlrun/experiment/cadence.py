"""When what changes is saved: by the clock, or by steps and epochs."""

from typing import Literal

from dlrun.spec import Every

AUTO_SECONDS = 10.0
LEAST_BETWEEN = 100  # times as long as a save takes: saving costs one percent of the time at most


class Cadence:
    """Says after which steps it is time to save; `auto` is every 10 seconds, or less often where a save takes over 0.1 s."""

    def __init__(self, told: Every | Literal["auto"], steps_per_epoch: int, now: float) -> None:
        """Begin to count at a time of the clock; every time is one of the same clock, in seconds."""
        self._auto = told == "auto"
        self._steps = 0
        self._seconds = AUTO_SECONDS
        if isinstance(told, Every) and told.seconds is None:
            self._steps = told.steps(steps_per_epoch)
        elif isinstance(told, Every):
            self._seconds = float(told.seconds or 0)
        self._next = now + self._seconds

    def due(self, step: int, now: float) -> bool:
        """Say whether the state after this step, counted from 1, is to be saved."""
        return step % self._steps == 0 if self._steps else now >= self._next

    def saved(self, began: float, now: float) -> None:
        """Take note that a save, begun at this time, has ended now."""
        self._next = now + (max(self._seconds, LEAST_BETWEEN * (now - began)) if self._auto else self._seconds)
