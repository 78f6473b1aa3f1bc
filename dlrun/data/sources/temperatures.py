"""Daily temperatures: the seasons of a mild city, and a weather that is new every day."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from dlrun.arrays import Array
from dlrun.data.raw import RawData
from dlrun.data.sources.generators import Noise, generated
from dlrun.seeding import Stream, rng_for

YEAR = 365  # days
MEAN, SWING = 11.5, 7.0  # °C: about what London has, 4.5 in January and 18.5 in July
COLDEST = 20  # the day of the year


@dataclass(frozen=True, kw_only=True)
class Temperatures:
    """Daily mean temperatures in °C from the first of January on; every year has the same seasons.

    temperature(day) = 11.5 − 7 cos(2π (day − 20)/365) + ε,  ε ~ N(0, noise²), day = 1, 2, …

    Independent ε are not real weather, which remembers yesterday; they are what the formula for the noise that an average
    leaves, √((1 − β)/(1 + β)), is about. A regression: x is the day, y the temperature.
    """

    kind: Literal["temperatures"] = "temperatures"
    days: Annotated[int, Ge(2), Le(10_000_000)] = YEAR
    """How many to draw, from the first of January on."""
    noise: Noise = 2.0
    """Standard deviation of a day's weather, in °C."""

    def load(self, seed: int) -> RawData:
        """Draw the weather."""
        day = np.arange(1.0, self.days + 1)
        weather = rng_for(seed, Stream.GENERATOR).normal(0, abs(self.noise), self.days)
        return generated(self.kind, day[:, None], seasonal(day) + weather, features=("day",), label="temperature")


def seasonal(day: Array) -> Array:
    """Return the temperature in °C that a day has without its weather."""
    return MEAN - SWING * np.cos(2 * np.pi * (day - COLDEST) / YEAR)
