"""`gates:` as a spec writes it, and what is said of an entry that is none."""

from typing import Annotated

from pydantic import PlainSerializer, PlainValidator

from dlrun.diagnosis.gates import BOUND, COMPARED, Bound, Compared, Gates, read_gates, split_key
from dlrun.diagnosis.quantities import PAIRED, QUANTITIES, TEST
from dlrun.spec.schema import EntryFault, Form, FreeMapping
from dlrun.spec.suggestions import closest
from dlrun.spec.wording import hint, listed, quoted

BOUND_WORDS = "'< 8%', or another number after <, <=, > or >="
COMPARED_WORDS = "'not worse' or 'better'"
WORDS = "a mapping of quantity to condition, such as {dev.error: '< 8%'}"
LOOK = "look at it once, then judge that look: dlrun evaluate RUN --split test, dlrun gate RUN 'test.error < 8%'"

_FORMS = {name: Form(f"{quantity.words}: {BOUND_WORDS}", rf"\s*({BOUND})\s*") for name, quantity in QUANTITIES.items()}
_PAIRED_KEY = PAIRED.replace(".", r"\.") + r" vs \S.*"
_PAIRED_FORM = Form(f"the dev error beside another run's, on the same examples: {COMPARED_WORDS}", rf"\s*({COMPARED})\s*")


def key_fault(key: str, where: str = "gates") -> EntryFault | None:
    """Return what is wrong with the name of a quantity, and the cure; None if there is such a quantity."""
    quantity, against = split_key(key)
    if quantity == TEST and not against:
        return EntryFault(f"{TEST} is no gate of a spec: what a run is trained and chosen for must not look at test", LOOK)
    if quantity not in QUANTITIES:
        near = closest(quantity, QUANTITIES)
        inside = f" in {quoted(where)}" if where else ""
        return EntryFault(f"unknown quantity {quoted(key)}{inside}{hint(quoted(near) if near else '')}", _allowed())
    if against and quantity != PAIRED:
        return EntryFault(f"only {PAIRED} is compared with another run's, got {quoted(key)}", f"write '{PAIRED} vs {against}'")
    return None


def condition_fault(key: str, text: object, where: str = "gates") -> EntryFault | None:
    """Return what is wrong with the condition on a quantity that exists, and the cure; None if it is one."""
    against = split_key(key)[1]
    try:
        if isinstance(text, str):
            (Compared if against else Bound).parse(text)
            return None
    except ValueError:
        pass
    name = f"{where}.{key}".lstrip(".")
    shown = f"the text {quoted(text)}" if isinstance(text, str) else ""
    what = f"{name} must be {COMPARED_WORDS if against else BOUND_WORDS}"
    if isinstance(text, int | float) and not isinstance(text, bool):
        return EntryFault(f"{what}, got {text:g}", "" if against else f"write '< {text:g}'")
    return EntryFault(what + (f", got {shown}" if shown else ""), "")


def _allowed() -> str:
    return f"allowed: {listed([*QUANTITIES, f'{PAIRED} vs RUN'])}"


def entry_fault(key: str, value: object) -> EntryFault | None:
    """Return what is wrong with an entry of `gates`, or None."""
    wrong = key_fault(key)
    return wrong.of_key() if wrong else condition_fault(key, value)


SpecGates = Annotated[
    Gates,
    PlainValidator(read_gates),
    PlainSerializer(lambda gates: gates.written),
    FreeMapping(WORDS, _FORMS, {_PAIRED_KEY: _PAIRED_FORM}, entry_fault),
]
