from collections.abc import Callable
from math import erfc, pi, sqrt
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from dlrun import memory
from dlrun.data.sources.generators import Blobs, Circles, ColumnScales, Moons, Spirals
from dlrun.errors import InvalidInput
from tests.laws import peak_bytes

ALL = [Moons, Circles, Spirals, Blobs]


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("m", [11, 400])
def test_classes_are_balanced(cls: Callable[..., Any], m: int) -> None:
    counts = np.bincount(cls(examples=m).load(1).parts["all"].y)
    assert counts.sum() == m
    assert counts.max() - counts.min() <= 1


def test_moons_without_noise_lie_on_two_half_circles() -> None:
    part = Moons(examples=200, noise=0).load(0).parts["all"]
    x, low = part.x, part.y == 1
    np.testing.assert_allclose(np.hypot(*x[~low].T), 1)
    np.testing.assert_allclose(np.hypot(x[low, 0] - 1, x[low, 1] - 0.5), 1)
    assert (x[~low, 1] >= 0).all()
    assert (x[low, 1] <= 0.5).all()


def test_circles_without_noise_have_their_radii() -> None:
    part = Circles(examples=100, noise=0, factor=0.3).load(0).parts["all"]
    np.testing.assert_allclose(np.hypot(*part.x.T), np.where(part.y == 0, 1, 0.3))


def test_spirals_without_noise_follow_their_formula() -> None:
    part = Spirals(examples=90, noise=0, arms=3, turns=2).load(0).parts["all"]
    t = np.hypot(*part.x.T)
    angle = np.arctan2(part.x[:, 1], part.x[:, 0])
    difference = (angle / (2 * pi) - 2 * t - part.y / 3) % 1
    np.testing.assert_allclose(np.minimum(difference, 1 - difference), 0, atol=1e-9)


def test_blobs_have_the_error_their_geometry_says() -> None:
    # Two clouds 8 apart: the best classifier errs with probability Φ(−4/spread), whatever the other columns hold.
    part = Blobs(examples=20_000, centers=2, features=4, spread=4.0).load(5).parts["all"]
    error = np.mean((part.x[:, 0] < 0) != (part.y == 1))
    assert error == pytest.approx(0.5 * erfc(1 / sqrt(2)), abs=0.008)
    assert np.abs(part.x[:, 2:].mean()) < 0.1
    assert part.x[:, 2:].std() == pytest.approx(4.0, rel=0.02)


@pytest.mark.parametrize("source", [Circles(), Spirals()])
def test_needs_a_curved_boundary(source: Any) -> None:
    part = source.load(0).parts["all"]
    assert LogisticRegression().fit(part.x, part.y).score(part.x, part.y) < 0.75
    half = len(part) // 2
    assert KNeighborsClassifier().fit(part.x[:half], part.y[:half]).score(part.x[half:], part.y[half:]) > 0.95


def test_noise_has_the_deviation_asked_for() -> None:
    part = Circles(examples=20_000, noise=0.05).load(0).parts["all"]
    assert np.std(np.hypot(*part.x[part.y == 0].T)) == pytest.approx(0.05, rel=0.03)


def test_fewer_examples_than_classes_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="spirals: 3 examples cannot show 5 classes") as caught:
        Spirals(examples=3, arms=5).load(0)
    (problem,) = caught.value.problems
    assert problem.where == "data.source.examples"  # a key: whoever read the spec can say its line


@pytest.mark.parametrize("cls", [Moons, Circles, Spirals])
def test_minus_zero_is_no_noise(cls: Callable[..., Any]) -> None:
    assert cls(noise=-0.0).load(0).sha256 == cls(noise=0.0).load(0).sha256


@pytest.mark.parametrize("source", [cls(examples=20_000) for cls in ALL] + [Blobs(examples=2_000, features=300)], ids=str)
def test_what_is_drawn_needs_about_the_memory_it_asks_for(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held = peak_bytes(lambda: source.load(0))
    monkeypatch.setattr(memory, "total_bytes", lambda: held // 4)
    with pytest.raises(InvalidInput, match="does not fit into memory") as raised:
        source.load(0)
    assert raised.value.problems[0].where == "data.source.examples"
    monkeypatch.setattr(memory, "total_bytes", lambda: 2 * held)
    source.load(0)


@pytest.mark.parametrize("cls", ALL)
def test_scaled_columns_are_the_plain_ones_times_a_factor_within_the_limits(cls: Callable[..., Any]) -> None:
    plain = cls().load(3)
    scaled = cls(column_scales=ColumnScales(log=(0.1, 100))).load(3)
    factors = scaled.parts["all"].x / plain.parts["all"].x
    np.testing.assert_allclose(factors, np.broadcast_to(factors[0], factors.shape))
    assert ((factors >= 0.1) & (factors <= 100)).all()
    assert factors[0, 0] != pytest.approx(factors[0, 1])
    np.testing.assert_array_equal(scaled.parts["all"].y, plain.parts["all"].y)


def test_factors_are_even_on_a_logarithmic_scale() -> None:
    factors = ColumnScales(log=(0.1, 100)).applied(np.ones((1, 20_000)), seed=1)[0]
    assert np.mean(factors < 1) == pytest.approx(1 / 3, abs=0.015)
    assert np.mean(factors < 10) == pytest.approx(2 / 3, abs=0.015)


def test_limits_the_wrong_way_round_are_an_error() -> None:
    with pytest.raises(InvalidInput, match=r"column_scales\.log: the smallest factor comes first") as caught:
        Blobs(column_scales=ColumnScales(log=(100, 0.1))).load(0)
    assert caught.value.problems[0].cure == "[0.1, 100]"
