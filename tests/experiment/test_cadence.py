"""When it is time to save: by the clock, by steps, by epochs, and never for more than one percent of the time."""

import pytest

from dlrun.experiment.cadence import Cadence
from dlrun.spec import Every


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("told", "due"), [("4 steps", [4, 8, 12]), ("1 epoch", [5, 10]), ("2 epochs", [10]), ("6 steps", [6, 12])]
)
def test_by_steps_and_epochs(told: str, due: list[int]) -> None:
    cadence = Cadence(Every.parse(told), 5)
    assert [step for step in range(1, 13) if cadence.due(step)] == due


@pytest.mark.parametrize(("told", "seconds"), [("auto", 10), ("10 seconds", 10), ("2 minutes", 120)])
def test_by_the_clock(told: str, seconds: int) -> None:
    clock = Clock()
    cadence = Cadence("auto" if told == "auto" else Every.parse(told), 5, clock)
    assert not cadence.due(1)
    clock.now += seconds - 0.5
    assert not cadence.due(2)
    clock.now += 0.5
    assert cadence.due(3)
    cadence.saved(clock.now)
    assert not cadence.due(4)


@pytest.mark.parametrize(("told", "pause"), [("auto", 300.0), ("10 seconds", 10.0)])
def test_where_saving_takes_long_auto_does_it_less_often_and_what_is_asked_for_is_done(told: str, pause: float) -> None:
    clock = Clock()
    cadence = Cadence("auto" if told == "auto" else Every.parse(told), 5, clock)
    began, clock.now = clock.now, clock.now + 3  # a save of three seconds
    cadence.saved(began)
    clock.now += pause - 0.1
    assert not cadence.due(1)
    clock.now += 0.1
    assert cadence.due(2)
