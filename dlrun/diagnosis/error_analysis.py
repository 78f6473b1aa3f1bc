"""Where the errors are: which class has most of them, what is taken for what, and which examples look wrong to be wrong.

All of it is read from what a run said of each dev example; nothing is computed by a network again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

from dlrun.diagnosis.answers import Answers
from dlrun.statistics.concentration import more_than_its_share
from dlrun.statistics.holm import holm
from dlrun.statistics.intervals import CONFIDENCE, Proportion, wilson

SURE = 0.9  # a probability above it is confident; what is wrong all the same may have a wrong label
MOST_CLASSES = 10_000  # beyond them it is no classification


@dataclass(frozen=True, kw_only=True)
class OfClass:
    """The errors on the n examples of one class.

    error is the fraction of them that is wrong, share that of all errors which are theirs (None where there are none). gain is
    by how much the error of all examples would fall if none of these were wrong: wrong / (all examples), the ceiling of what
    work on this class can bring. p is that of Fisher's exact test for more errors than equal rates would give it, by Holm over
    the classes.
    """

    name: str
    n: int
    wrong: int
    error: Proportion | None
    share: Proportion | None
    gain: Proportion
    p: float

    @property
    def stands_out(self) -> bool:
        """Whether chance would hardly give this class so many of the errors, if all had one error rate."""
        return self.p <= 1 - CONFIDENCE


@dataclass(frozen=True, kw_only=True)
class Confused:
    """How many examples of a label were taken for another class, and which share of all errors that is."""

    label: str
    prediction: str
    n: int
    share: Proportion


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One example that is wrong; probability is that of what it was taken for, None if it is not known."""

    id: str
    label: str
    prediction: str
    probability: float | None
    loss: float


@dataclass(frozen=True, kw_only=True)
class ClassErrors:
    """The errors of a classifier: classes by what could be gained, the most first; cells count (label, prediction)."""

    n: int
    wrong: int
    classes: tuple[OfClass, ...]
    cells: dict[tuple[str, str], int]
    mistakes: tuple[Mistake, ...]

    @property
    def outstanding(self) -> tuple[OfClass, ...]:
        """The classes that have more errors than equal error rates would give them; `more_than_its_share` and Holm say so."""
        return tuple(one for one in self.classes if one.stands_out)

    @property
    def sure(self) -> int:
        """How many errors have a probability above 0.9: their labels may be wrong."""
        return sum(one.probability is not None and one.probability > SURE for one in self.mistakes)

    @cached_property
    def pairs(self) -> tuple[Confused, ...]:
        """What was taken for what, the most frequent first."""
        found = sorted((pair for pair in self.cells.items() if pair[0][0] != pair[0][1]), key=lambda pair: -pair[1])
        return tuple(Confused(label=a, prediction=b, n=n, share=wilson(n, self.wrong)) for (a, b), n in found)


def class_errors(answers: Answers) -> ClassErrors:
    """Count the errors of a classifier by class and by pair, and sort what is wrong by its loss, the highest first.

    Errors: ValueError without examples, or with more classes than any classifier has.
    """
    cells = Counter(zip(answers.labels, answers.predictions, strict=True))
    examples, wrong = Counter(answers.labels), Counter[str]()
    for (label, prediction), count in cells.items():
        wrong[label] += count * (label != prediction)
    names = in_order({*answers.labels, *answers.predictions})
    n, total = len(answers.labels), wrong.total()
    if not n or len(names) > MOST_CLASSES:
        raise ValueError(f"{len(names):,} classes, at least one and at most {MOST_CLASSES:,} are expected")
    known = [name for name in names if examples[name]]
    corrected = holm([more_than_its_share(wrong[name], examples[name], total, n) for name in known]).tolist()
    p = dict(zip(known, corrected, strict=True))
    classes = [
        OfClass(
            name=name,
            n=examples[name],
            wrong=wrong[name],
            error=wilson(wrong[name], examples[name]) if examples[name] else None,
            share=wilson(wrong[name], total) if total else None,
            gain=wilson(wrong[name], n),
            p=p.get(name, 1.0),
        )
        for name in names
    ]
    classes.sort(key=lambda one: (-one.wrong, -(one.error.value if one.error else -1.0)))
    ranked = {pair: cells[pair] for pair in sorted(cells, key=_places(names))}
    return ClassErrors(n=n, wrong=total, classes=tuple(classes), cells=ranked, mistakes=_mistakes(answers))


def in_order(names: set[str]) -> list[str]:
    """Return the names of classes in the order of their numbers, if all are numbers; else in that of the alphabet."""
    try:
        numbers = {name: float(name) for name in names}
    except ValueError:
        return sorted(names)
    return sorted(names, key=lambda name: (numbers[name], name)) if all(map(isfinite, numbers.values())) else sorted(names)


def _places(names: Sequence[str]) -> Callable[[tuple[str, str]], tuple[int, int]]:
    place = {name: k for k, name in enumerate(names)}
    return lambda pair: (place[pair[0]], place[pair[1]])


def _mistakes(answers: Answers) -> tuple[Mistake, ...]:
    """Return what is wrong, the highest loss first."""
    of_second = _is_of_the_second(answers)
    rows = zip(answers.ids, answers.labels, answers.predictions, answers.probabilities, answers.losses, strict=True)
    found = (
        Mistake(id=name, label=label, prediction=said, probability=_of_what_was_said(p, of_second), loss=loss)
        for name, label, said, p, loss in rows
        if label != said
    )
    return tuple(sorted(found, key=lambda one: -one.loss))


def _of_what_was_said(p: float | None, of_second: bool) -> float | None:
    """Return the probability of the prediction; None for a number that is no probability."""
    if p is None or not 0 <= p <= 1:
        return None
    return max(p, 1 - p) if of_second else p


def _is_of_the_second(answers: Answers) -> bool:
    """Say whether the probabilities are those of the second of two classes: no class is predicted on both sides of one half.

    The file does not name the classes of a network. One with more than two may show only two here, but then it says each of them
    with more than one half; only where it never does are its probabilities taken for those of two.
    """
    if len({*answers.labels, *answers.predictions}) > 2:
        return False
    rows = list(zip(answers.predictions, answers.probabilities, strict=True))
    above = {said for said, p in rows if p is not None and p > 0.5}
    below = {said for said, p in rows if p is not None and p < 0.5}
    return not above & below and len(above) <= 1 and len(below) <= 1
