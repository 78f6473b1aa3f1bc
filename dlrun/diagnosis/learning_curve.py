"""The learning curve: train and dev error against the number of training examples, and what more of them would buy."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite
from typing import Any

from dlrun.diagnosis.gaps import MOST_EXAMPLES
from dlrun.diagnosis.headline import UNITS, Metric, numbers, rounded_up
from dlrun.diagnosis.ladder import ESTIMATES, LONGEST, metric_of
from dlrun.errors import DlrunError
from dlrun.statistics.intervals import Estimate, Interval, Proportion, difference
from dlrun.statistics.power_law import FEWEST, PowerLawFit, fit_power_law

SCHEMA = 1
MOST_POINTS = 50  # of a stored curve, which may come from others
LONGEST_ID = 200
NOTABLE = 0.1  # of its dev error: train error that more steps would have taken away, and dev error with it
FACTORS = (2, 10)  # times the data: what more of it is predicted for
TIMES = {2: "twice the data", 10: "ten times the data"}


@dataclass(frozen=True, kw_only=True)
class Point:
    """A run on a share of the training part: its errors on the examples it was trained on, and on dev."""

    share: float
    run: str
    train: Estimate
    dev: Estimate

    @property
    def m(self) -> int:
        """How many examples it was trained on."""
        return self.train.n


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Points by their number of examples, the law that dev errors follow (None: hopeless), and the tolerance in their unit.

    unfinished are the points that did not learn what they were given, and are no part of the fit.
    """

    points: tuple[Point, ...]
    tolerance: float
    seed: int
    unfinished: tuple[Point, ...]
    fit: PowerLawFit | None
    why_not: str = ""

    @property
    def metric(self) -> Metric:
        """What the errors are."""
        return metric_of(self.points[-1].train)

    @property
    def needed(self) -> Interval | None:
        """With how many examples dev error is lower by the tolerance, infinite where no number is enough; None without a fit."""
        if not self.fit:
            return None
        found = self.fit.examples_to_fall(self.tolerance)
        return Interval(*(limit if limit <= MOST_EXAMPLES else inf for limit in (found.value, found.low, found.high)))

    @property
    def words(self) -> str:
        """What twice the data would buy, or why nobody can say."""
        return self.promise or self.why_not

    @property
    def promise(self) -> str | None:
        """What twice the data would buy: `twice the data: about 1.2 points less [0.4, 2.0]`; None without a fit."""
        return _promise(self.fit, 2, self.metric) if self.fit else None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the curve says, or why it says nothing."""
        if not self.fit:
            return (self.why_not,)
        return (*(_promise(self.fit, factor, self.metric) for factor in FACTORS), _until(self))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know to read the numbers rightly."""
        told = []
        if self.unfinished:
            sizes = ", ".join(f"{point.m:,}" for point in self.unfinished)
            told.append(
                f"with {sizes} examples train error is higher than with all: as many epochs are fewer steps, here too few to "
                "learn them; these points are left out of the law, longer training (training.epochs) would bring them in"
            )
        if self.fit and self.fit.stretch > 1:
            by = f"{self.fit.stretch:.1f}"
            told.append(f"the points scatter {by} times as much as their dev examples explain: limits are widened by that")
        if self.fit:
            told.append("more data means more of the same kind; each point is one run, on the same dev examples")
        return tuple(told)

    def to_json(self) -> dict[str, Any]:
        """Return learning_curve.json; null stands for a limit that is infinite, and for what is not known."""
        return {
            "schema": SCHEMA,
            "metric": self.metric,
            "tolerance": self.tolerance,
            "seed": self.seed,
            "points": [
                {
                    "share": point.share,
                    "m": point.m,
                    "run": point.run,
                    "fitted": point not in self.unfinished,
                    "train": _error_json(point.train),
                    "dev": _error_json(point.dev),
                }
                for point in self.points
            ],
            "fit": self.fit and _fit_json(self.fit),
            "more_data": [_more_json(self.fit, factor) for factor in FACTORS] if self.fit else [],
            "examples_to_fall_by_tolerance": self.needed and _interval_json(self.needed),
            "sentences": list(self.sentences),
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, tree: Any) -> "LearningCurve":
        """Fit again the points that a learning_curve.json holds.

        Errors: DlrunError if the tree is not one, or one that a newer dlrun wrote.
        """
        try:
            if tree["schema"] != SCHEMA:
                found = f"{tree['schema']!r:.20}"
                raise DlrunError(f"this curve has schema {found}, this dlrun reads {SCHEMA}: use the dlrun that wrote it")
            if not 1 <= len(tree["points"]) <= MOST_POINTS:
                raise ValueError(f"1 to {MOST_POINTS} points are expected")
            points = [_point(stored, tree["metric"]) for stored in tree["points"]]
            tolerance, seed = float(tree["tolerance"]), tree["seed"]
            if not 0 <= tolerance < inf or type(seed) is not int or not 0 <= seed < 2**63:
                raise ValueError("tolerance and seed must not be below 0")
            return learning_curve(points, tolerance=tolerance, seed=seed)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise DlrunError(f"the stored learning curve is damaged: {type(error).__name__} {error}"[:LONGEST]) from error


