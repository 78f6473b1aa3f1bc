"""The verdict in one line of plain English."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Literal

from dlrun.diagnosis.gaps import Gap
from dlrun.statistics.intervals import Interval

Metric = Literal["error_rate", "rmse"]
RungMetric = Literal["error_rate", "rmse", "loss", "macro_f1", "auc"]  # the last two stand for 1 − the score


@dataclass(frozen=True)
class Unit:
    """How a difference of two errors is printed: times the factor, then the word."""

    factor: float
    word: str


POINTS, OWN = Unit(100, " points"), Unit(1, "")
UNITS: dict[RungMetric, Unit] = {"error_rate": POINTS, "rmse": OWN, "loss": OWN, "macro_f1": POINTS, "auc": POINTS}
PLAIN = ("data mismatch", "overfitting to dev")  # said as they are, without "high"


def headline(gaps: Mapping[str, Gap], threshold: float, unit: Unit, *, unseen: str = "dev") -> str:
    """Return what is wrong, then what is still open and how many examples would close it.

    gaps are bias, variance, data mismatch and overfitting to dev, as far as they are known; `unseen` is the part that variance is
    measured on.
    """
    high = [name for name, gap in gaps.items() if gap.status == "high"]
    undecided = open_questions(gaps, threshold, unit, unseen=unseen)
    still_open = list(undecided)
    if high == ["bias", "variance"]:
        return "; ".join(["both: high bias and high variance, the worst of the four", *still_open])
    if "variance" not in gaps:
        still_open.append("variance is unknown: there is no dev part")
    if high:
        return "; ".join([_listed([name if name in PLAIN else f"high {name}" for name in high]), *still_open])
    if undecided:
        return "inconclusive: " + "; ".join(still_open)

    measured = _listed([f"{name} {numbers(gap, unit)}" for name, gap in gaps.items()])
    opening = "neither" if list(gaps) == ["bias", "variance"] else "nothing high"
    below = f"{measured} below the tolerance of {plain(threshold * unit.factor)}{unit.word}"
    return "; ".join([f"{opening}: {below}", *still_open])


def open_questions(gaps: Mapping[str, Gap], threshold: float, unit: Unit, *, unseen: str = "dev") -> list[str]:
    """Return each gap that is inconclusive, with its numbers and about how many examples would decide it."""
    deciding = {"bias": "training", "variance": unseen, "data mismatch": "dev", "overfitting to dev": "test"}
    undecided = {name: gap for name, gap in gaps.items() if gap.status == "inconclusive"}
    return [_open_question(name, deciding[name], gap, threshold, unit) for name, gap in undecided.items()]


def numbers(interval: Interval, unit: Unit) -> str:
    """Return `value [low, high]` with as many digits as the interval's width can carry: 1.0 points [0.0, 2.0]."""
    value, low, high = (unit.factor * x for x in (interval.value, interval.low, interval.high))
    width = high - low
    decimals = max(0, 1 - floor(log10(width))) if width > 0 and isfinite(width) else 2
    return f"{value:z.{decimals}f}{unit.word} [{low:z.{decimals}f}, {high:z.{decimals}f}]"


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _open_question(name: str, part: str, gap: Gap, threshold: float, unit: Unit) -> str:
    question = f"{name} {numbers(gap, unit)} against {plain(threshold * unit.factor)}"
    if gap.needed_n is None:
        return f"{question}; no number of {part} examples would decide"
    return f"{question}; about {rounded_up(gap.needed_n):,} {part} examples in all would decide"


def plain(number: float) -> str:
    """Return a number with three significant digits and no exponent: 1,980 rather than 1.98e+03."""
    return f"{float(f'{number:.3g}'):,.15g}"


def rounded_up(n: int) -> int:
    """Return n rounded up to two significant digits: it is a plan, not a measurement."""
    step = int(10 ** max(0, len(str(n)) - 2))
    return ceil(n / step) * step
