"""Sentences about values: what a key may hold, and why what it was given is not that."""

from collections.abc import Callable
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from dlrun.spec.scalars import resolve
from dlrun.spec.schema import Alternative, Shape, fields_of
from dlrun.spec.suggestions import closest
from dlrun.spec.tree import Mapping, Node, Scalar, Sequence
from dlrun.spec.wording import counted, hint, listed, quoted

BOUND_WORDS: dict[type, Callable[[Any], str]] = {
    Ge: lambda bound: f"at least {bound.ge:,}",
    Gt: lambda bound: f"above {bound.gt:,}",
    Le: lambda bound: f"at most {bound.le:,}",
    Lt: lambda bound: f"below {bound.lt:,}",
    MinLen: lambda bound: f"at least {bound.min_length} long" if bound.min_length > 1 else "not empty",
    MaxLen: lambda bound: f"at most {bound.max_length} long",
}
_TYPE_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    None: "null",
}


def wrong_value(name: str, shape: Shape, node: Node) -> tuple[str, str]:
    """Return the sentence that says what is wrong with a value, and the cure.

    If its type is right, only the bound it breaks is named; otherwise everything the key may hold.
    """
    got = f"got {shown(node)}"
    fitting = [a for a in shape.alternatives if _has_type(a, node)]
    if isinstance(node, Scalar) and fitting:
        number = node.value
        if isinstance(number, float) and number - number != 0:
            return f"{name} must be a finite number, {got}", ""
        if len(fitting) == 1 and (broken := [_words(b) for b in fitting[0].bounds if not _holds(b, number)]):
            return f"{name} must be {listed(broken, 'and')}, {got}", ""
    near = closest(node.value, map(str, shape.words)) if isinstance(node, Scalar) and isinstance(node.value, str) else None
    return f"{name} must be {allowed(shape)}, {got}{hint(quoted(near) if near else '')}", _cure(shape, node)


def allowed(shape: Shape) -> str:
    """Return everything a key may hold, in words; the components of a union are named once, together."""
    return listed(dict.fromkeys(_allowed(alternative, shape) for alternative in shape.alternatives))


def shown(node: Node) -> str:
    """Return a value as a message repeats it."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return f"a list of {counted(len(node.items), 'item')}"
        case Scalar(value=None):
            return "null" if node.text else "nothing"
        case Scalar(value=str()):
            return f"the text {quoted(node.text)}"
        case Scalar():
            return quoted(node.text)[1:-1]


def _has_type(alternative: Alternative, node: Node) -> bool:
    match node:
        case Scalar(value=bool()):
            return alternative.type is bool
        case Scalar(value=int()):
            return alternative.type in (int, float)
        case Scalar(value=float()):
            return alternative.type is float
        case Scalar(value=str()):
            return alternative.type is str and not alternative.form
        case Sequence():
            return alternative.item is not None
        case _:
            return False


def _holds(bound: Any, value: Any) -> bool:
    match bound:
        case Ge():
            return bool(value >= bound.ge)
        case Gt():
            return bool(value > bound.gt)
        case Le():
            return bool(value <= bound.le)
        case Lt():
            return bool(value < bound.lt)
        case MinLen():
            return bool(len(value) >= bound.min_length)
        case _:
            return bool(len(value) <= bound.max_length)


def _allowed(alternative: Alternative, shape: Shape) -> str:
    if alternative.form:
        return alternative.form
    if alternative.words:
        return listed(f"'{word}'" if isinstance(word, str) else word for word in alternative.words)
    if alternative.item is not None:
        items = shape.items
        return f"a list, each item {allowed(items)}" if items else "a list"
    if alternative.type in shape.kinds.values():
        return f"a kind ({listed(shape.kinds)})"
    if alternative.type in shape.classes:
        return f"a mapping with {listed(fields_of(alternative.type), 'and')}"
    bounds = [_words(bound) for bound in alternative.bounds if not _is_obvious(bound)]
    return _TYPE_WORDS[alternative.type] + (f" {listed(bounds, 'and')}" if bounds else "")


def _is_obvious(bound: Any) -> bool:
    """Return whether a bound goes without saying until it is broken: text is not empty, counts are below a million."""
    return bound == MinLen(1) or (isinstance(bound, Le) and bound.le >= 1_000_000)  # type: ignore[operator]


def _words(bound: Any) -> str:
    return BOUND_WORDS[type(bound)](bound)


def _cure(shape: Shape, node: Node) -> str:
    """Return how to write what was probably meant, if the value is only written in the wrong way."""
    types = {a.type for a in shape.alternatives}
    if not isinstance(node, Scalar):
        return ""
    meant = resolve(node.text)
    if (
        isinstance(node.value, str)
        and not isinstance(meant, str)
        and any(_has_type(a, Scalar(meant, node.text, False, node.origin)) for a in shape.alternatives)
    ):
        return f"remove the quotes: {node.text}"
    if isinstance(node.value, float) and node.value.is_integer() and int in types:
        return f"write it as a whole number: {int(node.value)}" if abs(node.value) < 1e15 else ""
    if str in types and node.text and not isinstance(node.value, str):
        return f"put quotes around it: '{node.text}'"
    if node.value is None and not node.text and shape.section:
        return "remove the key to keep its defaults"
    return ""
