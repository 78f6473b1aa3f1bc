"""A gate in one line, as the command line takes it: `dev.error < 5%`, `dev.error vs RUN not worse`."""

import re
from collections.abc import Iterable

from dlrun.diagnosis.gates import COMPARED, Gate
from dlrun.diagnosis.quantities import TEST
from dlrun.errors import InvalidInput, Problem, raise_all
from dlrun.spec.gates import condition_fault, key_fault

COMPARISON = re.compile(rf"\s*(\S+\s+vs\s+.*?)\s+({COMPARED})\s*", re.DOTALL)
BOUNDED = re.compile(r"\s*([\w.]+)\s*([<>].*)", re.DOTALL)
CURE = "write 'dev.error < 5%', 'variance <= 8 points' or 'dev.error vs RUN not worse'"


def parse_gates(expressions: Iterable[str]) -> list[Gate]:
    """Return the gates that are written.

    Errors: InvalidInput with everything that is none, and what was probably meant.
    """
    gates: list[Gate] = []
    problems: list[Problem] = []
    for written in expressions:
        try:
            gates.append(parse_gate(written))
        except InvalidInput as error:
            problems += error.problems
    raise_all(problems)
    return gates


def parse_gate(written: str) -> Gate:
    """Return the gate that an expression writes; test.error, which a spec may not hold, too.

    Errors: InvalidInput if it writes none.
    """
    where = f"{written[:100]!r}"
    match = COMPARISON.fullmatch(written) or BOUNDED.fullmatch(written)
    if not match:
        raise InvalidInput(Problem(what="this is no gate", where=where, cure=CURE))
    key, condition = match[1], match[2]
    fault = (None if key == TEST else key_fault(key, "")) or condition_fault(key, condition, "")
    if fault:
        raise InvalidInput(Problem(what=fault.what, where=where, cure=fault.cure or CURE))
    return Gate.parse(key, condition)
