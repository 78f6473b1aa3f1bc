"""When it is time to save: by the clock, by steps, by epochs, and never for more than one percent of the time."""

import pytest

from dlrun.experiment.cadence import Cadence
from dlrun.spec import Every


@pytest.mark.parametrize(
    ("told", "due"), [("4 steps", [4, 8, 12]), ("1 epoch", [5, 10]), ("2 epochs", [10]), ("6 steps", [6, 12])]
)
def test_by_steps_and_epochs(told: str, due: list[int]) -> None:
    cadence = Cadence(Every.parse(told), 5, 0.0)
    assert [step for step in range(1, 13) if cadence.due(step, 1e9)] == due


@pytest.mark.parametrize(("told", "seconds"), [("auto", 10), ("10 seconds", 10), ("2 minutes", 120)])
def test_by_the_clock(told: str, seconds: int) -> None:
    cadence = Cadence("auto" if told == "auto" else Every.parse(told), 5, 100.0)
    times = [100.0, 99.5 + seconds, 100.0 + seconds]
    assert [cadence.due(step, now) for step, now in enumerate(times, 1)] == [False, False, True]
    cadence.saved(100.0 + seconds, 100.0 + seconds)
    assert not cadence.due(4, 100.5 + seconds)


@pytest.mark.parametrize(("told", "pause"), [("auto", 300.0), ("10 seconds", 10.0)])
def test_where_saving_takes_long_auto_does_it_less_often_and_what_is_asked_for_is_done(told: str, pause: float) -> None:
    cadence = Cadence("auto" if told == "auto" else Every.parse(told), 5, 0.0)
    cadence.saved(100.0, 103.0)  # a save of three seconds
    assert [cadence.due(1, 103.0 + pause - 0.1), cadence.due(2, 103.0 + pause)] == [False, True]
