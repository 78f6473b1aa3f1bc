"""Do two parts come from one distribution? Asked where they come from different files.

Dev and test must: what is chosen on dev is else judged by another measure. Train and train-dev must: else train-dev cannot tell
variance from data mismatch. Train and dev need not, and what moved between them explains a mismatch. Parts that were drawn at
random from one file are exchangeable: any difference between them is chance, so there nothing is asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.data.encoding import GAP
from dlrun.data.findings import Finding, Severity, part_name
from dlrun.data.labels import LabelArray
from dlrun.data.messages import quoted
from dlrun.data.raw import MISSING, Selection
from dlrun.seeding import Stream, rng_for
from dlrun.statistics.discriminator import told_apart
from dlrun.statistics.holm import holm
from dlrun.statistics.intervals import Estimate
from dlrun.statistics.thinning import spread
from dlrun.statistics.two_samples import Comparison, chi_square, kolmogorov_smirnov

Inputs: TypeAlias = Callable[[Selection], Array]

MOST_ROWS = 2_500  # of a part: a distance of a tenth is then beyond chance among a thousand columns
MOST_COLUMNS = 1_000  # of numbers: a quarter of a second
CLASSIFIED_COLUMNS = 200  # a tenth of a second
FEWEST_ROWS = 20  # of a part, from which on a classifier is asked

LEVEL = 0.025  # false alarms of the columns together; those of the classifier, whose interval has 95 %, come to as many
DISTANCE = 0.1  # of 1; what is surely there, but smaller, is not worth a warning
ACCURACY = 0.55  # of a classifier that is right in half of the cases by chance
TOLD = 5  # columns
LABEL = "(label)"

# the parts compared, what it means if they are unlike, and what to do
QUESTIONS: tuple[tuple[str, str, Severity, str, str], ...] = (
    ("dev", "test", "error", "dev and test do not come from one distribution", "join both, and split them at random"),
    ("train", "train_dev", "error", "train-dev does not come from where train comes from", "split it off train: data.train_dev"),
    ("train", "dev", "warning", "dev is unlike train", "expect a data mismatch; examples like those of dev belong into train"),
    ("train", "test", "warning", "test is unlike train", "hold out a dev part that is like test"),  # only without dev
)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What differs between two parts: a column or the label, how far apart it is, and the p-value, corrected for all tests."""

    name: str
    distance: float
    p: float


def drift(
    chosen: Mapping[str, Selection], labels: Mapping[str, LabelArray], inputs: Inputs, seed: int, *, regression: bool
) -> Iterator[Finding]:
    """Yield a finding for each pair of parts that is worth asking about; `inputs` returns what a network sees of some rows.

    Of each part up to 2,500 rows are compared, drawn at random. A column of numbers by Kolmogorov and Smirnov's test, one of
    words, the gaps of one of numbers and the classes by χ², all together at a level of 2.5 % (Holm); a target as numbers
    are. What is told must also be at least 0.1 apart. And a classifier, fitted to half of the rows, is to be right about the
    other half in 55 % or more, with the whole interval above one half.
    """
    brought = chosen["train"].raw.brought
    for counter, (first, second, severity, meaning, cure) in enumerate(QUESTIONS):
        there = {first, second} <= chosen.keys() and not ((first, second) == ("train", "test") and "dev" in chosen)
        if not there or not {first, second} & brought:
            continue
        rng = rng_for(seed, Stream.DRIFT, counter)
        rows = {part: _some(len(chosen[part]), MOST_ROWS, rng) for part in (first, second)}
        tests = dict(_columns(chosen[first], chosen[second], rows[first], rows[second]))
        y = [labels[part][rows[part]] for part in (first, second)]
        tests[LABEL] = kolmogorov_smirnov(*y) if regression else _categories(*y)
        moved = _moved(tests)
        accuracy = _classified(chosen[first], chosen[second], inputs, rng)
        apart = accuracy is not None and accuracy.low > 0.5 and accuracy.value >= ACCURACY
        unlike = bool(moved) or apart
        said = meaning if unlike else f"{part_name(first)} and {part_name(second)} are alike"
        yield Finding(
            check="drift",
            severity=severity if unlike else "fine",
            message=_sentence(said, tests, moved, accuracy),
            cure=cure if unlike else "",
            parts=(first, second),
            facts=_facts(chosen, rows, tests, moved, accuracy),
        )


