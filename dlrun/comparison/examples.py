"""Are the dev parts of two runs the same examples? Ids and labels say it; other examples cannot be compared pair by pair."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dlrun.arrays import Array, BoolArray
from dlrun.errors import DlrunError, Problem
from dlrun.rundir.comparable import KINDS
from dlrun.rundir.keys import SpecKeys
from dlrun.rundir.listing import ListedRun
from dlrun.rundir.predictions import Predictions, read_predictions
from dlrun.rundir.values import dig, value_text
from dlrun.statistics.pairing import in_one_only, places_in, unlike_numbers, unlike_words

NAMED = 3  # keys in an error


@dataclass(frozen=True)
class Outcomes:
    """What became of each dev example, in one order for all runs that are compared: (m,) each.

    wrong is of a classification, squares (squared errors, in the target's units) are of a regression; the other is empty.
    """

    wrong: BoolArray
    squares: Array
    losses: Array

    def __len__(self) -> int:
        return len(self.losses)


def same_kind(first: ListedRun, other: ListedRun, names: tuple[str, str]) -> Problem | None:
    """Return why the errors of two runs are not of one kind, or None."""
    ours, theirs = first.value("metric"), other.value("metric")
    if ours == theirs:
        return None
    what = f"{names[0]} is {KINDS[ours]}, {names[1]} is {KINDS[theirs]}: their errors cannot be compared"
    return Problem(what=what, cure="which is which: dlrun ls --where metric=rmse")


def read_outcomes(run: ListedRun) -> tuple[Predictions, Outcomes]:
    """Read the dev predictions of a run.

    Errors: DlrunError if they are damaged.
    """
    read = read_predictions(run.paths, "dev")
    losses = np.array(read.losses)
    if run.value("metric") == "error_rate":
        wrong = np.array([label != said for label, said in zip(read.labels, read.predictions, strict=True)])
        return read, Outcomes(wrong, np.empty(0), losses)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(_numbers(read, read.predictions) - _numbers(read, read.labels))
    if not squares.sum() < 1e300:
        raise DlrunError(Problem(what="this file is damaged: errors too large for a number", where=str(read.path)))
    return read, Outcomes(np.empty(0, dtype=np.bool_), squares, losses)


def in_order_of(first: Predictions, other: Predictions, outcomes: Outcomes) -> Outcomes:
    """Return the outcomes of other in the order of first; both have the same ids."""
    if first.ids == other.ids:
        return outcomes
    rows = np.array(places_in(other.ids, first.ids))
    wrong, squares = outcomes.wrong, outcomes.squares
    return Outcomes(wrong[rows] if len(wrong) else wrong, squares[rows] if len(squares) else squares, outcomes.losses[rows])


def other_examples(
    first: Predictions, other: Predictions, runs: tuple[ListedRun, ListedRun], names: tuple[str, str]
) -> Problem | None:
    """Return why two dev parts are not the same examples, and which key tells it; None if they are."""
    words: list[str] = []
    lacking = in_one_only(first.ids, other.ids)
    if any(lacking):
        words.append(f"{lacking[0]:,} of the {len(first):,} ids of {names[0]} are not in {names[1]}")
        words.append(f"{lacking[1]:,} of the {len(other):,} of {names[1]} not in {names[0]}")
    elif unlike := _unlike_labels(first, other, runs[0].value("metric") == "rmse"):
        words.append(f"{unlike:,} of {len(first):,} labels differ")
    if not words:
        return None
    what = f"the dev parts of {names[0]} and {names[1]} are not the same examples: {', '.join(words)}"
    told = list(differing_keys(runs))[:NAMED]
    said = (
        f"{', '.join(told)} differ{'' if len(told) > 1 else 's'}"
        if told
        else "no key of data differs: the data itself has changed"
    )
    return Problem(what=f"{what}; {said}", cure="train both on one split: the same data, the same seed")


def differing_keys(runs: tuple[ListedRun, ...], section: str = "data.") -> Iterator[str]:
    """Yield the keys that choose examples and differ, with their values: `data.split.dev (0.2 and 0.3)`."""
    for key in SpecKeys(runs).varying:
        if key.startswith(section) or (section == "data." and key in ("seed", "data")):
            values = dict.fromkeys(value_text(dig(run.record.spec, *key.split("."))) for run in runs if run.record)
            yield f"{key} ({' and '.join(value[:40] for value in values)})"


def _unlike_labels(first: Predictions, other: Predictions, regression: bool) -> int:
    theirs = [other.labels[place] for place in places_in(other.ids, first.ids)]
    if not regression:
        return unlike_words(first.labels, theirs)
    return unlike_numbers(_numbers(first, first.labels), _numbers(other, theirs))


def _numbers(read: Predictions, cells: list[str]) -> Array:
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError as error:
        raise DlrunError(Problem(what=f"this file is damaged: {error}", where=str(read.path))) from error
    if not np.isfinite(values).all():
        raise DlrunError(Problem(what="this file is damaged: a label or prediction is not finite", where=str(read.path)))
    return values
