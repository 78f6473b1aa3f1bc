"""Normalization: inputs of mean 0 and deviation 1, as measured on the training part and on nothing else.

Everything works on blocks of rows, so that bytes never become a float64 copy of the whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, BoolArray, IntArray, aligned_zeros
from dlrun.data.messages import MOST, limited, listed
from dlrun.data.raw import Selection
from dlrun.errors import InvalidInput, Problem

Per: TypeAlias = Literal["auto", "column", "all"]

SMALLEST = 1e-150  # squares of smaller numbers lose their digits: a column of such counts as zeros
SMALLEST_SHARE = 0.01  # of a column's range: no training value ends up further than 100 from the mean
ROUNDING = 1e-6  # of a column's largest value: what varies less is what float32, or six digits in a file, left of a constant


@dataclass(frozen=True, kw_only=True)
class Normalization:
    """A fitted normalization z = (x − mean) / divisor; both are float64 of shape (n,), or (1,) for all columns alike.

    `held` names columns that hardly vary, whose divisor was raised, `constant` those that do not vary at all.
    """

    mean: Array
    divisor: Array
    held: tuple[str, ...] = ()
    constant: tuple[str, ...] = ()

    def apply(self, selection: Selection, dtype: npt.DTypeLike) -> Array:
        """Return the inputs (m, n), normalized in float64 and stored as `dtype`, in fresh aligned memory.

        Raises InvalidInput if a value is too large for `dtype`.
        """
        z = aligned_zeros((len(selection), selection.examples.x.shape[1]), dtype)
        self.write(selection, z)
        return z

    def write(self, selection: Selection, z: Array) -> None:
        """Write the normalized inputs into z (m, n), a view of memory of any float dtype; errors as in `apply`."""
        largest = float(np.finfo(z.dtype).max)
        start = 0
        for block in self._normalized(selection):
            if not np.abs(block).max(initial=0) <= largest:
                raise InvalidInput(self._too_large(selection, z.dtype.name, largest))
            z[start : start + len(block)] = block
            start += len(block)

    def beyond(self, selection: Selection, limit: float) -> IntArray:
        """Return how many values of each column lie further than `limit` divisors from the mean, (n,)."""
        found = np.zeros(selection.examples.x.shape[1], dtype=np.int64)
        for block in self._normalized(selection):
            found += (np.abs(block) > limit).sum(axis=0)
        return found

    def normalized(self, block: Array) -> Array:
        """Return rows of float64 (k, n), normalized in their place; infinite where that leaves float64."""
        with np.errstate(over="ignore"):
            block -= self.mean
            block /= self.divisor
        return block

    def bears(self, raw: npt.DTypeLike, dtype: npt.DTypeLike) -> bool:
        """Whether no number of an integer dtype `raw` is too large for `dtype` once it is normalized."""
        limits = np.iinfo(raw)
        ends = self.normalized(np.repeat(np.array([[limits.min], [limits.max]], dtype=np.float64), len(self.mean), axis=1))
        return bool(np.abs(ends).max() <= np.finfo(dtype).max)

    def _normalized(self, selection: Selection) -> Iterator[Array]:
        return map(self.normalized, selection.blocks())

    def _too_large(self, selection: Selection, dtype: str, largest: float) -> Problem:
        """Return the first value that is too large once it is normalized, and how many there are."""
        found, start, first = 0, 0, (0, 0)
        for block in self._normalized(selection):
            bad = np.argwhere(~(np.abs(block) <= largest))
            if len(bad) and not found:
                first = start + int(bad[0][0]), int(bad[0][1])
            found += len(bad)
            start += len(block)
        i, column = first
        what = f"{selection.examples.x[selection.rows[i], column]} is too large for {dtype}{_in_all(found)}"
        return selection.value_problem(i, column, what, "rescale or drop the column")

    def notes(self) -> Iterator[str]:
        """Yield what the user should know: the columns whose deviation is not the divisor."""
        if self.held:
            yield f"columns that hardly vary, divided by 1 % of their range instead of their deviation: {listed(self.held)}"
        if self.constant:
            yield f"constant columns, or all but a millionth of their size: {listed(self.constant)}; they teach nothing"

    def to_json(self) -> dict[str, Any]:
        """Return plain lists; they read back to the same bits."""
        names = {"held": list(self.held), "constant": list(self.constant)}
        return {"mean": self.mean.tolist(), "divisor": self.divisor.tolist(), **names}

    @classmethod
    def from_json(cls, stored: Any) -> "Normalization":
        """Rebuild what `to_json` wrote; anything else is InvalidInput."""
        try:
            mean, divisor = (np.array(stored[key], dtype=np.float64) for key in ("mean", "divisor"))
            held, constant = (tuple(str(name) for name in stored[key]) for key in ("held", "constant"))
        except (KeyError, TypeError, ValueError, OverflowError):
            raise InvalidInput("the stored normalization is not one: mean, divisor, held and constant are expected") from None
        if mean.ndim != 1 or mean.shape != divisor.shape or not (np.isfinite(mean) & np.isfinite(divisor) & (divisor > 0)).all():
            raise InvalidInput("the stored normalization is damaged: finite means and positive divisors are expected")
        return cls(mean=mean, divisor=divisor, held=held, constant=constant)


@dataclass(frozen=True, kw_only=True)
class Standard:
    """Subtract the mean and divide by the standard deviation of the training part.

    μ = (1/m) Σ x,   σ² = (1/m) Σ (x − μ)²,   z = (x − μ) / σ

    `per: column` measures every column by itself, `all` one mean and deviation for all values; `auto` is all for images,
    whose pixels share one unit, and column otherwise. The divisor is σ but for two cases, which are named in the notes:

    hardly vary   σ < (max − min) / 100: the divisor is that, so |z| ≤ 100; a pixel that is rarely lit is not blown up
    constant      σ ≤ 10⁻⁶ max |x|, rounding noise: the divisor is max |x| (1 for zeros), so noise stays noise

    Both compare a column with itself and never with others: columns have units, and what is measured in large ones (a
    salary beside an age) must not decide what counts as small elsewhere. Another unit for x leaves every z as it was.
    """

    kind: Literal["standard"] = "standard"
    per: Per = "auto"
    """One mean and deviation for every `column`, or for `all` values (images, whose pixels share one unit); `auto` chooses so."""

    def fit(self, train: Selection) -> Normalization:
        """Measure the inputs of the training part."""
        measured = _measure(train, per_all=_per_all(self.per, train))
        if not np.isfinite(measured.deviation).all():
            raise InvalidInput(*_too_large(train, measured.deviation, "values too large to standardize"))
        constant = (measured.deviation <= ROUNDING * measured.size) | (measured.size < SMALLEST)
        held = ~constant & (measured.deviation < SMALLEST_SHARE * measured.spread)
        divisor = measured.unit
        np.maximum(measured.deviation, SMALLEST_SHARE * measured.spread, out=divisor, where=~constant)
        features = train.raw.features
        return Normalization(
            mean=measured.mean, divisor=divisor, held=_names(features, held), constant=_names(features, constant)
        )


@dataclass(frozen=True, kw_only=True)
class MinMax:
    """Carry the smallest value of the training part to 0 and the largest to 1.

    z = (x − min) / (max − min)

    `per` as in `standard`. Values of dev and test may lie outside. A column whose range is rounding noise against its size,
    (max − min) ≤ 10⁻⁶ max |x|, counts as constant: it is only shifted and divided by max |x| (1 for zeros).
    """

    kind: Literal["minmax"] = "minmax"
    per: Per = "auto"
    """One smallest and largest value for every `column`, or for `all` values; `auto` is `all` for images."""

    def fit(self, train: Selection) -> Normalization:
        """Measure the inputs of the training part."""
        measured = _measure(train, per_all=_per_all(self.per, train))
        if not np.isfinite(measured.spread).all():
            raise InvalidInput(*_too_large(train, measured.spread, "values too large to normalize"))
        constant = measured.spread <= ROUNDING * measured.size
        divisor = np.where(constant, measured.unit, measured.spread)
        return Normalization(mean=measured.low, divisor=divisor, constant=_names(train.raw.features, constant))


@dataclass(frozen=True, kw_only=True)
class NoNormalization:
    """Leave the inputs as they are."""

    kind: Literal["none"] = "none"

    def fit(self, train: Selection) -> Normalization:
        """Return the identity."""
        return Normalization(mean=np.zeros(1), divisor=np.ones(1))


@dataclass(frozen=True, kw_only=True)
class TargetScale:
    """The mean and deviation of the training targets: a network learns (y − mean) / deviation, people read y."""

    mean: float
    deviation: float

    @classmethod
    def fit(cls, y: Array, train: Selection) -> "TargetScale":
        """Measure the targets (m,) of the training part; constant ones have deviation 1."""
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(y[0] + (y - y[0]).mean())  # relative to one of them, so that constant ones give exactly 0
            deviation = float(np.sqrt(np.square(y - mean).mean()))
        if not np.isfinite(deviation):
            i = int(np.abs(y).argmax())
            what = f"the targets are too large to standardize, the largest is {y[i]}"
            raise InvalidInput(train.label_problem(i, what, "rescale the target"))
        return cls(mean=mean, deviation=deviation or 1.0)

    def standardize(self, y: Array, selection: Selection, dtype: npt.DTypeLike) -> Array:
        """Return what the network learns; InvalidInput if a target is too large for `dtype`."""
        with np.errstate(over="ignore"):
            z: Array = ((y - self.mean) / self.deviation).astype(dtype)
        bad = np.flatnonzero(~np.isfinite(z))
        if len(bad):
            what = f"the standardized target {y[bad[0]]} is too large for {z.dtype}{_in_all(len(bad))}"
            raise InvalidInput(selection.label_problem(int(bad[0]), what, "rescale the target"))
        return z

    def original(self, z: Array) -> Array:
        """Return predictions in the target's units (an error is multiplied by `deviation` alone)."""
        return np.asarray(z * self.deviation + self.mean)


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """Mean, deviation, smallest and largest value, by column (n,) or of all values (1,)."""

    mean: Array
    deviation: Array
    low: Array
    high: Array

    @property
    def spread(self) -> Array:
        """How far the largest value lies from the smallest; infinite beyond the largest float."""
        with np.errstate(over="ignore"):
            return self.high - self.low

    @property
    def size(self) -> Array:
        """The largest magnitude."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @property
    def unit(self) -> Array:
        """The largest magnitude again, to divide by; 1 where that is so small that digits are lost."""
        return np.where(self.size < SMALLEST, 1.0, self.size)


def _per_all(per: Per, train: Selection) -> bool:
    """Whether all values are measured together; without any there is nothing to measure together."""
    return bool(train.raw.features) and (per == "all" or (per == "auto" and train.raw.images))


def _measure(train: Selection, *, per_all: bool) -> _Measured:
    """Measure by column, or all values together.

    Two passes, and relative to the first row: constant columns have a deviation of exactly 0, and far-away means cost no digits.
    """
    axis = None if per_all else 0
    first = next(train.blocks())
    origin = first[0, : 1 if per_all else None].copy()
    size = len(train) * (first.shape[1] if per_all else 1)
    low, high = origin.copy(), origin.copy()
    shifts, squares = np.zeros_like(origin), np.zeros_like(origin)
    with np.errstate(over="ignore", invalid="ignore"):
        for block in train.blocks():
            np.minimum(low, block.min(axis=axis), out=low)
            np.maximum(high, block.max(axis=axis), out=high)
            block -= origin
            shifts += block.sum(axis=axis)
        mean = origin + shifts / size
        for block in train.blocks():
            block -= mean
            squares += np.square(block, out=block).sum(axis=axis)
    return _Measured(mean=mean, deviation=np.sqrt(squares / size), low=low, high=high)


def _names(features: tuple[str, ...], marked: BoolArray) -> tuple[str, ...]:
    """Return the names of the marked columns; one mark (1,) stands for all."""
    return tuple(name for name, named in zip(features, np.broadcast_to(marked, len(features)), strict=True) if named)


def _too_large(train: Selection, measured: Array, what: str) -> list[Problem]:
    """Return a problem for each column of which something measured is not finite, at its largest value."""
    x = np.abs(np.nan_to_num(train.examples.x[train.rows], nan=0.0))
    if len(measured) == 1:
        cells = [np.unravel_index(x.argmax(), x.shape)]
    else:
        cells = [(x[:, column].argmax(), column) for column in np.flatnonzero(~np.isfinite(measured))]
    problems = [
        train.value_problem(int(i), int(column), f"{what}, the largest is {x[i, column]}", "rescale or drop the column")
        for i, column in cells[:MOST]
    ]
    return limited(problems, len(cells))


def _in_all(found: int) -> str:
    return f"; {found:,} such values in all" if found > 1 else ""


Normalize = Standard | MinMax | NoNormalization  # the registry: a new normalization is one class above and its name here