def _columns(a: Selection, b: Selection, rows_a: IntArray, rows_b: IntArray) -> Iterator[tuple[str, Comparison]]:
    """Yield a test for each column that an example has."""
    raw = a.raw
    x, z = (part.examples.x[part.rows[rows]] for part, rows in ((a, rows_a), (b, rows_b)))
    for j in spread(x.shape[1], MOST_COLUMNS):
        one, other = x[:, j], z[:, j]
        if x.dtype.kind == "f" or z.dtype.kind == "f":
            gaps = np.isnan(one), np.isnan(other)
            if gaps[0].any() or gaps[1].any():
                yield f"{raw.features[j]}={GAP}", _categories(*(gap.astype(np.int64) for gap in gaps))
                one, other = one[~gaps[0]], other[~gaps[1]]
        if len(one) and len(other):
            yield raw.features[j], kolmogorov_smirnov(one, other)
    for number, category in enumerate(raw.categories):
        codes = (part.codes(number)[rows] - MISSING for part, rows in ((a, rows_a), (b, rows_b)))  # a gap is a word of its own
        yield category.name, _categories(*codes)


def _categories(a: IntArray, b: IntArray) -> Comparison:
    """Compare two samples of codes, counted from 0."""
    k = int(max(a.max(), b.max())) + 1
    return chi_square(np.bincount(a, minlength=k), np.bincount(b, minlength=k))


def _moved(tests: Mapping[str, Comparison]) -> list[Moved]:
    """Return what differs beyond chance and by enough, the farthest first."""
    corrected = holm([test.p for test in tests.values()])
    found = [
        Moved(name=name, distance=test.distance, p=float(p))
        for (name, test), p in zip(tests.items(), corrected, strict=True)
        if p < LEVEL and test.distance >= DISTANCE
    ]
    return sorted(found, key=lambda moved: -moved.distance)


def _classified(a: Selection, b: Selection, inputs: Inputs, rng: np.random.Generator) -> Estimate | None:
    """Return how often a classifier tells two parts apart, asked about as many rows of each; None if they are too few."""
    size = min(len(a), len(b), MOST_ROWS)
    if size < FEWEST_ROWS:
        return None

    def some(part: Selection) -> Array:
        x = inputs(replace(part, rows=part.rows[_some(len(part), size, rng)]))
        return x[:, spread(x.shape[1], CLASSIFIED_COLUMNS)]

    return told_apart(some(a), some(b), rng)


def _some(m: int, most: int, rng: np.random.Generator) -> IntArray:
    """Return at most so many of m rows, sorted."""
    return np.arange(m) if m <= most else np.sort(rng.choice(m, size=most, replace=False))


def _sentence(meaning: str, tests: Mapping[str, Comparison], moved: Sequence[Moved], accuracy: Estimate | None) -> str:
    told = "no single column differs"
    if moved:
        most = ", ".join(f"{quoted(column.name)} ({column.distance:.2f})" for column in moved[:TOLD])
        ranked = ", most" if len(moved) > TOLD else ""
        told = f"of {len(tests):,} compared, the columns and the label, {len(moved):,} differ{ranked}: {most}"
    if accuracy is None:
        return f"{meaning}: {told}"
    low, value, high = (f"{100 * share:.1f}" for share in (accuracy.low, accuracy.value, accuracy.high))
    return f"{meaning}: {told}; a small classifier tells them apart in {value} % [{low}, {high}] of the cases (chance: 50)"


def _facts(
    chosen: Mapping[str, Selection],
    rows: Mapping[str, IntArray],
    tests: Mapping[str, Comparison],
    moved: Sequence[Moved],
    accuracy: Estimate | None,
) -> dict[str, Any]:
    selection = next(iter(chosen.values()))
    return {
        "rows": {part: len(compared) for part, compared in rows.items()},
        "columns": len(selection.raw.features) + len(selection.raw.categories),
        "tests": len(tests),
        "level": LEVEL,
        "smallest_distance": DISTANCE,
        "moved": [asdict(column) for column in moved],
        "classifier": None
        if accuracy is None
        else {"accuracy": accuracy.value, "low": accuracy.low, "high": accuracy.high, "n": accuracy.n},
    }
