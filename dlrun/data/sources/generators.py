"""Generated data: two-dimensional pictures of a problem, of any size, with classes as equal as the count allows.

Row i has class i mod C. All randomness comes from the generator stream of the experiment's seed; ε ~ N(0, noise²) is
added to every coordinate.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from dlrun.arrays import Array, IntArray
from dlrun.data.raw import RawArray, RawData, RawExamples, feature_names, row_numbers
from dlrun.errors import InvalidInput, Problem
from dlrun.memory import require
from dlrun.seeding import Stream, rng_for

Examples = Annotated[int, Ge(2), Le(10_000_000)]
Noise = Annotated[float, Ge(0), Le(1e6)]
PLANE_BYTES = 80  # held for one example while its two coordinates are drawn
Scale = Annotated[float, Ge(1e-30), Le(1e30)]


@dataclass(frozen=True, kw_only=True)
class ColumnScales:
    """Each column times a factor of its own, the same for all rows: a planted fault that normalization takes away.

    10^U,  U ~ U(log₁₀ smallest, log₁₀ largest)
    """

    log: Annotated[tuple[Scale, ...], MinLen(2), MaxLen(2)]
    """The smallest and the largest factor, drawn evenly on a logarithmic scale: `[0.1, 100]`."""

    def applied(self, x: Array, seed: int) -> Array:
        """Return x (m, n) with its columns on other scales; InvalidInput if the first factor is not the smaller one."""
        smallest, largest = self.log
        if smallest > largest:
            what = f"the smallest factor comes first, here are {smallest:g} and {largest:g}"
            raise InvalidInput(Problem(what=what, where="data.source.column_scales.log", cure=f"[{largest:g}, {smallest:g}]"))
        exponents = rng_for(seed, Stream.COLUMN_SCALES).uniform(np.log10(smallest), np.log10(largest), x.shape[1])
        return np.asarray(x * 10**exponents)


@dataclass(frozen=True, kw_only=True)
class Moons:
    """Two half circles that reach into each other.

    t ~ U(0, π):  class 0 at (cos t, sin t) + ε,  class 1 at (1 − cos t, ½ − sin t) + ε
    """

    kind: Literal["moons"] = "moons"
    examples: Examples = 1000
    """How many to draw."""
    noise: Noise = 0.2
    """Standard deviation of what is added to every coordinate."""
    column_scales: ColumnScales | None = None
    """Columns on unlike scales on purpose, a planted fault: `{log: [0.1, 100]}`."""

    def load(self, seed: int) -> RawData:
        """Draw the examples."""
        rng = rng_for(seed, Stream.GENERATOR)
        y = _classes(self.kind, self.examples, 2)
        t = rng.uniform(0, np.pi, self.examples)
        first = np.stack([np.cos(t), np.sin(t)], axis=1)
        x = np.where(y[:, None] == 0, first, [1, 0.5] - first)
        return generated(self.kind, _scaled(_noisy(x, self.noise, rng), self.column_scales, seed), y)


@dataclass(frozen=True, kw_only=True)
class Circles:
    """A circle inside another.

    t ~ U(0, 2π):  r (cos t, sin t) + ε,  r = 1 for class 0, r = factor for class 1
    """

    kind: Literal["circles"] = "circles"
    examples: Examples = 1000
    """How many to draw."""
    noise: Noise = 0.1
    """Standard deviation of what is added to every coordinate."""
    factor: Annotated[float, Gt(0), Lt(1)] = 0.5
    """Radius of the inner circle; the outer one has 1."""
    column_scales: ColumnScales | None = None
    """Columns on unlike scales on purpose, a planted fault: `{log: [0.1, 100]}`."""

    def load(self, seed: int) -> RawData:
        """Draw the examples."""
        rng = rng_for(seed, Stream.GENERATOR)
        y = _classes(self.kind, self.examples, 2)
        radius = np.where(y == 0, 1.0, self.factor)
        x = _on_circle(radius, rng.uniform(0, 2 * np.pi, self.examples))
        return generated(self.kind, _scaled(_noisy(x, self.noise, rng), self.column_scales, seed), y)


@dataclass(frozen=True, kw_only=True)
class Spirals:
    """Arms that wind around the origin, one class an arm.

    t ~ U(0, 1):  t (cos φ, sin φ) + ε  with φ = 2π (turns · t + class / arms)
    """

    kind: Literal["spirals"] = "spirals"
    examples: Examples = 1000
    """How many to draw."""
    noise: Noise = 0.03
    """Standard deviation of what is added to every coordinate."""
    arms: Annotated[int, Ge(2), Le(1000)] = 2
    """How many arms, one class each."""
    turns: Annotated[float, Gt(0), Le(100)] = 1.5
    """How often an arm winds around the origin."""
    column_scales: ColumnScales | None = None
    """Columns on unlike scales on purpose, a planted fault: `{log: [0.1, 100]}`."""

    def load(self, seed: int) -> RawData:
        """Draw the examples."""
        rng = rng_for(seed, Stream.GENERATOR)
        y = _classes(self.kind, self.examples, self.arms)
        t = rng.uniform(0, 1, self.examples)
        x = _on_circle(t, 2 * np.pi * (self.turns * t + y / self.arms))
        return generated(self.kind, _scaled(_noisy(x, self.noise, rng), self.column_scales, seed), y)


@dataclass(frozen=True, kw_only=True)
class Blobs:
    """Round clouds whose centers stand at equal distances on a circle of radius 4.

    4 (cos φ, sin φ, 0, …, 0) + ε  with φ = 2π class / centers,  ε ~ N(0, spread²) in each of `features` columns

    Columns beyond the second hold noise only. The centers do not depend on the seed: another seed is another sample
    of the same problem.
    """

    kind: Literal["blobs"] = "blobs"
    examples: Examples = 1000
    """How many to draw."""
    centers: Annotated[int, Ge(2), Le(1000)] = 4
    """How many clouds, one class each."""
    features: Annotated[int, Ge(2), Le(10_000)] = 2
    """Columns; those beyond the second hold noise only."""
    spread: Annotated[float, Gt(0), Le(1e6)] = 1.0
    """Standard deviation around a center."""
    column_scales: ColumnScales | None = None
    """Columns on unlike scales on purpose, a planted fault: `{log: [0.1, 100]}`."""

    def load(self, seed: int) -> RawData:
        """Draw the examples."""
        what = f"{self.examples:,} examples of {self.features:,} features"
        require(12 * self.examples * self.features, what, "data.source.examples", "draw fewer, or of fewer features")
        rng = rng_for(seed, Stream.GENERATOR)
        y = _classes(self.kind, self.examples, self.centers)
        x = rng.normal(0, self.spread, (self.examples, self.features))
        x[:, :2] += _on_circle(np.full(len(y), 4.0), 2 * np.pi * y / self.centers)
        return generated(self.kind, _scaled(x, self.column_scales, seed), y)


def _classes(name: str, examples: int, classes: int) -> IntArray:
    """Return the class of each row; there must be a row for each class, and room for all of them."""
    require(PLANE_BYTES * examples, f"{examples:,} examples", "data.source.examples", "draw fewer")
    if examples < classes:
        what = f"{name}: {examples} examples cannot show {classes} classes"
        raise InvalidInput(Problem(what=what, where="data.source.examples", cure=f"draw {classes} or more"))
    return row_numbers(examples) % classes


def _on_circle(radius: Array, angle: Array) -> Array:
    """Return the points (m, 2) at these radii and angles."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _noisy(x: Array, noise: float, rng: np.random.Generator) -> Array:
    """Return x with noise added; -0.0 is a deviation of 0."""
    return x + rng.normal(0, abs(noise), x.shape)


def _scaled(x: Array, scales: ColumnScales | None, seed: int) -> Array:
    return scales.applied(x, seed) if scales else x


def generated(name: str, x: Array, y: RawArray, *, features: tuple[str, ...] = (), label: str = "class") -> RawData:
    """Wrap arrays that were drawn; their hash is that of x's bytes, then y's. Features without a name are x1, x2, …."""
    digest = hashlib.sha256(np.ascontiguousarray(x).data)
    digest.update(y.data)
    return RawData(
        name=name,
        parts={"all": RawExamples(x=x, y=y, ids=row_numbers(len(y)), label=label)},
        features=features or feature_names(x.shape[1]),
        images=False,
        sha256=digest.hexdigest(),
    )
