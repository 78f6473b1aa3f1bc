"""What checks of the data find: sentences for people, and the same as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Checks: TypeAlias = Literal["off", "warn", "strict"]  # not at all; tell what is found; an error ends it before anything runs
Severity: TypeAlias = Literal["error", "warning", "fine"]

SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found.

    An error makes what the run says of its parts untrue, a warning is to be known when it is read; what is fine is kept as data
    and not told. `check` names the check, `parts` are those it looked at, `facts` its numbers as plain data.
    """

    check: str
    severity: Severity
    message: str
    cure: str = ""
    parts: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The message with its cure."""
        return f"{self.message} → {self.cure}" if self.cure else self.message

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        told = {"check": self.check, "severity": self.severity, "message": self.message, "cure": self.cure}
        return {**told, "parts": list(self.parts), "facts": dict(self.facts)}


def told(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the sentences of what is not fine, errors first."""
    order = {"error": 0, "warning": 1}
    bad = sorted((found for found in findings if found.severity in order), key=lambda found: order[found.severity])
    return tuple(found.sentence for found in bad)


def part_name(part: str) -> str:
    """Return the name of a part as it is written in a sentence."""
    return part.replace("_", "-")
