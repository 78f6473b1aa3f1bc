import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.nn.schedules import Constant, Exponential, InverseTime, LearningRate, Progress, Schedule
from tests.laws import kind, members
from tests.strategies import quick

every_schedule = pytest.mark.parametrize("schedule", members(Schedule), ids=kind)
steps = st.integers(0, 10**9)


def after(epochs: float, step: int = 0) -> Progress:
    return Progress(epochs=epochs, step=step)


def test_inverse_time_is_the_courses_table() -> None:
    rate = LearningRate(initial=0.2, decay=InverseTime(rate=1.0))
    assert [round(rate.at(after(epochs)), 3) for epochs in (1, 2, 3, 4)] == [0.1, 0.067, 0.05, 0.04]
    assert rate.at(after(0)) == 0.2


@quick
@given(epochs=st.integers(0, 500))
def test_exponential_is_a_power_of_its_base(epochs: int) -> None:
    assert Exponential(base=0.95).factor(after(epochs)) == pytest.approx(math.exp(epochs * math.log(0.95)), rel=1e-12)


def test_constant_stays() -> None:
    assert [LearningRate(initial=0.3, decay=Constant()).at(after(epochs, 7)) for epochs in (0, 1.5, 1e6)] == [0.3] * 3


def test_the_default_is_a_constant_one_thousandth() -> None:
    assert LearningRate().at(after(17)) == 1e-3


@every_schedule
@quick
@given(epoch=st.integers(0, 10_000), part=st.floats(0, 1, exclude_max=True), step=steps)
def test_per_epoch_the_rate_is_constant_within_an_epoch(schedule: Any, epoch: int, part: float, step: int) -> None:
    if epoch + part < epoch + 1:  # or the sum was rounded up to the next epoch
        assert schedule().factor(after(epoch + part, step)) == schedule().factor(after(epoch, 0))


@pytest.mark.parametrize("schedule", [InverseTime, Exponential], ids=kind)
@quick
@given(count=st.integers(0, 10_000), epochs=st.floats(0, 1e4))
def test_per_step_counts_steps_as_per_epoch_counts_epochs(schedule: Any, count: int, epochs: float) -> None:
    assert schedule(per="step").factor(after(epochs, count)) == schedule().factor(after(count, 0))


@every_schedule
@quick
@given(epochs=st.floats(0, 1e12), step=steps)
def test_a_factor_is_never_negative_and_always_finite(schedule: Any, epochs: float, step: int) -> None:
    assert 0 <= schedule().factor(after(epochs, step)) < math.inf


@every_schedule
def test_before_the_first_step_the_factor_is_one(schedule: Any) -> None:
    assert schedule().factor(after(0)) == 1


@quick
@given(rate=st.floats(1e-300, 1e300), base=st.floats(1e-300, 1), epochs=st.floats(0, 1e12), step=steps)
def test_extreme_hyperparameters_stay_finite(rate: float, base: float, epochs: float, step: int) -> None:
    for schedule in (InverseTime(rate=rate), Exponential(base=base)):
        assert 0 <= schedule.factor(after(epochs, step)) <= 1
