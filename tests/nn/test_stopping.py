"""Early stopping: what counts as better, and when patience is at its end."""

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.nn.stopping import EarlyStopping, Waiting, Watched

NONE = dict.fromkeys(["dev_error", "dev_loss", "train_dev_error", "train_dev_loss", "train_error", "train_loss", "cost"])


def stops(told: EarlyStopping, *seen: float | None) -> int | None:
    """Return after which epoch these values of the watched column stop training."""
    waiting = Waiting()
    for epoch, value in enumerate(seen, start=1):
        if waiting.observe({**NONE, told.column: value}, epoch, told):
            return epoch
    return None


@pytest.mark.parametrize("watch", get_args(Watched))
def test_any_column_can_be_watched(watch: Watched) -> None:
    told = EarlyStopping(patience=2, watch=watch)
    assert stops(told, 5, 4, 3, 2, 1) is None
    assert stops(told, 5, 4, 4, 4, 4) == 4
    assert stops(told, 5, 6, 4, 6, 4) == 5


def test_an_improvement_may_have_to_be_large_enough() -> None:
    told = EarlyStopping(patience=3, watch="dev_loss", min_improvement=0.1)
    assert stops(told, 1.0, 0.95, 0.92, 0.905, 0.5) == 4  # each a little better than the one before, none by 0.1
    assert stops(told, 1.0, 0.95, 0.89, 0.85, 0.78) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_what_is_not_a_number_is_no_better(value: float | None) -> None:
    assert stops(EarlyStopping(patience=2), value, value, value) == 2
    assert stops(EarlyStopping(patience=2), 0.5, value, value) == 3


def test_of_equal_errors_the_lower_dev_loss_is_better() -> None:
    told, waiting = EarlyStopping(patience=1), Waiting()
    assert waiting.observe({**NONE, "dev_error": 0.1, "dev_loss": 3.0}, 1, told) is None
    assert waiting.observe({**NONE, "dev_error": 0.1, "dev_loss": 2.0}, 2, told) is None
    assert waiting.observe({**NONE, "dev_error": 0.1, "dev_loss": 2.0}, 3, told) == "early stopping: dev no better for 1 epochs"


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(1, 5), st.sampled_from([0.0, 0.05, 0.3]))
def test_it_is_the_definition(seen: list[float], patience: int, least: float) -> None:
    best, found, expected = math.inf, 0, None
    for epoch, value in enumerate(seen, start=1):
        if value < best - least:
            best, found = value, epoch
        elif epoch - found >= patience:
            expected = epoch
            break
    assert stops(EarlyStopping(patience=patience, watch="cost", min_improvement=least), *seen) == expected
