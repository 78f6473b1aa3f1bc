"""Where the errors are, in sentences: for the terminal, for report.md, and for the end of a diagnosis."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from dlrun.data.messages import shown
from dlrun.diagnosis.error_analysis import SURE, ClassErrors, Confused, Mistake
from dlrun.diagnosis.number_errors import Miss, NumberErrors, away_from_zero
from dlrun.report.stored_errors import TABLES, source_of_dev
from dlrun.statistics.intervals import Interval

NAME = 20  # characters of a class's name, and of an id
NAMED = 5  # classes that a sentence names
ENOUGH = 10  # errors from which on a diagnosis ends with where they are


def name_text(name: str, width: int = NAME) -> str:
    """Write a class or an id, which may be any text, short and safe to print."""
    return shown(name, width=width)


def class_text(name: str) -> str:
    """Name a class in a sentence."""
    return f"class {_plain(name)}"


def _plain(name: str) -> str:
    return name if name.isascii() and name.isdigit() and len(name) < NAME else f"'{name_text(name)}'"


def share_text(share: Interval) -> str:
    """Write a share in a sentence, with its limits."""
    return f"{100 * share.value:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def percent(share: Interval | None) -> str:
    """Write a share in per cent, or points of an error, with its limits; the unit stands elsewhere."""
    return "–" if share is None else f"{100 * share.value:.1f} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def number(value: Interval) -> str:
    """Write a number in the target's units with its limits."""
    if not (isfinite(value.low) or isfinite(value.high)):
        return f"{value.value:.4g} [limits unknown]"
    return f"{value.value:.4g} [{value.low:.4g}, {'∞' if value.high == float('inf') else format(value.high, '.4g')}]"


def pair_text(pair: Confused) -> str:
    """Write what was taken for what."""
    return f"{name_text(pair.label)} → {name_text(pair.prediction)}"


def in_all(found: ClassErrors) -> str:
    """Say how many errors there are, and whether they gather in some classes."""
    if not found.wrong:
        return f"none of {found.n:,} dev examples is wrong"
    few = "; so few that their shares are hardly known" if found.wrong < ENOUGH else ""
    return f"{found.wrong:,} of {found.n:,} dev examples {'are' if found.wrong > 1 else 'is'} wrong{few}. {_outstanding(found)}"


def _outstanding(found: ClassErrors) -> str:
    """Say which classes have more errors than chance gives, by `OfClass.stands_out`."""
    if not (names := found.outstanding):
        return "No class stands out: at equal error rates chance could give each as many (exact test, Holm)"
    listed = ", ".join(_plain(one.name) for one in names[:NAMED])
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    told = f"Classes {listed}{more} stand out" if len(names) > 1 else f"Class {listed} stands out"
    return f"{told}: more errors than equal error rates would give (exact test, Holm)"


def how_sure(found: ClassErrors) -> str:
    """Say how many errors seemed certain: there a label may be wrong."""
    if all(one.probability is None for one in found.mistakes):
        return "no probability is known of what is wrong"
    if not found.sure:
        return f"no error has a probability above {SURE}"
    if found.sure == 1:
        return f"1 error has a probability above {SURE}: look whether its label is right"
    return f"{found.sure:,} errors have a probability above {SURE}: look whether their labels are right"


def rows_are_in(spec: Mapping[str, Any], example: Mistake | Miss | None) -> str | None:
    """Say where the rows are that ids count; on which line, if that is sure enough to be said with its condition."""
    source = source_of_dev(spec)
    if source is None:
        return None
    kind, file = source
    if kind not in TABLES:
        return f"an id counts the examples of {shown(file, width=1000)} from 0"
    where = f"an id counts the rows of {shown(file, width=1000)} from 0"
    if kind == "csv" and example and example.id.isascii() and example.id.isdigit() and len(example.id) < NAME:
        return f"{where}; if each row is one line below one heading, {example.id} is line {int(example.id) + 2:,}"
    return where


def bias_text(found: NumberErrors) -> str:
    """Say whether predictions are too high or too low on the whole."""
    if not away_from_zero(found.bias):
        told = "whether predictions are too high or too low does not show"
    else:
        told = f"predictions are too {'high' if found.bias.value > 0 else 'low'} on the whole"
    return f"mean of prediction − target {number(found.bias)}: {told}"


def trend_text(found: NumberErrors) -> str:
    """Say whether large targets have larger errors."""
    if found.trend is None:
        return "whether errors grow with the target is not known: too few examples, or all alike"
    value = found.trend
    told = "whether errors grow with the target does not show"
    if away_from_zero(value):
        told = f"errors {'grow' if value.value > 0 else 'shrink'} with the target"
    return f"rank correlation of |error| and target {value.value:.2f} [{value.low:.2f}, {value.high:.2f}]: {told}"


def one_line(found: ClassErrors) -> str | None:
    """Return where the errors are in one line; None of too few to say."""
    if found.wrong < ENOUGH:
        return None
    first, pair = found.classes[0], found.pairs[0]
    has = f"{class_text(first.name)} has {first.wrong:,} of {found.wrong:,}, {share_text(first.share)}" if first.share else ""
    alike = "" if found.outstanding else " (no class stands out)"
    sure = f"{found.sure:,} said with more than {SURE}" if found.sure else f"none said with more than {SURE}"
    return f"{has}{alike}; most often {pair_text(pair)} ({pair.n:,}); {sure}"


def paragraph(found: ClassErrors | NumberErrors) -> Sequence[str]:
    """Return where the errors are as the items of a short list; nothing where there are none."""
    return tuple(_items(found))


def _items(found: ClassErrors | NumberErrors) -> Iterator[str]:
    if isinstance(found, NumberErrors):
        yield bias_text(found)
        yield trend_text(found)
        if found.misses:
            worst = found.misses[0]
            said = f"{worst.prediction:.6g} for {worst.target:.6g}"
            yield f"the largest error is {worst.error:.4g}, of {name_text(worst.id)}: {said}"
    elif found.wrong:
        first, pair = found.classes[0], found.pairs[0]
        yield in_all(found)
        if first.share:
            yield (
                f"{class_text(first.name)} has {first.wrong:,} of them, {share_text(first.share)}; were none of these wrong, the "
                f"error would be {percent(first.gain)} points lower"
            )
        yield f"most often {pair_text(pair)}: {pair.n:,}, {share_text(pair.share)} of the errors"
        yield how_sure(found)
