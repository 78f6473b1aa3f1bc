"""The ladder of errors: target, train, train_dev, dev, test; each step up it has a name, a size, and a cure of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from dlrun.diagnosis.beside import Beside
from dlrun.diagnosis.course import Course
from dlrun.diagnosis.errors import (
    ESTIMATES,
    PARTS,
    Errors,
    Measure,
    errors_from_json,
    interval_json,
    measure_from_json,
    metric_of,
)
from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.gaps import Gap, gap
from dlrun.diagnosis.headline import UNITS, headline, open_questions, plain
from dlrun.diagnosis.layer_health import LayerHealth
from dlrun.diagnosis.optimization import training_findings
from dlrun.errors import DlrunError
from dlrun.statistics.intervals import Estimate, exact

SCHEMA = 1
LONGEST = 300  # characters of a message about a file that may hold anything

MINGLED = (
    "dev is unlike train: what is called variance here may be data mismatch; a train-dev part tells them apart (data.train_dev)"
)
PLANTED = "labels are wrong on purpose in {}: errors there count them, and a gap to a part without them means little"
ASSUMED = "no target error is given, so 0 is assumed: if the best possible error is higher, part of the bias cannot be avoided"
FAR = "values of dev lie beyond 10 deviations of train, by column: {}; the mismatch may begin there"
INVERTED = {
    "loss": "the rungs are mean losses: the tolerance is that fraction of {scale:.4g}, the loss of always saying what is usual",
    "macro_f1": "the rungs are 1 − macro-F1, so that smaller is better as with an error",
    "auc": "the rungs are 1 − AUC, so that smaller is better as with an error",
}

__all__ = ["ESTIMATES", "PARTS", "Diagnosis", "Errors", "Measure", "diagnose", "metric_of", "with_test"]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is wrong with a run, as far as its errors can say.

    avoidable_bias = train − target, variance = train_dev − train, data_mismatch = dev − train_dev, dev_overfitting = test − dev;
    without a train_dev part variance = dev − train, and a mismatch is part of it. A gap is too large beyond tolerance · scale; it
    is None where its parts are not there. verdict is empty when nothing is wrong, and when nothing is decided: the gaps' statuses
    tell which. `other` holds the rungs if the gaps are those of another metric than the error; gates ask for the errors anyway.
    optimization and health say how the network trained, where that was measured.
    """

    errors: Errors
    tolerance: float
    scale: float
    avoidable_bias: Gap
    variance: Gap | None
    data_mismatch: Gap | None = None
    dev_overfitting: Gap | None = None
    other: Measure | None = None
    beside: Beside = Beside()
    optimization: Course | None = None
    health: LayerHealth | None = None

    @property
    def rungs(self) -> Errors:
        """What the gaps are between: the errors, or the same parts in another metric."""
        return self.other.errors if self.other else self.errors

    @property
    def threshold(self) -> float:
        """How large a gap may be, in the unit of the rungs."""
        return self.tolerance * (self.other.scale if self.other else self.scale)

    @property
    def gaps(self) -> dict[str, Gap]:
        """The gaps that are known, by what the headline calls them, from the bottom of the ladder."""
        named = {
            "bias": self.avoidable_bias,
            "variance": self.variance,
            "data mismatch": self.data_mismatch,
            "overfitting to dev": self.dev_overfitting,
        }
        return {name: gap for name, gap in named.items() if gap is not None}

    @property
    def verdict(self) -> tuple[str, ...]:
        """The words for what is wrong: optimization, high_bias, high_variance, data_mismatch, dev_overfitting, in this order."""
        words = {"high_bias": "bias", "high_variance": "variance"}
        words |= {"data_mismatch": "data mismatch", "dev_overfitting": "overfitting to dev"}
        found = self.gaps
        high = tuple(word for word, name in words.items() if name in found and found[name].status == "high")
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
        line = headline(self.gaps, self.threshold, UNITS[self.rungs.rung_metric], unseen=self._unseen)
        return f"optimization, {self.trouble[0].title}; {line}" if self.trouble else line

    @property
    def open_questions(self) -> list[str]:
        """The gaps that are inconclusive, in words."""
        return open_questions(self.gaps, self.threshold, UNITS[self.rungs.rung_metric], unseen=self._unseen)

    @property
    def _unseen(self) -> str:
        return "train-dev" if self.errors.train_dev else "dev"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know to read the numbers rightly; first, whether any network was needed."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[str]:
        errors, metric = self.rungs, self.rungs.rung_metric
        yield from self.beside.notes(self.errors.metric)
        if self.other:
            yield INVERTED[metric].format(scale=self.other.scale)
        if errors.target_assumed:
            yield ASSUMED
        if errors.wrong_labels:
            yield PLANTED.format(", ".join(errors.wrong_labels))
        if self.mismatch_is_possible:
            yield MINGLED
        mismatch_is_high = self.data_mismatch is not None and self.data_mismatch.status == "high"
        if errors.dev_extremes and (mismatch_is_high or self.mismatch_is_possible):
            yield FAR.format(", ".join(f"'{name}' ({count:,})" for name, count in errors.dev_extremes))
        if errors.dev:
            yield self._chosen()
        elif errors.train_dev:
            yield "there is no dev part: variance is measured on train-dev, a data mismatch is not"
        else:
            yield "there is no dev part, so variance is not measured"
        if self.errors.test_looks > 1:
            yield f"test was looked at {self.errors.test_looks} times: every choice made after a look flatters its error"
        if self.other and self.errors.test:
            yield "the look at test kept its error alone: overfitting to dev is not measured in another metric"

    def _chosen(self) -> str:
        last, unit = self.beside.last, UNITS[self.errors.metric]
        beside = "is a little too good"
        if last:
            percent = " %" if unit.factor == 100 else ""
            found = f"{plain(unit.factor * last.median)}{percent}"
            beside = f"is a little too good, the median of the last {last.rows} evaluations is {found}"
        unbiased = "only the test part, looked at once, is unbiased" if self.errors.test_looks < 2 else ""
        unseen = "" if self.errors.test_looks else "; nobody has, so overfitting to dev is not measured"
        chosen = f"the dev error is that of the epoch with the lowest one: it was chosen on these examples and {beside}"
        return f"{chosen}; {unbiased}{unseen}" if unbiased else chosen

    @property
    def mismatch_is_possible(self) -> bool:
        """Whether what is called variance may be data mismatch: dev is unlike train, and no train-dev part tells them apart."""
        return self.errors.dev_is_unlike_train and self.errors.train_dev is None

    def to_json(self) -> dict[str, Any]:
        """Return diagnosis.json; null stands for what is not measured, and for a limit that is infinite."""
        gaps = {key: gap_json(getattr(self, key)) for key in ("avoidable_bias", "variance", "data_mismatch", "dev_overfitting")}
        return {
            "schema": SCHEMA,
            "verdict": list(self.verdict),
            "headline": self.headline,
            "metric": self.errors.metric,
            "errors": self.errors.to_json(),
            "target_assumed": self.errors.target_assumed,
            "dev_is_unlike_train": self.errors.dev_is_unlike_train,
            "dev_extremes": dict(self.errors.dev_extremes),
            "wrong_labels": list(self.errors.wrong_labels),
            "test_looks": self.errors.test_looks,
            "confidence": self.errors.train.confidence,
            "tolerance": self.tolerance,
            "scale": self.scale,
            "ladder": self.other.to_json() if self.other else None,
            **gaps,
            **self.beside.to_json(),
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
            errors = errors_from_json(tree)
            other = measure_from_json(tree.get("ladder"), errors, errors.train.confidence)
            beside = Beside.from_json(tree, errors.metric, errors.train.confidence)
            course, health = tree.get("optimization"), tree.get("health")
            return replace(
                diagnose(errors, tolerance=tolerance, scale=scale, other=other, beside=beside),
                optimization=None if course is None else Course.from_json(course),
                health=None if health is None else LayerHealth.from_json(health),
            )
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise DlrunError(f"the stored diagnosis is damaged: {type(error).__name__} {error}"[:LONGEST]) from error


def diagnose(
    errors: Errors, *, tolerance: float, scale: float = 1.0, other: Measure | None = None, beside: Beside | None = None
) -> Diagnosis:
    """Return which steps of the ladder are too high, as far as the number of examples can tell.

    scale turns the tolerance into the unit of the errors: 1 for a fraction wrong; for a root mean square error the standard
    deviation of the target, which is the error of always predicting its mean. The gaps are those of `other` if it is given.
    """
    rungs, threshold = (other.errors, tolerance * other.scale) if other else (errors, tolerance * scale)
    return Diagnosis(
        errors=errors,
        tolerance=tolerance,
        scale=scale,
        avoidable_bias=gap(rungs.train, exact(rungs.target), threshold),
        variance=gap(rungs.unseen, rungs.train, threshold) if rungs.unseen else None,
        data_mismatch=gap(rungs.dev, rungs.train_dev, threshold) if rungs.dev and rungs.train_dev else None,
        dev_overfitting=gap(rungs.test, rungs.dev, threshold) if rungs.test and rungs.dev else None,
        other=other,
        beside=beside or Beside(),
    )


def with_test(found: Diagnosis, test: Estimate | None, looks: int) -> Diagnosis:
    """Return the same diagnosis with what the last of so many looks at test saw; None if nobody looked."""
    errors = replace(found.errors, test=test, test_looks=looks if test else 0)
    anew = diagnose(errors, tolerance=found.tolerance, scale=found.scale, other=found.other, beside=found.beside)
    return replace(anew, optimization=found.optimization, health=found.health)


def gap_json(found: Gap | None) -> dict[str, Any] | None:
    """Return a gap with its limits, its status and how many examples would decide."""
    return None if found is None else interval_json("value", found) | {"status": found.status, "needed_n": found.needed_n}
