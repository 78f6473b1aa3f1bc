"""What stands beside the ladder: baselines, calibration, and the dev errors of the last epochs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite
from statistics import median
from typing import Any, Literal, Self, get_args

from dlrun.diagnosis.errors import ESTIMATES, estimate_from_json, estimate_json, interval_json
from dlrun.diagnosis.headline import UNITS, Metric, numbers
from dlrun.statistics.calibration import Calibration
from dlrun.statistics.intervals import CONFIDENCE, Estimate, Interval

Kind = Literal["most_frequent", "mean", "softmax_regression", "linear_regression"]

WORDS: dict[Kind, str] = {
    "most_frequent": "always saying the most frequent class",
    "mean": "always saying the mean",
    "softmax_regression": "softmax regression",
    "linear_regression": "linear regression",
}
LAST_SHARE, FEWEST_ROWS = 5, 3  # the last fifth of the evaluations, three at least
MOST_ROWS = 10**9


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What takes no network: its error on dev, and the network's error minus it on the same examples."""

    kind: Kind
    error: Estimate
    difference: Interval

    @property
    def words(self) -> str:
        """What it does, in words."""
        return WORDS[self.kind]

    @property
    def beaten(self) -> bool:
        """Whether the network is better for sure: the whole interval of the difference lies below 0."""
        return self.difference.high < 0

    def note(self, metric: Metric) -> str:
        """Return what is to be said of a network that is not better for sure."""
        found = numbers(self.difference, UNITS[metric])
        if self.difference.low > 0:
            return f"the network is worse than {self.words}: by {found} on the same dev examples"
        return f"the network is not shown to be better than {self.words}: the difference is {found} on the same dev examples"


@dataclass(frozen=True, kw_only=True)
class LastErrors:
    """The median dev error of the last evaluations, which nobody chose: so many rows of metrics.csv, from an epoch on."""

    median: float
    rows: int
    from_epoch: float

    @classmethod
    def of(cls, points: Sequence[tuple[float, float]]) -> Self | None:
        """Return it for (epochs, dev error) in their order: of the last fifth, at least three; None if there are fewer."""
        if len(points) < FEWEST_ROWS:
            return None
        last = points[-max(FEWEST_ROWS, ceil(len(points) / LAST_SHARE)) :]
        return cls(median=median(value for _, value in last), rows=len(last), from_epoch=last[0][0])


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What is known of a run beside its errors; what is not there is empty or None."""

    baselines: tuple[Baseline, ...] = ()
    calibration: Calibration | None = None
    last: LastErrors | None = None

    def notes(self, metric: Metric) -> Iterator[str]:
        """Yield which baselines the network does not beat."""
        yield from (baseline.note(metric) for baseline in self.baselines if not baseline.beaten)

    def to_json(self) -> dict[str, Any]:
        """Return what diagnosis.json holds of it."""
        found = self.calibration
        return {
            "baselines": [
                {"kind": one.kind, **estimate_json(one.error), "difference": interval_json("value", one.difference)}
                for one in self.baselines
            ],
            "calibration": found
            and {
                "ece": interval_json("value", found.ece),
                "brier": interval_json("value", found.brier),
                "n": found.ece.n,
                "bins": found.bins,
            },
            "last_dev_errors": vars(self.last) if self.last else None,
        }

    @classmethod
    def from_json(cls, tree: dict[str, Any], metric: Metric, confidence: float = CONFIDENCE) -> Self:
        """Return what a diagnosis.json holds, also an older one, which has none of it."""
        found, last = tree.get("calibration"), tree.get("last_dev_errors")
        stored = tree.get("baselines", [])
        if not isinstance(stored, list) or len(stored) > len(WORDS):
            raise ValueError("baselines are a short list")
        return cls(
            baselines=tuple(_baseline(one, metric, confidence) for one in stored),
            calibration=None if found is None else _calibration(found, confidence),
            last=None if last is None else _last(last),
        )


def _baseline(tree: Any, metric: Metric, confidence: float) -> Baseline:
    if tree["kind"] not in get_args(Kind):
        raise ValueError("an unknown baseline")
    told, error = tree["difference"], estimate_from_json(tree, ESTIMATES[metric], confidence)
    difference = Interval(float(told["value"]), _limit(told["low"], -inf), _limit(told["high"], inf))
    if error.low < 0 or not (isfinite(difference.value) and difference.low <= difference.value <= difference.high):
        raise ValueError("a baseline has an error and a difference")
    return Baseline(kind=tree["kind"], error=error, difference=difference)


def _calibration(tree: Any, confidence: float) -> Calibration:
    ece, brier = (estimate_from_json(tree[key] | {"n": tree["n"]}, Estimate, confidence, "value") for key in ("ece", "brier"))
    bins = int(tree["bins"])
    if not 1 <= bins <= ece.n or any(one.low < 0 or one.value > 1 for one in (ece, brier)):
        raise ValueError("calibration is between 0 and 1")
    return Calibration(ece=ece, brier=brier, bins=bins)


def _last(tree: Any) -> LastErrors:
    found = LastErrors(median=float(tree["median"]), rows=int(tree["rows"]), from_epoch=float(tree["from_epoch"]))
    if not (0 <= found.median < inf and 1 <= found.rows <= MOST_ROWS and 0 <= found.from_epoch < inf):
        raise ValueError("the last dev errors have a median, rows and an epoch")
    return found


def _limit(value: Any, otherwise: float) -> float:
    return otherwise if value is None else float(value)
