import math

import numpy as np
import pytest

from dlrun.data.labels import encode_labels
from dlrun.data.sources.temperatures import Temperatures, seasonal


def test_a_year_is_what_its_formula_says() -> None:
    raw = Temperatures(noise=0).load(3)
    (part,) = raw.parts.values()
    assert raw.features == ("day",)
    assert part.label == "temperature"
    np.testing.assert_array_equal(part.x[:, 0], np.arange(1, 366))
    by_hand = [11.5 - 7 * math.cos(2 * math.pi * (day - 20) / 365) for day in range(1, 366)]
    np.testing.assert_allclose(part.y, by_hand, rtol=1e-14)


def test_winter_is_cold_and_every_year_the_same() -> None:
    day = np.arange(1.0, 3 * 365 + 1)
    truth = seasonal(day)
    assert np.argmin(truth[:365]) + 1 == 20
    assert (round(truth[:31].mean()), round(truth[181:212].mean())) == (5, 18)
    np.testing.assert_allclose(truth[:365], truth[365:730], atol=1e-12)


def test_the_weather_is_new_every_day_and_as_strong_as_asked() -> None:
    (part,) = Temperatures(days=20_000, noise=3.0).load(1).parts.values()
    weather = part.y - seasonal(part.x[:, 0])
    assert weather.std() == pytest.approx(3.0, rel=0.02)
    assert abs(np.corrcoef(weather[1:], weather[:-1])[0, 1]) < 0.03
    assert Temperatures(noise=-0.0).load(1).sha256 == Temperatures(noise=0.0).load(1).sha256


def test_it_is_a_regression() -> None:
    labels, classes = encode_labels(Temperatures(days=10).load(0), regression=True)
    assert classes is None
    assert labels["all"].dtype == np.float64
