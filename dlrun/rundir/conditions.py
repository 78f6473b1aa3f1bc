"""What runs must be like to be listed: `dev_error<5%`, `optimizer.kind=adam`."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dlrun.errors import InvalidInput, Problem
from dlrun.rundir.values import value_text

ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
FORM = re.compile(r"\s*([\w.]+)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*", re.DOTALL)
CURE = "write KEY=VALUE, or with != < <= > >=, such as dev_error<5%, optimizer.kind=adam, tags=baseline"


@dataclass(frozen=True)
class Condition:
    """A key, an operator, and the word a value is compared with: as numbers where both are some (5% is 0.05), else as text."""

    key: str
    operator: str
    word: str

    def on(self, key: str) -> "Condition":
        """Return the same condition on another key: the one that its own is short for."""
        return replace(self, key=key)

    def holds(self, value: Any) -> bool:
        """Return whether a value fulfils the condition.

        `=` and `!=` ask of a list whether the word is in it or all of it, of a component what kind it is, and `null` is no value;
        no value, true and false, and lists are neither less nor more than anything.
        Errors: InvalidInput if a number must be less or more than a word.
        """
        if self.operator in {"=", "!="}:
            return self._equals(value) == (self.operator == "=")
        compare, number = ORDERS[self.operator], _number(self.word)
        if isinstance(value, str):
            return number is None and compare(value, self.word)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if number is None:
            what = f"{self.key} is a number, it is neither less nor more than {self.word!r}"
            raise InvalidInput(Problem(what=what, where=f"--where {self.key}{self.operator}"))
        return compare(value, number)

    def _equals(self, value: Any) -> bool:
        match value:
            case bool():
                return self.word == value_text(value)
            case int() | float():
                return value == _number(self.word)
            case {"kind": str(kind)}:
                return self.word == kind
            case list() if any(map(self._equals, value)):
                return True
            case _:
                return _bare(self.word) == _bare(value_text(value))


def parse_condition(written: str) -> Condition:
    """Read `KEY=VALUE`, `KEY<VALUE`, ….

    Errors: InvalidInput if it is none.
    """
    match = FORM.fullmatch(written)
    if not match:
        raise InvalidInput(Problem(what="this is no condition", where=f"--where {written!r}", cure=CURE))
    return Condition(*match.groups())


def _number(word: str) -> float | None:
    try:
        return float(word.removesuffix("%") + "e-2") if word.endswith("%") else float(word)
    except ValueError:
        return None


def _bare(text: str) -> str:
    """Return a list as it compares: `[64, 32]` and `64,32` are the same."""
    return re.sub(r"\s", "", text).removeprefix("[").removesuffix("]")
