"""What is particular to the losses of regression; the laws of every loss are in tests/nn/test_losses.py."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from dlrun.arrays import Array
from dlrun.nn.losses import Absolute, Huber, SquaredError
from tests.laws import error_of, mean_and_dz
from tests.strategies import quick, vectors

REGRESSIONS: list[Any] = [SquaredError(), Absolute(), Huber(), Huber(delta=0.1)]


@pytest.mark.parametrize("loss", REGRESSIONS, ids=repr)
@quick
@given(z=vectors(9), y=vectors(9))
def test_the_error_of_regression_is_the_root_mean_square_whatever_the_loss(loss: Any, z: Array, y: Array) -> None:
    expected = math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(z, y, strict=True)) / 9)
    assert error_of(loss, z[:, None], y) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_values_by_hand() -> None:
    z, y = np.array([[3.0], [-2.0], [0.5], [1.0]]), np.array([0.0, 0.0, 0.0, 1.0])  # r = 3, −2, ½, 0
    assert Absolute().each(z, y).tolist() == [3, 2, 0.5, 0]
    assert Huber().each(z, y).tolist() == [2.5, 1.5, 0.125, 0]
    assert Huber(delta=2.0).each(z, y).tolist() == [4, 2, 0.125, 0]
    assert (4 * mean_and_dz(Absolute(), z, y)[1][:, 0]).tolist() == [1, -1, 1, 0]
    assert (4 * mean_and_dz(Huber(), z, y)[1][:, 0]).tolist() == [1, -1, 0.5, 0]


def test_a_wide_huber_is_half_the_squared_error_and_a_narrow_one_delta_times_the_absolute() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((50, 1)), rng.standard_normal(50)
    squared, absolute = mean_and_dz(SquaredError(), z, y), mean_and_dz(Absolute(), z, y)
    wide, narrow = mean_and_dz(Huber(delta=100.0), z, y), mean_and_dz(Huber(delta=1e-9), z, y)
    assert 2 * wide[0] == pytest.approx(squared[0], rel=1e-12)
    np.testing.assert_allclose(2 * wide[1], squared[1], rtol=1e-12)
    assert narrow[0] / 1e-9 == pytest.approx(absolute[0], rel=1e-6)
    np.testing.assert_allclose(narrow[1] / 1e-9, absolute[1], rtol=1e-12)


def test_where_the_losses_are_smallest() -> None:
    """Of one number for many: the mean, the median, and Huber in between."""
    y = np.array([0.0, 1.0, 2.0, 3.0, 100.0])
    grid = np.linspace(0, 40, 4001)
    lowest = {
        loss.kind: grid[int(np.argmin([loss.each(np.full((5, 1), z), y).mean() for z in grid]))]
        for loss in (SquaredError(), Absolute(), Huber(delta=3.0))
    }
    assert lowest["squared_error"] == pytest.approx(21.2)
    assert lowest["absolute"] == pytest.approx(2.0)
    assert 2.0 < lowest["huber"] < 4.0


@pytest.mark.parametrize("loss", REGRESSIONS, ids=repr)
def test_kink_sides_change_where_the_slope_jumps_and_only_there(loss: Any) -> None:
    """The slope itself, or its own slope: across either a centred difference is off by more than O(ε²)."""
    step = 1e-5
    for r in (-1.0, -0.1, 0.0, 0.05, 0.1, 1.0):
        places = np.array([[r - 2 * step], [r - step], [r + step], [r + 2 * step]])
        slope = 4 * mean_and_dz(loss, places, np.zeros(4))[1][:, 0]
        left, right = (slope[1] - slope[0]) / step, (slope[3] - slope[2]) / step
        jumps = abs(slope[2] - slope[1]) > 1e-3 or abs(right - left) > 1e-2
        sides = loss.kink_sides(places, np.zeros(4))
        assert jumps == (sides is not None and bool((sides[1] != sides[2]).any())), r


@pytest.mark.parametrize("loss", REGRESSIONS, ids=repr)
def test_there_are_no_classes_to_weigh(loss: Any) -> None:
    assert loss.with_weights_for(np.array([0.5, 2.0]), 0) is loss
    assert loss.weights_problem(0) is None
