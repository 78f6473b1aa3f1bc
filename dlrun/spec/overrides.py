"""`-s key=value`: a value for one key of the spec, read as the file is."""

import re
from pathlib import Path

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.compose import compose
from dlrun.spec.desugar import desugar, kind_written, with_kinds
from dlrun.spec.extends import KEY as EXTENDS
from dlrun.spec.merge import merge
from dlrun.spec.schema import REQUIRED, Field, Shape
from dlrun.spec.text import Origin, Text, printable
from dlrun.spec.tree import Entry, Mapping, Node, Scalar, Sequence, child
from dlrun.spec.wording import counted, quoted

_KEY = re.compile(r"[\w<-]+")  # of the unknown ones too, those that a message can repeat


def override(tree: Mapping, number: int, written: str, shape: Shape) -> tuple[Mapping, list[Problem]]:
    """Return the tree with one `key=value` over it, and what is wrong.

    `a.b=v` says what a file that extends this spec would say with `{a: {b: v}}`; besides, `a.0=v` is an item of a list,
    also of a list that is a default. number counts the overrides from 1: it is their place in messages.
    """
    key, equals, _ = written.partition("=")
    address = key.strip()
    text = Text(f"-s {number}", written, Path(), address=printable(address))
    steps = address.split(".")
    if not equals or not all(map(_KEY.fullmatch, steps)):
        what = f"must be KEY=VALUE, such as optimizer.beta1=0.8, got {quoted(written)}"
        return tree, [Problem(what=what, where=f"-s {number}")]
    if steps[0] == EXTENDS:
        return tree, [Problem(what="only a file can extend another", where=f"-s {number}: {EXTENDS}")]
    try:
        value, problems = compose(text, skip=len(key) + 1)
        over = _nested(tree, steps, value, text, shape)
    except InvalidInput as error:
        return tree, list(error.problems)
    return with_kinds(merge(tree, desugar(over, shape)), shape), problems


def _nested(tree: Mapping, steps: list[str], value: Node, text: Text, shape: Shape) -> Mapping:
    """Return `{a: {b: value}}` for the steps a, b; a list on the way comes whole, with its one item changed."""
    origins = _origins(steps, text)
    walked: list[str] = []
    node: Node | None = tree
    inside: Shape | None = shape
    default: object = REQUIRED
    for i, step in enumerate(steps):
        if inside and inside.items and step.isdecimal():
            items = _default_items(default, origins[i]) if node is None else node
            value = _with_item(items, steps[i:], value, origins[i], ".".join(walked))
            break
        field = _field(node, inside, step)
        inside, default = (field.shape, field.default) if field else (None, REQUIRED)
        node = child(node, step)
        walked.append(step)
    for step, origin in zip(reversed(walked[1:]), reversed(origins[1 : len(walked)]), strict=True):
        value = Mapping({step: Entry(origin, value)}, origin)
    return Mapping({steps[0]: Entry(origins[0], value)}, origins[0])


def _field(node: Node | None, shape: Shape | None, step: str) -> Field | None:
    return shape.at(step, kind_written(node)) if shape else None


def _origins(steps: list[str], text: Text) -> list[Origin]:
    """Return where each step stands in `a.b=v`."""
    column = len(text.content) - len(text.content.lstrip()) + 1
    origins = []
    for step in steps:
        origins.append(Origin(text, 1, column, len(step)))
        column += len(step) + 1
    return origins


def _default_items(default: object, origin: Origin) -> Sequence | None:
    if not isinstance(default, tuple):
        return None
    return Sequence(tuple(Scalar(value, str(value), False, origin) for value in default), origin)


def _with_item(items: Node | None, steps: list[str], value: Node, origin: Origin, name: str) -> Sequence:
    index, *deeper = steps
    if deeper:
        raise InvalidInput(origin.problem(f"an item of {name} has no keys of its own"))
    if not isinstance(items, Sequence):
        raise InvalidInput(origin.problem(f"{name} is not a list here", f"give all of it: {name}=[…]"))
    if len(index) > 9 or int(index) >= len(items.items):
        what = f"{name} has {counted(len(items.items), 'item')}, counted from 0; there is no {index[:20]}"
        raise InvalidInput(origin.problem(what, f"give all of it: {name}=[…]"))
    changed = list(items.items)
    changed[int(index)] = value
    return Sequence(tuple(changed), origin)
