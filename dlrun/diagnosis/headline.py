"""The verdict in one line of plain English."""

from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Literal

from dlrun.diagnosis.gaps import Gap
from dlrun.statistics.intervals import Interval

Metric = Literal["error_rate", "rmse"]


@dataclass(frozen=True)
class Unit:
    """How a difference of two errors is printed: times the factor, then the word."""

    factor: float
    word: str


UNITS: dict[Metric, Unit] = {"error_rate": Unit(100, " points"), "rmse": Unit(1, "")}  # rmse: in the target's own units
PART_THAT_DECIDES = {"bias": "training", "variance": "dev"}


def headline(bias: Gap, variance: Gap | None, threshold: float, unit: Unit) -> str:
    """Return what is wrong, then what is still open and how many examples would close it."""
    gaps = {"bias": bias} | ({"variance": variance} if variance else {})
    high = [name for name, gap in gaps.items() if gap.status == "high"]
    undecided = {name: gap for name, gap in gaps.items() if gap.status == "inconclusive"}
    if len(high) == 2:
        return "both: high bias and high variance, the worst of the four"

    still_open = [_open_question(name, gap, threshold, unit) for name, gap in undecided.items()]
    if variance is None:
        still_open.append("variance is unknown: there is no dev part")
    if high:
        return "; ".join([f"high {high[0]}", *still_open])
    if undecided:
        return "inconclusive: " + "; ".join(still_open)

    measured = " and ".join(f"{name} {numbers(gap, unit)}" for name, gap in gaps.items())
    opening = "neither" if variance else "nothing high"
    below = f"{measured} below the tolerance of {_plain(threshold * unit.factor)}{unit.word}"
    return "; ".join([f"{opening}: {below}", *still_open])


def numbers(interval: Interval, unit: Unit) -> str:
    """Return `value [low, high]` with as many digits as the interval's width can carry: 1.0 points [0.0, 2.0]."""
    value, low, high = (unit.factor * x for x in (interval.value, interval.low, interval.high))
    width = high - low
    decimals = max(0, 1 - floor(log10(width))) if width > 0 and isfinite(width) else 2
    return f"{value:z.{decimals}f}{unit.word} [{low:z.{decimals}f}, {high:z.{decimals}f}]"


def _open_question(name: str, gap: Gap, threshold: float, unit: Unit) -> str:
    question = f"{name} {numbers(gap, unit)} against {_plain(threshold * unit.factor)}"
    part = PART_THAT_DECIDES[name]
    if gap.needed_n is None:
        return f"{question}; no number of {part} examples would decide"
    return f"{question}; about {_rounded_up(gap.needed_n):,} {part} examples in all would decide"


def _plain(number: float) -> str:
    """Return a number with three significant digits and no exponent: 1,980 rather than 1.98e+03."""
    return f"{float(f'{number:.3g}'):,.15g}"


def _rounded_up(n: int) -> int:
    """Return n rounded up to two significant digits: it is a plan, not a measurement."""
    step = int(10 ** max(0, len(str(n)) - 2))
    return ceil(n / step) * step
