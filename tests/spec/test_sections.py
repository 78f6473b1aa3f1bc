from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.spec.sections import Architecture, Diagnosis, Every, HiddenLayer, KeepProbs, Regularization, Training, Unit


@given(st.integers(1, 10**9 - 1), st.sampled_from(get_args(Unit)))
def test_periods_read_back(count: int, unit: str) -> None:
    every = Every.parse(f"{count} {unit}s")
    assert (every.count, every.unit) == (count, unit)
    assert Every.parse(str(every)) == every
    assert Every.parse(every) == every


def test_periods_in_words() -> None:
    assert str(Every(1, "epoch")) == "1 epoch"
    assert str(Every(500, "step")) == "500 steps"


@pytest.mark.parametrize("value", ["0 steps", "epoch", "1.5 epochs", "-1 steps", "5 minutes", "1 epoch ", "", 5, None, "9" * 19])
def test_what_is_no_period(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (pydantic needs just this)
        Every.parse(value, ("step", "epoch"))


@pytest.mark.parametrize(("text", "seconds"), [("10 seconds", 10), ("1 minute", 60), ("2 hours", 7200), ("3 epochs", None)])
def test_periods_of_time_in_seconds(text: str, seconds: int | None) -> None:
    assert Every.parse(text).seconds == seconds


def test_defaults_are_the_designs() -> None:
    assert Architecture().hidden == (HiddenLayer(units=64),)
    assert HiddenLayer(units=64) == HiddenLayer(units=64, activation=None, batch_norm=None, init=None, keep_prob=None)
    assert (Architecture().activation.kind, Architecture().init.kind, Architecture().batch_norm) == ("relu", "auto", False)
    assert Regularization() == Regularization(l2=0, l1=0, include_bias=False, max_norm=None, keep_prob=1)
    assert KeepProbs() == KeepProbs(input=1, hidden=1)
    training = Training()
    assert (training.epochs, training.batch_size, training.clip, training.early_stopping) == (30, 64, None, None)
    assert (training.dtype, training.threads, training.kernels, training.record_steps) == ("float32", "auto", "auto", "auto")
    assert Diagnosis() == Diagnosis(target_error=None, tolerance=0.02)
