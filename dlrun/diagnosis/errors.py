"""The errors of one set of weights, a rung of the ladder each, and how they stand in diagnosis.json."""

import sys
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

from dlrun.diagnosis.gaps import MOST_EXAMPLES
from dlrun.diagnosis.headline import Metric, RungMetric
from dlrun.statistics.intervals import Estimate, Interval, Proportion, exact

PARTS = ("train", "train_dev", "dev", "test")
MOST_COLUMNS, LONGEST_NAME = 5, 40  # of dev_extremes that are told
MOST_LOOKS = 10**6

ESTIMATES: dict[RungMetric, type[Estimate]] = {
    "error_rate": Proportion, "rmse": Estimate, "loss": Estimate, "macro_f1": Estimate, "auc": Estimate,
}  # fmt: skip
SHARES: tuple[RungMetric, ...] = ("error_rate", "macro_f1", "auc")  # 1 at most


def metric_of(error: Estimate) -> Metric:
    """Say what an error is: a fraction wrong, or a root mean square error."""
    return "error_rate" if isinstance(error, Proportion) else "rmse"


@dataclass(frozen=True, kw_only=True)
class Errors:
    """The errors of one set of weights: fractions wrong (Proportion) or root mean square errors, in the unit of the target.

    target is the best error possible, known as a number; target_assumed says that nobody gave one and 0 is taken. test is there
    once somebody has looked, the last of test_looks. dev_is_unlike_train is what the checks of the data found, dev_extremes the
    columns of dev with values beyond 10 deviations of train, and how many; wrong_labels are the parts with labels that are wrong
    on purpose. `of` says what the numbers are if they are neither fractions nor RMSEs: a loss, 1 − macro-F1, or 1 − AUC.
    """

    target: float
    target_assumed: bool
    dev_is_unlike_train: bool = False
    dev_extremes: tuple[tuple[str, int], ...] = ()
    wrong_labels: tuple[str, ...] = ()
    train: Estimate
    train_dev: Estimate | None = None
    dev: Estimate | None
    test: Estimate | None = None
    test_looks: int = 0
    of: RungMetric | None = None

    @property
    def metric(self) -> Metric:
        """What errors are: a fraction wrong, or a root mean square error."""
        return metric_of(self.train)

    @property
    def rung_metric(self) -> RungMetric:
        """What these numbers are: errors, or what `of` says."""
        return self.of or self.metric

    @property
    def parts(self) -> dict[str, Estimate]:
        """The measured parts by name."""
        parts = {"train": self.train, "train_dev": self.train_dev, "dev": self.dev, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def unseen(self) -> Estimate | None:
        """The part that training did not see and that comes from where it came from, as far as is known."""
        return self.train_dev or self.dev

    def to_json(self) -> dict[str, Any]:
        """Return `{"error", "low", "high", "n"}` of the target and of each part."""
        target = interval_json("error", exact(self.target)) | {"n": None}
        return {"target": target, **{name: estimate_json(part) for name, part in self.parts.items()}}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The rungs in another metric than the error; scale turns the tolerance into its unit."""

    errors: Errors
    scale: float

    def to_json(self) -> dict[str, Any]:
        """Return the metric, its scale and its rungs."""
        told = {"metric": self.errors.rung_metric, "scale": self.scale, "target_assumed": self.errors.target_assumed}
        return {**told, "errors": self.errors.to_json()}


def errors_from_json(tree: dict[str, Any]) -> Errors:
    """Return the errors that a diagnosis.json holds; errors as any reading of a tree that may be anything."""
    metric, confidence = tree["metric"], float(tree["confidence"])
    if metric not in ("error_rate", "rmse"):
        raise ValueError("errors are rates or root mean squares")
    target, parts = _rungs(tree["errors"], metric, confidence)
    looks = tree.get("test_looks", 0)
    return Errors(
        target=target,
        target_assumed=bool(tree["target_assumed"]),
        dev_is_unlike_train=bool(tree.get("dev_is_unlike_train", False)),
        dev_extremes=_extremes(tree.get("dev_extremes", {})),
        wrong_labels=tuple(part for part in PARTS if part in tree.get("wrong_labels", ())),
        train=parts["train"],
        train_dev=parts.get("train_dev"),
        dev=parts.get("dev"),
        test=parts.get("test"),
        test_looks=min(max(0, int(looks)), MOST_LOOKS) if "test" in parts else 0,
    )


def measure_from_json(tree: Any, errors: Errors, confidence: float) -> Measure | None:
    """Return the rungs in another metric beside some errors; None where there are none."""
    if tree is None:
        return None
    metric, scale = tree["metric"], float(tree["scale"])
    if metric not in ESTIMATES or ESTIMATES[metric] is Proportion or not 0 <= scale < inf:
        raise ValueError("a ladder has a metric, and a scale of 0 or more")
    target, parts = _rungs(tree["errors"], metric, confidence)
    found = in_metric(errors, metric, parts, target=target, target_assumed=bool(tree["target_assumed"]))
    return Measure(errors=found, scale=scale)


def in_metric(errors: Errors, metric: RungMetric, parts: dict[str, Estimate], *, target: float, target_assumed: bool) -> Errors:
    """Return the rungs of the same run in another metric; a look at test keeps the error alone."""
    return replace(
        errors,
        of=metric,
        target=target,
        target_assumed=target_assumed,
        train=parts["train"],
        train_dev=parts.get("train_dev"),
        dev=parts.get("dev"),
        test=None,
        test_looks=0,
    )


def _rungs(tree: dict[str, Any], metric: RungMetric, confidence: float) -> tuple[float, dict[str, Estimate]]:
    """Return the target and the parts of `errors`, which may come from a stranger."""
    parts = {name: estimate_from_json(tree[name], ESTIMATES[metric], confidence) for name in PARTS if name in tree}
    target = float(tree["target"]["error"])
    most = 1.0 if metric in SHARES else sys.float_info.max
    if not 0 <= target <= most or any(part.low < 0 or part.value > most for part in parts.values()):
        raise ValueError("an error is 0 or more, a fraction wrong 1 at most")
    return target, parts


def _extremes(tree: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    found = [(str(name)[:LONGEST_NAME], int(count)) for name, count in list(tree.items())[:MOST_COLUMNS]]
    if any(not 1 <= count <= MOST_EXAMPLES for _, count in found):
        raise ValueError("extreme values are counted")
    return tuple(found)


def estimate_from_json(tree: Any, kind: type[Estimate], confidence: float, name: str = "error") -> Estimate:
    """Return an estimate; errors as any reading of a tree that may be anything."""
    high = inf if tree["high"] is None else float(tree["high"])
    low = -inf if tree["low"] is None else float(tree["low"])
    found = kind(float(tree[name]), low, high, int(tree["n"]), confidence)
    if not isfinite(found.value) or found.n > MOST_EXAMPLES:
        raise ValueError("an estimate is a finite number, of some examples")
    return found


def estimate_json(estimate: Estimate, name: str = "error") -> dict[str, Any]:
    """Return `{"error", "low", "high", "n"}`."""
    return interval_json(name, estimate) | {"n": estimate.n}


def interval_json(name: str, interval: Interval) -> dict[str, Any]:
    """Return a number and its limits; null for a limit that is infinite."""
    return {name: interval.value, "low": _finite(interval.low), "high": _finite(interval.high)}


def _finite(limit: float) -> float | None:
    return limit if isfinite(limit) else None