def learning_curve(points: Sequence[Point], *, tolerance: float, seed: int) -> LearningCurve:
    """Return the curve through these points, fitted as far as that makes sense.

    A point did not learn its examples if its train error is higher than that with all of them, by more than a tenth of its dev
    error and with the whole interval of the difference above 0: fewer examples are easier to learn, given the time.
    """
    ordered = tuple(sorted(points, key=lambda point: point.m))
    excess = [difference(point.train, ordered[-1].train) for point in ordered]
    late = [by.low > 0 and by.value > NOTABLE * point.dev.value for point, by in zip(ordered, excess, strict=True)]
    unfinished = tuple(point for point, is_late in zip(ordered, late, strict=True) if is_late)
    learned = [point for point in ordered if point not in unfinished]
    found = fit_power_law([point.m for point in learned], [point.dev for point in learned], seed)
    fit, why_not = (found, "") if isinstance(found, PowerLawFit) else (None, "")
    if found == "few":
        why_not = f"no estimate: {len({point.m for point in learned})} sizes are too few for a law, it takes {FEWEST}"
    elif found == "flat":
        why_not = _flat(learned, tolerance)
    return LearningCurve(points=ordered, tolerance=tolerance, seed=seed, unfinished=unfinished, fit=fit, why_not=why_not)


def _flat(points: Sequence[Point], tolerance: float) -> str:
    """Say that dev error does not fall, and whether its examples could have shown it."""
    first, last, unit = points[0], points[-1], UNITS[metric_of(points[0].dev)]
    fallen = difference(first.dev, last.dev)
    by = numbers(fallen, unit)
    said = f"no estimate: from {first.m:,} to {last.m:,} examples dev error falls by {by}, no power law is seen in it"
    if fallen.high < tolerance:
        return f"{said}: more data of this kind buys nothing visible"
    return f"{said}; {last.dev.n:,} dev examples cannot tell what more data would buy"


def _promise(fit: PowerLawFit, factor: int, metric: Metric) -> str:
    fall, unit = fit.fall(factor), UNITS[metric]
    value, _, limits = numbers(fall, unit).partition(" [")
    return f"{TIMES[factor]}: about {value} less [{limits}"


def _until(curve: LearningCurve) -> str:
    """Say with how many examples dev error is lower by the tolerance."""
    assert curve.fit, "without a law there is no number"
    assert curve.needed
    unit, needed = UNITS[curve.metric], curve.needed
    less = f"{curve.tolerance * unit.factor:.3g}{unit.word} less"
    if not isfinite(needed.low):
        return f"no number of examples makes it {less}, the tolerance: more data buys nothing visible"
    if not isfinite(needed.value):
        ever = numbers(Interval(curve.fit.law.reducible, curve.fit.law.reducible, curve.fit.law.reducible), unit)
        ever = ever.partition(" [")[0]
        return (
            f"{less} is more than all data in the world would buy, about {ever}; at best it takes {_count(needed.low)} examples"
        )
    upper = f"to {_count(needed.high)}" if isfinite(needed.high) else "and no upper limit"
    return f"{less}: with about {_count(needed.value)} examples, {_count(needed.low)} {upper}"


def _count(m: float) -> str:
    return f"{rounded_up(ceil(m)):,}"


def _point(stored: Any, metric: Metric) -> Point:
    share, run = float(stored["share"]), stored["run"]
    if not 0 < share <= 1 or not isinstance(run, str) or len(run) > LONGEST_ID:
        raise ValueError("a point is the run of a share")
    return Point(share=share, run=run, train=_estimate(stored["train"], metric), dev=_estimate(stored["dev"], metric))


def _estimate(stored: Any, metric: Metric) -> Estimate:
    kind = ESTIMATES[metric]
    high = inf if stored["high"] is None else float(stored["high"])
    found = kind(float(stored["error"]), float(stored["low"]), high, int(stored["n"]))
    most = 1.0 if kind is Proportion else sys.float_info.max
    if found.low < 0 or found.value > most or found.n > MOST_EXAMPLES:
        raise ValueError("an error is 0 or more, a fraction wrong 1 at most")
    return found


def _error_json(error: Estimate) -> dict[str, Any]:
    return {"error": error.value, "low": error.low, "high": error.high if isfinite(error.high) else None, "n": error.n}


def _interval_json(interval: Interval) -> dict[str, Any]:
    found = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {name: limit if isfinite(limit) else None for name, limit in found.items()}


def _fit_json(fit: PowerLawFit) -> dict[str, Any]:
    return {name: _interval_json(getattr(fit, name)) for name in ("a", "b", "c")} | {"stretch": fit.stretch}


def _more_json(fit: PowerLawFit, factor: int) -> dict[str, Any]:
    error, fall = fit.error(factor), fit.fall(factor)
    return {"factor": factor, "m": factor * fit.law.size, "dev_error": _interval_json(error), "less": _interval_json(fall)}
