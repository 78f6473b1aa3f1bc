"""Where the errors are, as a terminal shows it: classes by what could be gained, confusion, the examples to look at."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from dlrun.arrays import IntArray
from dlrun.diagnosis.error_analysis import ClassErrors, Mistake, OfClass, in_order
from dlrun.diagnosis.number_errors import Miss, NumberErrors
from dlrun.report.error_words import (
    NAME,
    bias_text,
    how_sure,
    in_all,
    name_text,
    number,
    pair_text,
    percent,
    rows_are_in,
    trend_text,
)
from dlrun.report.scores import MOST_CLASSES, WORST, confusion_room, confusion_table
from dlrun.report.terminal import table_of

HEADINGS = ("wrong", "error %", "of all errors %", "gain, points")
GAP = 2  # spaces between columns
SHORTEST = 5  # characters of a class's name where there is no room


def errors_page(
    found: ClassErrors | NumberErrors, spec: Mapping[str, Any], examples: int, width: int
) -> Iterator[RenderableType]:
    """Yield what the errors of a run are printed as, from the top, on so many columns; the spec names the file of the rows."""
    if isinstance(found, NumberErrors):
        yield from _of_numbers(found, examples)
        first: Mistake | Miss = found.misses[0]
    else:
        yield Text(in_all(found))
        if not found.wrong:
            return
        yield ""
        yield from _classes(found.classes, width)
        yield ""
        yield from _confusion(found, width)
        yield ""
        yield from _mistakes(found, examples)
        first = found.mistakes[0]
    if told := rows_are_in(spec, first):
        yield Text(f"· {told}", style="dim")


def _classes(classes: tuple[OfClass, ...], width: int) -> Iterator[RenderableType]:
    chosen = classes
    if len(classes) > MOST_CLASSES:
        chosen = classes[:WORST]
        yield Text(f"the {WORST} classes of {len(classes):,} from which most could be gained", style="dim")
    rows = [(f"{one.wrong:,} of {one.n:,}", percent(one.error), percent(one.share), percent(one.gain)) for one in chosen]
    beside = sum(max(map(len, column)) + GAP for column in zip(HEADINGS, *rows, strict=True))
    room = max(SHORTEST, min(NAME, width - beside - 1))  # 1 is that of the … of a name that is cut
    table = table_of("class", *HEADINGS, right=(1, 2, 3, 4))
    for one, cells in zip(chosen, rows, strict=True):
        table.add_row(Text(name_text(one.name, room), style="bold" if one.stands_out else ""), *cells)
    yield table
    yield Text("· gain: how far the dev error would fall if none of the class were wrong, at most", style="dim")


def _confusion(found: ClassErrors, width: int) -> Iterator[RenderableType]:
    """Yield the whole table where it can be read, and the pairs with the most errors."""
    classes = in_order({one.name for one in found.classes})
    if len(classes) <= MOST_CLASSES:
        names, counts = [name_text(name) for name in classes], _matrix(found, classes)
        if confusion_room(names, counts) <= width:
            yield confusion_table(names, counts)
            yield ""
    table = table_of("label → predicted", "errors", "of all errors %", right=(1, 2))
    for pair in found.pairs[:WORST]:
        table.add_row(Text(pair_text(pair)), f"{pair.n:,}", percent(pair.share))
    yield table
    if len(found.pairs) > WORST:
        more = len(found.pairs) - WORST
        yield Text(f"· {more:,} more pair{'s' if more > 1 else ''}: --format csv has every cell", style="dim")


def _matrix(found: ClassErrors, classes: list[str]) -> IntArray:
    place = {name: k for k, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for (label, prediction), n in found.cells.items():
        counts[place[label], place[prediction]] = n
    return counts


def _mistakes(found: ClassErrors, examples: int) -> Iterator[RenderableType]:
    table = table_of("id", "label", "predicted", "its probability", "loss", right=(3, 4))
    for one in found.mistakes[:examples]:
        probability = "–" if one.probability is None else f"{one.probability:.4f}"
        table.add_row(*(Text(name_text(cell)) for cell in (one.id, one.label, one.prediction)), probability, f"{one.loss:.4g}")
    yield Text(f"{_the_first(len(found.mistakes), examples)}", style="dim")
    yield table
    yield Text(f"· {how_sure(found)}", style="dim")


def _the_first(n: int, examples: int) -> str:
    if n > examples:
        return f"the {examples:,} of {n:,} errors with the highest loss" if examples > 1 else f"the worst of {n:,} errors"
    return f"all {n:,} errors, the highest loss first" if n > 1 else "the one error"


def _of_numbers(found: NumberErrors, examples: int) -> Iterator[RenderableType]:
    yield Text(bias_text(found))
    yield Text(trend_text(found))
    yield ""
    table = table_of("examples", "|error| at most", right=(0, 1))
    for share, size in found.sizes:
        table.add_row(f"{100 * share:g} %", number(size))
    yield table
    yield ""
    rows = table_of("id", "target", "prediction", "error", "loss", right=(1, 2, 3, 4))
    for one in found.misses[:examples]:
        cells = (f"{value:.6g}" for value in (one.target, one.prediction))
        rows.add_row(Text(name_text(one.id)), *cells, f"{one.error:+.4g}", f"{one.loss:.4g}")
    yield Text(f"the {min(examples, found.n):,} largest errors of {found.n:,} examples", style="dim")
    yield rows
