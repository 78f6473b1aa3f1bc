"""The course of training in numbers: what the cost was at the start, at the end and in between, and how it moves."""

from dataclasses import dataclass
from typing import Any

from dlrun.diagnosis.reading import count, number, number_or_none, tree_of, truth
from dlrun.diagnosis.setting import Setting
from dlrun.statistics.intervals import Interval

LEARNED = 0.1  # of the loss of the best constant answer that must have gone for a run to have learned something
WORTH = 0.15  # of the present cost, in another run as long: less is not worth the time


@dataclass(frozen=True, kw_only=True)
class Rises:
    """At how many of the steps the cost of the full batch rose, at which one first, and by which share at most."""

    count: int
    steps: int
    first: int
    largest: float


@dataclass(frozen=True, kw_only=True)
class OneBatch:
    """A fresh network on one mini-batch, without penalties and dropout: its loss before and after so many steps, its error."""

    examples: int
    steps: int
    before: float
    after: float
    error: float

    @property
    def learned(self) -> bool:
        """Whether it was learned by heart, or well on the way: a tenth of the loss is left, or no more than 5 % are wrong."""
        return self.after <= 0.1 * self.before or self.error <= 0.05

    @property
    def words(self) -> str:
        """What came of it, in one sentence."""
        found = "is learned by heart" if self.learned else "is not even learned by heart"
        fell = f"its loss went from {self.before:.3g} to {self.after:.3g} in {self.steps:,} steps"
        return f"one mini-batch of {self.examples:,} alone {found}: {fell}"


@dataclass(frozen=True, kw_only=True)
class Course:
    """The numbers of a run's course; costs and losses in nats, or squared units, None where nobody measured them.

    chance is the loss of all logits 0 (ln C), constant that of the best answer that ignores the inputs; initial that of the
    network before its first step, and start its cost with penalties. end, lowest and highest are averages over a twentieth of
    the run, or over the last tenth; end_loss is the train loss at the last evaluation. slope is how the cost changes an epoch
    over the second half, with limits; scatter the deviation of neighbouring averages there.
    """

    setting: Setting
    regression: bool
    steps: int
    epochs: float
    chance: float | None = None
    constant: float | None = None
    initial: float | None = None
    start: float | None = None
    end: float | None = None
    end_loss: float | None = None
    lowest: float | None = None
    highest: float | None = None
    slope: Interval | None = None
    scatter: float | None = None
    update: float | None = None
    rises: Rises | None = None
    one_batch: OneBatch | None = None

    @property
    def fall(self) -> float | None:
        """How far the averaged cost fell at most."""
        return None if self.start is None or self.lowest is None else self.start - self.lowest

    @property
    def learned(self) -> bool | None:
        """Whether the run does better than an answer that ignores the inputs; None if that is not known."""
        if self.constant is None or self.end_loss is None:
            return None
        return self.end_loss < (1 - LEARNED) * self.constant

    @property
    def gain(self) -> float | None:
        """Which share of the present cost another run as long would take off at this pace; None if the cost may be at rest."""
        if self.slope is None or not self.end or self.slope.high >= 0:
            return None
        return -self.slope.value * self.epochs / self.end

    @property
    def in_words(self) -> str:
        """How the cost went, in one sentence; nothing if nobody measured it."""
        if self.start is None or self.end is None:
            return ""
        told = f"the cost went from {self.start:.3g} to {self.end:.3g} in {self.steps:,} steps"
        if self.gain is not None and self.gain >= WORTH:
            return f"{told} and is still falling"
        rests = self.slope is not None and abs(self.slope.value) * self.epochs < WORTH * self.end
        return f"{told} and is at rest" if rests else told

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as plain JSON."""
        plain = {name: value for name, value in vars(self).items() if not hasattr(value, "__dataclass_fields__")}
        parts = {"slope": self.slope, "rises": self.rises, "one_batch": self.one_batch}
        told = {name: vars(part) if part else None for name, part in parts.items()}
        return {"setting": self.setting.to_json(), **plain, **told}

    @classmethod
    def from_json(cls, value: Any) -> "Course":
        """Read a course. Errors: ValueError if a number is not what it must be."""
        tree = tree_of(value)
        return cls(
            setting=Setting.from_json(tree.get("setting")),
            regression=truth(tree, "regression"),
            steps=count(tree, "steps"),
            epochs=number(tree, "epochs", least=0.0),
            **{name: number_or_none(tree, name) for name in LOSSES},
            slope=_slope(tree.get("slope")),
            rises=_rises(tree.get("rises")),
            one_batch=_one_batch(tree.get("one_batch")),
        )


LOSSES = ("chance", "constant", "initial", "start", "end", "end_loss", "lowest", "highest", "scatter", "update")


def _slope(value: Any) -> Interval | None:
    if value is None:
        return None
    low, middle, high = (number(tree_of(value), name) for name in ("low", "value", "high"))
    if not low <= middle <= high:
        raise ValueError("a slope lies between its limits")
    return Interval(middle, low, high)


def _rises(value: Any) -> Rises | None:
    if value is None:
        return None
    tree = tree_of(value)
    counts = {name: count(tree, name) for name in ("count", "steps", "first")}
    return Rises(**counts, largest=number(tree, "largest", least=0.0))


def _one_batch(value: Any) -> OneBatch | None:
    if value is None:
        return None
    tree = tree_of(value)
    before, after, error = (number(tree, name) for name in ("before", "after", "error"))
    return OneBatch(examples=count(tree, "examples"), steps=count(tree, "steps"), before=before, after=after, error=error)
