"""Every error that dlrun raises on purpose; anything else is a bug.

DlrunError                exit code 1: the run failed
├── InvalidInput          2: usage, spec or data invalid; nothing ran
├── GateFailed            3: a run is not what its gates ask for
├── GateUndecided         4: under --strict, nobody can tell whether it is
├── Diverged              5: a loss or gradient that is not a number
├── GradientCheckFailed   6: numerical and analytic gradients differ
├── RunBusy               7: another process holds the run
└── Interrupted           130 or 143: Ctrl-C or SIGTERM

Only `dlrun.cli` catches them and turns them into exit codes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from signal import Signals

from dlrun.printable import printable


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong: what, where (`file:line:column`), the lines around it, and the cure; or `stands_for` several."""

    what: str
    where: str = ""
    excerpt: tuple[str, ...] = ()
    cure: str = ""
    stands_for: int = 1

    def __str__(self) -> str:
        """Return the lines to print; no terminal obeys what a file, its name, or a text within it made part of them."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join(map(printable, [head, *self.excerpt, *([f"  → {self.cure}"] if self.cure else [])]))


class DlrunError(Exception):
    """The run failed, for a reason a user can act on."""

    exit_code = 1

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem(what=p) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(map(str, self.problems)))


class InvalidInput(DlrunError):
    """Usage, spec or data are not what they must be; nothing has run."""

    exit_code = 2


class GateFailed(DlrunError):
    """The run is complete, and all that a gate's interval holds is refused by its condition."""

    exit_code = 3


class GateUndecided(DlrunError):
    """The run is complete, and a gate's interval lies on both sides of its limit; an error under --strict alone."""

    exit_code = 4


class DiagnosisUndecided(DlrunError):
    """A gap of the ladder lies on both sides of the tolerance; an error under --strict alone."""

    exit_code = 4


class Diverged(DlrunError):
    """A cost or gradient stopped being a finite number; found before the update, so the parameters are the last good ones."""

    exit_code = 5


class GradientCheckFailed(DlrunError):
    """The analytic gradient is not the slope of the cost."""

    exit_code = 6


class RunBusy(DlrunError):
    """Another process is writing to this run directory."""

    exit_code = 7


class Interrupted(DlrunError):
    """A signal asked the run to stop; what was trained until then is saved."""

    def __init__(self, number: int, cure: str = "") -> None:
        self.number = number
        self.exit_code = 128 + number
        super().__init__(Problem(what=f"interrupted by {Signals(number).name}", cure=cure))


def raise_all(problems: Iterable[Problem]) -> None:
    """Raise one InvalidInput that carries every problem found, or return if there are none."""
    if found := tuple(problems):
        raise InvalidInput(*found)
