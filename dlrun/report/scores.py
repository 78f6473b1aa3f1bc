"""Scores as a terminal shows them: a line for the whole, a row for each class, the confusion as a table or as its worst pairs."""

from collections.abc import Iterator, Sequence
from math import isfinite, isnan

import numpy as np
from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from dlrun.arrays import IntArray
from dlrun.data.messages import shown
from dlrun.report.figures import error_text, range_text
from dlrun.report.terminal import table_of
from dlrun.statistics.intervals import Estimate
from dlrun.statistics.scores import ClassScore, ClassScores, RegressionScores, Scores

MOST_CLASSES = 12  # that a table of confusion can be read with
WORST = 10  # classes and pairs shown where there are more
CORNER = "label ↓  predicted →"
NAME = 20  # characters of a class's name


def scores_page(scores: Scores, width: int) -> Iterator[RenderableType]:
    """Yield what scores are printed as, from the top, on so many columns."""
    if isinstance(scores, RegressionScores):
        yield Text(f"mean absolute error {_figure(scores.mae, '.4g')}")
        yield Text(f"R² {_figure(scores.r2)}")
        return
    of = "" if len(scores.classes) == 2 else ", each class against the rest"
    yield Text(f"macro-F1 {_figure(scores.macro_f1)}")
    yield Text(f"AUC {_figure(scores.auc)}{of}")
    yield ""
    yield from _classes(scores)
    yield ""
    names = [_name(one) for one in scores.classes]
    if len(names) <= MOST_CLASSES and confusion_room(names, scores.confusion) <= width:
        yield confusion_table(names, scores.confusion)
    else:
        yield from _pairs(names, scores)


def _figure(estimate: Estimate | None, digits: str = ".4f") -> str:
    """Return a number and its limits; where no sample differs there are none."""
    if estimate is None:
        return "–"
    limits = f"{estimate.low:{digits}}, {estimate.high:{digits}}" if isfinite(estimate.low) else "limits unknown"
    return f"{estimate.value:{digits}} [{limits}]"


def _name(one: ClassScore) -> str:
    return shown(one.name, width=NAME)


def _classes(scores: ClassScores) -> Iterator[RenderableType]:
    """Yield a row for each class; of many classes the worst."""
    chosen = list(scores.classes)
    if len(chosen) > MOST_CLASSES:
        chosen = sorted(chosen, key=lambda one: one.error.value if one.error else -1, reverse=True)[:WORST]
        yield Text(f"the {WORST} classes of {len(scores.classes):,} with the highest error", style="dim")
    table = table_of("class", "examples", "error", "95 % interval", "precision", "F1", right=(1, 2, 3, 4, 5))
    for one in chosen:
        error, limits = ("–", "–") if one.error is None else _error(one.error)
        table.add_row(Text(_name(one)), f"{one.n:,}", error, limits, _share(one.precision), _share(one.f1))
    yield table


def _error(error: Estimate) -> tuple[str, str]:
    return error_text(error.value, "error_rate"), range_text(error.low, error.high, "error_rate")


def _share(value: float) -> str:
    return "–" if isnan(value) else f"{value:.3f}"


def confusion_room(names: Sequence[str], confusion: IntArray) -> int:
    """Return how many columns of a terminal the table takes."""
    widths = (max(cell_len(name), len(f"{n:,}")) for name, n in zip(names, confusion.max(axis=0).tolist(), strict=True))
    return max(map(cell_len, (CORNER, *names))) + sum(width + 2 for width in widths)


def confusion_table(names: Sequence[str], confusion: IntArray) -> RenderableType:
    """Return the table of confusion, (C, C): a row for each label, a column for each prediction."""
    table = table_of(CORNER, *names, right=range(1, len(names) + 1))
    for k, row in enumerate(confusion.tolist()):
        table.add_row(
            Text(names[k]), *(Text(f"{n:,}" if n else "·", style="" if n and j != k else "dim") for j, n in enumerate(row))
        )
    return table


def _pairs(names: Sequence[str], scores: ClassScores) -> Iterator[RenderableType]:
    """Yield the pairs that are confused most often."""
    wrong = scores.confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:WORST]
    pairs = [divmod(int(place), len(names)) for place in order if wrong.flat[place]]
    if not pairs:
        yield Text("no example is taken for another class")
        return
    table = table_of("label", "predicted", "examples", "of the label", right=(2, 3))
    for i, j in pairs:
        table.add_row(
            Text(names[i]), Text(names[j]), f"{wrong[i, j]:,}", error_text(wrong[i, j] / scores.classes[i].n, "error_rate")
        )
    yield Text(f"the {len(pairs)} most frequent mistakes" if len(pairs) > 1 else "the one kind of mistake", style="dim")
    yield table
