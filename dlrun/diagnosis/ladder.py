"""The ladder of errors: target, train, train_dev, dev; each step up it has a name, a size, and a cure of its own."""

import sys
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

from dlrun.diagnosis.course import Course
from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.gaps import MOST_EXAMPLES, Gap, gap
from dlrun.diagnosis.headline import UNITS, Metric, headline
from dlrun.diagnosis.layer_health import LayerHealth
from dlrun.diagnosis.optimization import training_findings
from dlrun.errors import DlrunError
from dlrun.statistics.intervals import Estimate, Interval, Proportion, exact

SCHEMA = 1
LONGEST = 300  # characters of a message about a file that may hold anything
PARTS = ("train", "train_dev", "dev", "test")

MINGLED = (
    "dev is unlike train: what is called variance here may be data mismatch; a train-dev part tells them apart (data.train_dev)"
)
PLANTED = "labels are wrong on purpose in {}: errors there count them, and a gap to a part without them means little"

ESTIMATES: dict[Metric, type[Estimate]] = {"error_rate": Proportion, "rmse": Estimate}


def metric_of(error: Estimate) -> Metric:
    """Say what an error is: a fraction wrong, or a root mean square error."""
    return "error_rate" if isinstance(error, Proportion) else "rmse"


@dataclass(frozen=True, kw_only=True)
class Errors:
    """The errors of one set of weights: fractions wrong (Proportion) or root mean square errors, in the unit of the target.

    target is the best error possible, known as a number; target_assumed says that nobody gave one and 0 is taken.
    dev_is_unlike_train is what the checks of the data found; wrong_labels are the parts with labels that are wrong on purpose.
    """

    target: float
    target_assumed: bool
    dev_is_unlike_train: bool = False
    wrong_labels: tuple[str, ...] = ()
    train: Estimate
    train_dev: Estimate | None = None
    dev: Estimate | None

    @property
    def metric(self) -> Metric:
        """What the errors are: a fraction wrong, or a root mean square error."""
        return metric_of(self.train)

    @property
    def parts(self) -> dict[str, Estimate]:
        """The measured parts by name."""
        parts = {"train": self.train, "train_dev": self.train_dev, "dev": self.dev}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def unseen(self) -> Estimate | None:
        """The part that training did not see and that comes from where it came from, as far as is known."""
        return self.train_dev or self.dev


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is wrong with a run, as far as its errors can say.

    avoidable_bias = train − target, variance = train_dev − train, data_mismatch = dev − train_dev; without a train_dev part
    variance = dev − train, and a mismatch is part of it. A gap is too large beyond tolerance · scale; it is None where its parts
    are not there. optimization and health say how the network trained, where that was measured. verdict is empty when nothing
    is wrong, and when nothing is decided: the gaps' statuses tell which.
    """

    errors: Errors
    tolerance: float
    scale: float
    avoidable_bias: Gap
    variance: Gap | None
    data_mismatch: Gap | None = None
    optimization: Course | None = None
    health: LayerHealth | None = None

    @property
    def verdict(self) -> tuple[str, ...]:
        """The words for what is wrong: optimization, high_bias, high_variance, data_mismatch, in this order."""
        words = {"high_bias": self.avoidable_bias, "high_variance": self.variance, "data_mismatch": self.data_mismatch}
        high = tuple(word for word, found in words.items() if found and found.status == "high")
        return (*(["optimization"] if self.trouble else []), *high)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with how the network trained, the one to act on first at the front."""
        return training_findings(self.optimization, self.health, hurts=self.avoidable_bias.status == "high")

    @property
    def trouble(self) -> tuple[Finding, ...]:
        """The findings that an optimizer, a rate or a start answers for; longer training is a cure of bias."""
        return tuple(found for found in self.findings if found.side == "optimization")

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        named = {"bias": self.avoidable_bias, "variance": self.variance, "data mismatch": self.data_mismatch}
        gaps = {name: gap for name, gap in named.items() if gap is not None}
        part = "train-dev" if self.errors.train_dev else "dev"
        line = headline(gaps, self.tolerance * self.scale, UNITS[self.errors.metric], unseen=part)
        return f"optimization, {self.trouble[0].title}; {line}" if self.trouble else line

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know to read the numbers rightly."""
        assumed = (
            "no target error is given, so 0 is assumed: if the best possible error is higher, part of the bias cannot be avoided"
        )
        chosen = (
            "the dev error is that of the epoch with the lowest one: it was chosen on these examples and is a little too good; "
            "only the test part, or runs with other seeds, are unbiased"
        )
        missing = "there is no dev part, so variance is not measured"
        if self.errors.train_dev:
            missing = "there is no dev part: variance is measured on train-dev, a data mismatch is not"
        return (
            *([assumed] if self.errors.target_assumed else []),
            *([PLANTED.format(", ".join(self.errors.wrong_labels))] if self.errors.wrong_labels else []),
            *([MINGLED] if self.mismatch_is_possible else []),
            chosen if self.errors.dev else missing,
        )

    @property
    def mismatch_is_possible(self) -> bool:
        """Whether what is called variance may be data mismatch: dev is unlike train, and no train-dev part tells them apart."""
        return self.errors.dev_is_unlike_train and self.errors.train_dev is None

    def to_json(self) -> dict[str, Any]:
        """Return diagnosis.json; null stands for what is not measured, and for a limit that is infinite."""
        target = _interval_json("error", exact(self.errors.target)) | {"n": None}
        parts = {name: _interval_json("error", part) | {"n": part.n} for name, part in self.errors.parts.items()}
        return {
            "schema": SCHEMA,
            "verdict": list(self.verdict),
            "headline": self.headline,
            "metric": self.errors.metric,
            "errors": {"target": target, **parts},
            "target_assumed": self.errors.target_assumed,
            "dev_is_unlike_train": self.errors.dev_is_unlike_train,
            "wrong_labels": list(self.errors.wrong_labels),
            "confidence": self.errors.train.confidence,
            "tolerance": self.tolerance,
            "scale": self.scale,
            "avoidable_bias": _gap_json(self.avoidable_bias),
            "variance": _gap_json(self.variance) if self.variance else None,
            "data_mismatch": _gap_json(self.data_mismatch) if self.data_mismatch else None,
            "dev_overfitting": None,
            "optimization": self.optimization and self.optimization.to_json(),
            "health": self.health and self.health.to_json(),
            "findings": [found.to_json() for found in self.findings],
            "advice": [],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, tree: Any) -> "Diagnosis":
        """Diagnose again from the errors, tolerance and scale that a diagnosis.json holds.

        Errors: DlrunError if the tree is not one, or one that a newer dlrun wrote.
        """
        try:
            if tree["schema"] != SCHEMA:
                raise DlrunError(
                    f"this diagnosis has schema {tree['schema']!r:.20}, this dlrun reads {SCHEMA}: use the dlrun that wrote it"
                )
            tolerance, scale = float(tree["tolerance"]), float(tree["scale"])
            if not (0 <= tolerance < inf and 0 <= scale < inf and tolerance * scale < inf):
                raise ValueError("tolerance and scale must be finite, and not below 0")
            course, health = tree.get("optimization"), tree.get("health")
            return replace(
                diagnose(_errors_from_json(tree), tolerance=tolerance, scale=scale),
                optimization=None if course is None else Course.from_json(course),
                health=None if health is None else LayerHealth.from_json(health),
            )
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise DlrunError(f"the stored diagnosis is damaged: {type(error).__name__} {error}"[:LONGEST]) from error


def diagnose(errors: Errors, *, tolerance: float, scale: float = 1.0) -> Diagnosis:
    """Return which steps of the ladder are too high, as far as the number of examples can tell.

    scale turns the tolerance into the unit of the errors: 1 for a fraction wrong; for a root mean square error the standard
    deviation of the target, which is the error of always predicting its mean.
    """
    threshold = tolerance * scale
    return Diagnosis(
        errors=errors,
        tolerance=tolerance,
        scale=scale,
        avoidable_bias=gap(errors.train, exact(errors.target), threshold),
        variance=gap(errors.unseen, errors.train, threshold) if errors.unseen else None,
        data_mismatch=gap(errors.dev, errors.train_dev, threshold) if errors.dev and errors.train_dev else None,
    )


def _errors_from_json(tree: dict[str, Any]) -> Errors:
    estimate = ESTIMATES[tree["metric"]]
    parts = {
        name: estimate(
            float(stored["error"]),
            float(stored["low"]),
            inf if stored["high"] is None else float(stored["high"]),
            int(stored["n"]),
            float(tree["confidence"]),
        )
        for name, stored in tree["errors"].items()
        if name != "target"
    }
    target = float(tree["errors"]["target"]["error"])
    most = 1.0 if estimate is Proportion else sys.float_info.max
    if not 0 <= target <= most or any(part.low < 0 or part.value > most or part.n > MOST_EXAMPLES for part in parts.values()):
        raise ValueError("an error is 0 or more, a fraction wrong 1 at most")
    return Errors(
        target=target,
        target_assumed=bool(tree["target_assumed"]),
        dev_is_unlike_train=bool(tree.get("dev_is_unlike_train", False)),
        wrong_labels=tuple(part for part in PARTS if part in tree.get("wrong_labels", ())),
        train=parts["train"],
        train_dev=parts.get("train_dev"),
        dev=parts.get("dev"),
    )


def _interval_json(name: str, interval: Interval) -> dict[str, Any]:
    return {name: interval.value, "low": _finite(interval.low), "high": _finite(interval.high)}


def _gap_json(found: Gap) -> dict[str, Any]:
    return _interval_json("value", found) | {"status": found.status, "needed_n": found.needed_n}


def _finite(limit: float) -> float | None:
    return limit if isfinite(limit) else None
