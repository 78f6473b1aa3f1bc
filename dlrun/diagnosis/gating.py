"""What becomes of a gate: a measured quantity against its condition, decided by the whole interval."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from typing import Any

from dlrun.diagnosis.decidability import examples_to_decide
from dlrun.diagnosis.gaps import MOST_EXAMPLES
from dlrun.diagnosis.gates import OUTCOMES, Compared, Gate, Outcome
from dlrun.diagnosis.quantities import QUANTITIES, quantity_of
from dlrun.statistics.intervals import Estimate, Interval, Proportion, exact

LONGEST = 500  # characters of a text in a stored row


@dataclass(frozen=True)
class Measured(Interval):
    """A quantity of a run: exact if n is None, else measured on n examples of the part whose size would decide.

    of are the error and what it is measured against, for an error and for a gap; chance is how much of the half widths, below
    and above, no number of examples would narrow.
    """

    n: int | None = None
    of: tuple[Estimate, Interval] | None = None
    chance: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of a gate; a value and limits that are None are not known, and the note says why.

    needed_n examples in all would decide it if its value stayed as it is; None where it is decided, or no number would.
    """

    gate: str
    condition: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    outcome: Outcome
    needed_n: int | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what scripts read; a note is null where nothing is to be said."""
        return {**vars(self), "note": self.note or None}

    @classmethod
    def from_json(cls, tree: Any) -> "Judged":
        """Return what `to_json` wrote; ValueError if it is something else."""
        if not isinstance(tree, dict) or tree.get("outcome") not in OUTCOMES:
            raise ValueError("this is no judged gate")
        texts = {key: tree.get(key) or "" for key in ("gate", "condition", "note")}
        if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts.values()):
            raise ValueError("a judged gate has a gate, a condition and a note, which are texts")
        value, low, high = (_number(tree.get(key)) for key in ("value", "low", "high"))
        n, needed = (_count(tree.get(key)) for key in ("n", "needed_n"))
        return cls(value=value, low=low, high=high, n=n, needed_n=needed, outcome=tree["outcome"], **texts)

    @property
    def quantity(self) -> str:
        """What was measured, whatever it was compared with."""
        return self.gate.partition(" vs ")[0]


def judge(gate: Gate, measured: Measured, margin: float) -> Judged:
    """Judge a quantity by its interval; margin is how much worse than another run is still not worse, in units of the error."""
    condition = gate.condition
    if isinstance(condition, Compared):
        outcome, limit = condition.judge(measured.low, measured.high, margin), margin if condition.word == "not worse" else 0.0
    else:
        outcome, limit = condition.judge(measured.low, measured.high), condition.limit
    return Judged(
        gate=gate.key,
        condition=str(condition),
        value=measured.value,
        low=_finite(measured.low),
        high=_finite(measured.high),
        n=measured.n,
        outcome=outcome,
        needed_n=needed_examples(measured, limit) if outcome == "inconclusive" else None,
    )


def unknown(gate: Gate, why: str) -> Judged:
    """Return what becomes of a gate whose quantity cannot be measured any more: nobody knows."""
    nothing = dict.fromkeys(("value", "low", "high", "n"))
    return Judged(gate=gate.key, condition=str(gate.condition), outcome="inconclusive", note=why[:LONGEST], **nothing)


def failed(judged: Iterable[Judged]) -> list[Judged]:
    """Return the gates that failed."""
    return [one for one in judged if one.outcome == "fail"]


def undecided(judged: Iterable[Judged]) -> list[Judged]:
    """Return the gates that nobody can decide."""
    return [one for one in judged if one.outcome == "inconclusive"]


def needed_examples(measured: Measured, limit: float) -> int | None:
    """Return about how many examples in all would decide, if the value stayed as it is; None if no number of them would.

    Limits move towards the value as 1/√n: on the limit's side the half width h must shrink to d = |limit − value|. Where a part c
    of it stays, h² = s² + c², s must shrink to √(d² − c²).
    """
    if measured.of:
        return examples_to_decide(*measured.of, limit)
    above = limit > measured.value
    half, stays = (measured.high - measured.value if above else measured.value - measured.low), measured.chance[above]
    distance = abs(limit - measured.value)
    room = (distance - stays) * (distance + stays)
    if measured.n is None or not isfinite(half) or room <= 0:
        return None
    shrink = sqrt(max(0.0, (half - stays) * (half + stays)) / room)
    needed = ceil(measured.n * shrink**2) + 1 if shrink < MOST_EXAMPLES else MOST_EXAMPLES + 1
    return needed if needed <= MOST_EXAMPLES else None


def of_error(error: Estimate) -> Measured:
    """Return an error as it is measured."""
    return Measured(error.value, error.low, error.high, error.n, (error, exact(0.0)))


def of_estimate(estimate: Estimate) -> Measured:
    """Return any other estimate; a proportion keeps its own limits at another number of examples."""
    if isinstance(estimate, Proportion):
        return of_error(estimate)
    return Measured(estimate.value, estimate.low, estimate.high, estimate.n)


def of_row(row: Judged) -> Measured | None:
    """Return what a stored row says was measured, if its quantity exists, and it says so."""
    if row.quantity not in QUANTITIES or row.value is None:
        return None
    exact = quantity_of(row.quantity).scale == "count"
    low, high = (row.value, row.value) if exact else (row.low, row.high)
    low, high = -float("inf") if low is None else low, float("inf") if high is None else high
    return Measured(row.value, low, high, row.n) if low <= row.value <= high else None


def _finite(limit: float) -> float | None:
    return limit if isfinite(limit) else None


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(number := float(value)):
        raise ValueError("a judged gate holds finite numbers")
    return number


def _count(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_EXAMPLES:
        raise ValueError("a judged gate counts examples")
    return value
