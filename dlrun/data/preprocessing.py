"""Normalization: inputs of mean 0 and deviation 1, as measured on the training part and on nothing else.

Everything works on blocks of rows, so that bytes never become a float64 copy of the whole.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, IntArray, aligned_zeros
from dlrun.data.messages import listed
from dlrun.data.raw import RawArray
from dlrun.errors import InvalidInput, Problem

BLOCK = 2**17  # values in a block: 1 MiB of float64, which stays in the cache
SMALLEST_SHARE = 0.01  # of the median column deviation


@dataclass(frozen=True, kw_only=True)
class Normalization:
    """A fitted normalization z = (x − mean) / divisor; both are float64 of shape (n,), or (1,) for all columns alike.

    `held` names columns that hardly vary, whose divisor was raised.
    """

    mean: Array
    divisor: Array
    held: tuple[str, ...] = ()

    def apply(self, x: RawArray, rows: IntArray, dtype: npt.DTypeLike) -> Array:
        """Return these rows of x (m, n), normalized in float64 and stored as `dtype`, in fresh aligned memory.

        Raises InvalidInput if a value is too large for `dtype`.
        """
        z = aligned_zeros((len(rows), x.shape[1]), dtype)
        largest = np.finfo(z.dtype).max
        start = 0
        for block in _blocks(x, rows):
            with np.errstate(over="ignore"):
                block -= self.mean
                block /= self.divisor
            if not np.abs(block).max() <= largest:
                row, column = np.argwhere(~(np.abs(block) <= largest))[0]
                what = f"row {rows[start + row]}, column {column + 1}: {x[rows[start + row], column]} is too large"
                raise InvalidInput(Problem(what=f"{what} for {z.dtype}", cure="rescale or drop the column"))
            z[start : start + len(block)] = block
            start += len(block)
        return z

    def notes(self) -> Iterator[str]:
        """Yield what the user should know: the columns whose divisor was raised."""
        if self.held:
            yield f"columns that hardly vary, divisor raised: {listed(self.held)} (rescale them if only their unit is small)"

    def to_json(self) -> dict[str, Any]:
        """Return plain lists; they read back to the same bits."""
        return {"mean": self.mean.tolist(), "divisor": self.divisor.tolist(), "held": list(self.held)}

    @classmethod
    def from_json(cls, stored: Any) -> "Normalization":
        """Rebuild what `to_json` wrote; anything else is InvalidInput."""
        try:
            mean, divisor = (np.array(stored[key], dtype=np.float64) for key in ("mean", "divisor"))
            held = tuple(str(name) for name in stored["held"])
        except (KeyError, TypeError, ValueError):
            raise InvalidInput("the stored normalization is not one: mean, divisor and held are expected") from None
        if mean.ndim != 1 or mean.shape != divisor.shape or not (np.isfinite(mean) & (divisor > 0)).all():
            raise InvalidInput("the stored normalization is damaged: finite means and positive divisors are expected")
        return cls(mean=mean, divisor=divisor, held=held)


@dataclass(frozen=True, kw_only=True)
class Standard:
    """Subtract the mean and divide by the standard deviation of the training part.

    μ = (1/m) Σ x,   σ² = (1/m) Σ (x − μ)²,   z = (x − μ) / σ

    `per: column` measures every column by itself, `all` one mean and deviation for all values; `auto` is all for images,
    whose pixels share one unit, and column otherwise. Per column σ is at least 1 % of the median deviation of the columns
    that vary, lest noise in an almost constant column be blown up; where everything is constant the divisor is 1.
    """

    kind: Literal["standard"] = "standard"
    per: Literal["auto", "column", "all"] = "auto"

    def fit(self, x: RawArray, rows: IntArray, *, images: bool, features: Sequence[str]) -> Normalization:
        """Measure these rows of x (m, n)."""
        per_all = self.per == "all" or (self.per == "auto" and images)
        mean, deviation = _moments(x, rows, per_all=per_all)
        if not np.isfinite(deviation).all():
            huge = [] if per_all else [name for name, finite in zip(features, np.isfinite(deviation), strict=True) if not finite]
            where = f" in {listed(huge)}" if huge else ""
            raise InvalidInput(Problem(what=f"values too large to standardize{where}", cure="rescale or drop the column"))
        varying = deviation[deviation > 0]
        smallest = SMALLEST_SHARE * float(np.median(varying)) if varying.size else 1.0
        held = () if per_all else tuple(name for name, raised in zip(features, deviation < smallest, strict=True) if raised)
        return Normalization(mean=mean, divisor=np.maximum(deviation, smallest), held=held)


@dataclass(frozen=True, kw_only=True)
class NoNormalization:
    """Leave the inputs as they are."""

    kind: Literal["none"] = "none"

    def fit(self, x: RawArray, rows: IntArray, *, images: bool, features: Sequence[str]) -> Normalization:
        """Return the identity."""
        return Normalization(mean=np.zeros(1), divisor=np.ones(1))


@dataclass(frozen=True, kw_only=True)
class TargetScale:
    """The mean and deviation of the training targets: a network learns (y − mean) / deviation, people read y."""

    mean: float
    deviation: float

    @classmethod
    def fit(cls, y: Array) -> "TargetScale":
        """Measure targets (m,); constant ones have deviation 1."""
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(y[0] + (y - y[0]).mean())  # relative to one of them, so that constant ones give exactly 0
            deviation = float(np.sqrt(np.square(y - mean).mean()))
        if not np.isfinite(deviation):
            raise InvalidInput(Problem(what="the targets are too large to standardize", cure="rescale the target"))
        return cls(mean=mean, deviation=deviation or 1.0)

    def standardize(self, y: Array, dtype: npt.DTypeLike) -> Array:
        """Return what the network learns; InvalidInput if a target is too large for `dtype`."""
        with np.errstate(over="ignore"):
            z: Array = ((y - self.mean) / self.deviation).astype(dtype)
        if not np.isfinite(z).all():
            raise InvalidInput(Problem(what=f"a standardized target is too large for {z.dtype}", cure="rescale the target"))
        return z

    def original(self, z: Array) -> Array:
        """Return predictions in the target's units (an error is multiplied by `deviation` alone)."""
        return np.asarray(z * self.deviation + self.mean)


def _blocks(x: RawArray, rows: IntArray) -> Iterator[Array]:
    """Yield the rows of x as float64, a block at a time; the blocks may be overwritten."""
    step = max(1, BLOCK // x.shape[1])
    for start in range(0, len(rows), step):
        yield x[rows[start : start + step]].astype(np.float64)


def _moments(x: RawArray, rows: IntArray, *, per_all: bool) -> tuple[Array, Array]:
    """Return mean and deviation by column (n,), or of all values (1,).

    Two passes, and relative to the first row: constant columns have a deviation of exactly 0, and far-away means cost no digits.
    """
    first = x[rows[0]].astype(np.float64)
    origin = first[:1] if per_all else first
    size = len(rows) * (x.shape[1] if per_all else 1)

    def mean_of(term: Callable[[Array], Array]) -> Array:
        total: Array = np.zeros_like(origin)
        for block in _blocks(x, rows):
            total += term(block).sum(axis=None if per_all else 0)
        total /= size
        return total

    with np.errstate(over="ignore", invalid="ignore"):
        mean = origin + mean_of(lambda block: np.subtract(block, origin, out=block))
        variance = mean_of(lambda block: np.square(np.subtract(block, mean, out=block), out=block))
    return mean, np.sqrt(variance)


Normalize = Standard | NoNormalization  # the registry: a new normalization is one class above and its name here
