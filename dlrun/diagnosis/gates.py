"""Gates: what a run must be like, `dev.error < 8%`; a quantity and its condition."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, Self, TypeAlias, cast, get_args

from dlrun.diagnosis.quantities import PAIRED, QUANTITIES, quantity_of

Operator = Literal["<", "<=", ">", ">="]
Unit = Literal["", "%", " points"]
Outcome = Literal["pass", "fail", "inconclusive"]

NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
BOUND = rf"(<=|>=|<|>)\s*({NUMBER})\s*(%|points?)?"
COMPARED = "not worse|better"
MOST_DIGITS = 40  # of a limit


@dataclass(frozen=True)
class Bound:
    """An order and a number: `< 8%`, `>= 0.9`, `< 3 points`."""

    operator: Operator
    number: float
    unit: Unit = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the bound that a text writes; ValueError if it writes none."""
        match = re.fullmatch(BOUND, text.strip())
        if not match or len(match[2]) > MOST_DIGITS or not isfinite(number := float(match[2])):
            raise ValueError(text)
        unit: Unit = "%" if match[3] == "%" else " points" if match[3] else ""
        return cls(cast(Operator, match[1]), number, unit)

    @property
    def limit(self) -> float:
        """The number as a fraction, if it is written in percent or points: 1.4% is 0.014, rounded once."""
        return float(Decimal(repr(self.number)).scaleb(-2)) if self.unit else self.number

    def judge(self, low: float, high: float) -> Outcome:
        """Say whether an interval lies wholly where the bound holds (pass), wholly where it does not (fail), or in both."""
        match self.operator:
            case "<":
                holds, fails = high < self.limit, low >= self.limit
            case "<=":
                holds, fails = high <= self.limit, low > self.limit
            case ">":
                holds, fails = low > self.limit, high <= self.limit
            case ">=":
                holds, fails = low >= self.limit, high < self.limit
        return "pass" if holds else "fail" if fails else "inconclusive"

    def __str__(self) -> str:
        return f"{self.operator} {repr(self.number).removesuffix('.0')}{self.unit}"


@dataclass(frozen=True)
class Compared:
    """How a run must be beside another one, judged on the same examples.

    `not worse` fails when the whole interval of the difference of errors lies above 0, passes when all of it lies below a margin,
    and is inconclusive otherwise: that two runs are equal no number of examples shows, that one is hardly worse some do. `better`
    passes below 0 and fails above it.
    Source: Piaggio et al. 2012, JAMA 308, 2594–2604 (non-inferiority by confidence intervals).
    """

    word: Literal["not worse", "better"]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a text says; ValueError if it says neither."""
        word = " ".join(text.split())
        if word not in COMPARED.split("|"):
            raise ValueError(text)
        return cls(cast(Literal["not worse", "better"], word))

    def judge(self, low: float, high: float, margin: float) -> Outcome:
        """Judge the interval of this run's error minus the other's."""
        if low > 0:
            return "fail"
        return "pass" if high < (margin if self.word == "not worse" else 0) else "inconclusive"

    def __str__(self) -> str:
        return self.word


Condition: TypeAlias = Bound | Compared


@dataclass(frozen=True)
class Gate:
    """A quantity, the run it is compared with if it is, and its condition.

    Errors: ValueError from `parse` if the condition is none, or not one of a comparison where there is one.
    """

    quantity: str
    against: str
    condition: Condition

    @classmethod
    def parse(cls, key: str, condition: str) -> Self:
        """Return the gate that an entry of `gates` writes, whose key names a quantity that exists."""
        quantity, against = split_key(key)
        return cls(quantity, against, Compared.parse(condition) if against else Bound.parse(condition))

    @property
    def key(self) -> str:
        """What the gate is about, as it is written: `dev.error`, `dev.error vs RUN`."""
        return f"{self.quantity} vs {self.against}" if self.against else self.quantity

    def misfit(self, *, regression: bool) -> tuple[str, str] | None:
        """Return why no value could be measured against the limit as it is written, and the cure; None if one can."""
        if isinstance(self.condition, Compared):
            return None
        scale, bound = quantity_of(self.quantity).scale, self.condition
        fraction = scale == "share" or (scale == "error" and not regression)
        if bound.unit and not fraction:
            units = {"error": "in the target's units", "plain": "a number with units of its own", "count": "a plain number"}
            return f"{self.quantity} is {units[scale]}: {bound} says nothing about it", "write a number without %"
        if bound.unit == " points" and scale == "share":
            return f"{self.quantity} is a share: it has no points", f"write {bound.operator} {bound.number:g}%"
        if fraction and abs(bound.limit) > 1:
            cure = f"did you mean {bound.operator} {bound.number:g}%?" if not bound.unit and abs(bound.limit) <= 100 else ""
            return f"{self.quantity} is at most 1, that is 100 %: {bound} says nothing about it", cure
        return None

    def __str__(self) -> str:
        return f"{self.key} {self.condition}"


def split_key(key: str) -> tuple[str, str]:
    """Return the quantity of an entry's key, and the run it is compared with, or nothing."""
    quantity, _, against = " ".join(key.split()).partition(" vs ")
    return quantity, against


class Gates(Mapping[str, Gate]):
    """The gates of a run by their keys, in the order written; never changed."""

    def __init__(self, gates: Iterable[Gate] = ()) -> None:
        self._gates = {gate.key: gate for gate in gates}

    def __getitem__(self, key: str) -> Gate:
        return self._gates[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._gates)

    def __len__(self) -> int:
        return len(self._gates)

    def __hash__(self) -> int:
        return hash(frozenset(self._gates.values()))

    def __repr__(self) -> str:
        return f"Gates({self.written!r})"

    @property
    def written(self) -> dict[str, str]:
        """Every condition as text, by its key: what a spec and a record hold."""
        return {key: str(gate.condition) for key, gate in self.items()}


OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def read_gates(tree: Any) -> Gates:
    """Return the gates that a mapping of texts writes, as it stands in a spec or a record.

    Errors: ValueError if it is none.
    """
    if isinstance(tree, Gates):
        return tree
    if not isinstance(tree, Mapping) or not all(isinstance(text, str) for entry in tree.items() for text in entry):
        raise ValueError("gates are a mapping of quantity to condition")
    return Gates(known_gate(key, condition) for key, condition in tree.items())


def known_gate(key: str, condition: str) -> Gate:
    """Return the gate of an entry; ValueError if its quantity does not exist, or is not one to be compared, too."""
    gate = Gate.parse(key, condition)
    if gate.quantity not in ((PAIRED,) if gate.against else QUANTITIES):
        raise ValueError(key)
    return gate
