"""Sentences about values: what a key may hold, and why what it was given is not that."""

from collections.abc import Callable, Iterator
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
_OLD_TRUTHS = {**dict.fromkeys(("yes", "y", "on"), "true"), **dict.fromkeys(("no", "n", "off"), "false")}  # of YAML 1.1


def wrong_value(name: str, shape: Shape, node: Node) -> tuple[str, str]:
    """Return the sentence that says what is wrong with a value, and the cure.

    If its type is right, only the bound it breaks is named; otherwise everything the key may hold.
    """
    got = f"got {shown(node)}"
    fitting = [a for a in shape.alternatives if _has_type(a, node)]
    if fitting and not isinstance(node, Mapping):
        value = node.value if isinstance(node, Scalar) else node.items
        if isinstance(value, float) and value - value != 0:
            return f"{name} must be a finite number, {got}", ""
        if len(fitting) == 1 and (broken := [_words(b) for b in fitting[0].bounds if not _holds(b, value)]):
            return f"{name} must be {listed(broken, 'and')}, {got}", ""
    near = closest(node.value, map(str, shape.words)) if isinstance(node, Scalar) and isinstance(node.value, str) else None
    return f"{name} must be {allowed(shape)}, {got}{hint(quoted(near) if near else '')}", _cure(shape, node)


def allowed(shape: Shape) -> str:
    """Return everything a key may hold, in words; the components of a union are named once, together."""
    return listed(dict.fromkeys(words for alternative in shape.alternatives for words in _allowed(alternative, shape)))


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


def _allowed(alternative: Alternative, shape: Shape) -> Iterator[str]:
    if alternative.free:
        yield alternative.free.words
    elif alternative.form:
        yield alternative.form.words
    elif alternative.words:
        yield from (f"'{word}'" if isinstance(word, str) else str(word) for word in alternative.words)
    elif alternative.item is not None:
        yield f"a list (each item {allowed(shape.items)})" if shape.items else "a list"
    elif alternative.type in shape.classes:
        keys = [key for key in fields_of(alternative.type) if key != "kind"]
        if shape.shorthand and not shape.takes_numbers:
            yield from _bare_numbers(fields_of(alternative.type)[shape.shorthand].shape, shape.shorthand)
        is_choice = len(shape.kinds) > 1 or not keys
        yield f"a kind ({listed(shape.kinds)})" if is_choice else f"a mapping with {listed(keys, 'and')}"
    else:
        if (only := _only_number(alternative.bounds)) is not None:
            yield str(only)
            return
        bounds = [_words(bound) for bound in alternative.bounds if not _is_obvious(bound)]
        yield _TYPE_WORDS[alternative.type] + (f" {listed(bounds, 'and')}" if bounds else "")


def _bare_numbers(shape: Shape, key: str) -> Iterator[str]:
    """Yield what a bare number may be that stands for a key."""
    for alternative in shape.alternatives:
        if alternative.type in (int, float):
            yield from (f"{words} for {key}" for words in _allowed(alternative, shape))


def _only_number(bounds: tuple[Any, ...]) -> Any:
    """Return the one number that bounds leave, or None if they leave several."""
    least: list[Any] = [bound.ge for bound in bounds if isinstance(bound, Ge)]
    most: list[Any] = [bound.le for bound in bounds if isinstance(bound, Le)]
    return least[0] if least and least == most else None


def _is_obvious(bound: Any) -> bool:
    """Return whether a bound goes without saying until it is broken: text is not empty, counts are below a million."""
    return bound == MinLen(1) or (isinstance(bound, Le) and bound.le >= 1_000_000)  # type: ignore[operator]


def _words(bound: Any) -> str:
    return BOUND_WORDS[type(bound)](bound)


def _cure(shape: Shape, node: Node) -> str:
    """Return how to write what was probably meant, if the value is only written in the wrong way."""
    types = {a.type for a in shape.alternatives}
    if isinstance(node, Mapping) and shape.items and shape.items.classes:
        return "write a list: [{…}]"
    if not isinstance(node, Scalar):
        return ""
    if bool in types and (truth := _OLD_TRUTHS.get(str(node.value).lower())):
        return f"write {truth}"
    if shape.items and _is_bare_item(shape.items, node):
        return f"write a list: [{quoted(node.text)[1:-1]}]"
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


def _is_bare_item(items: Shape, node: Scalar) -> bool:
    """Return whether a value would do as an item of a list."""
    alternatives = fields_of(items.section)[items.shorthand].shape.alternatives if items.section and items.shorthand else ()
    return any(_has_type(a, node) for a in (*items.alternatives, *alternatives))
