"""`-s key=value`: a value for one key of the spec, read as the file is."""

import re
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

from dlrun.errors import InvalidInput, Problem
from dlrun.printable import printable
from dlrun.spec.compose import MAX_DEPTH, compose
from dlrun.spec.desugar import desugar, kind_written, spelled_out, with_kinds
from dlrun.spec.extends import KEY as EXTENDS
from dlrun.spec.merge import merge
from dlrun.spec.schema import REQUIRED, Shape, fields_of
from dlrun.spec.text import Origin, Text
from dlrun.spec.tree import Entry, Mapping, Node, Scalar, Sequence, child
from dlrun.spec.wording import MAX_SHOWN, counted, quoted

_KEY = re.compile(r"[\w<-]+")  # of the unknown ones too, those that a message can repeat


def override(tree: Mapping, number: int, written: str, shape: Shape) -> tuple[Mapping, list[Problem]]:
    """Return the tree with one `key=value` over it, and what is wrong.

    `a.b=v` says what a file that extends this spec would say with `{a: {b: v}}`; besides, `a.0=v` and `a.0.b=v` reach into
    an item of a list, also of a list that is a default. number counts the overrides from 1: it is their place in messages.
    """
    key, equals, _ = written.partition("=")
    address = key.strip()
    text = Text(f"-s {number}", written, Path(), address=printable(address[:MAX_SHOWN]))
    steps, free = _steps(address, shape)
    named = steps[:-1] if free else steps
    if not equals or len(steps) > MAX_DEPTH or not all(map(_KEY.fullmatch, named)) or not steps[-1]:
        what = f"must be KEY=VALUE, such as optimizer.beta1=0.8, got {quoted(written)}"
        return tree, [Problem(what=what, where=f"-s {number}")]
    if steps[0] == EXTENDS:
        return tree, [Problem(what="only a file can extend another", where=f"-s {number}: {EXTENDS}")]
    try:
        value, problems = _entry(text, len(key) + 1) if free else compose(text, skip=len(key) + 1)
        over = _Place("", tree, shape, REQUIRED).with_value(list(zip(steps, _origins(steps, text), strict=True)), value)
    except InvalidInput as error:
        return tree, list(error.problems)
    assert isinstance(over, Mapping)  # the root is no list
    return with_kinds(merge(tree, desugar(over, shape), shape), shape), problems


def _steps(address: str, shape: Shape) -> tuple[list[str], bool]:
    """Return the keys of an address, and whether the last one is that of a free mapping, in which a dot is no step down."""
    steps = address.split(".")
    for number, step in enumerate(steps[:-1], start=1):
        field = shape.at(step)
        if field is None:
            break
        shape = field.shape
        if shape.free:
            return [*steps[:number], ".".join(steps[number:]).strip()], True
    return steps, False


def _entry(text: Text, skip: int) -> tuple[Node, list[Problem]]:
    """Return the text that an entry of a free mapping is given, `>0.9` too, which as YAML would begin a block; quotes may go."""
    written = text.content[skip:]
    told = written.strip()
    if told[:1] in {'"', "'"}:
        return compose(text, skip=skip)
    return Scalar(told, told, True, Origin(text, 1, skip + 1 + len(written) - len(written.lstrip()), len(told))), []


def _origins(steps: list[str], text: Text) -> list[Origin]:
    """Return where each step stands in `a.b=v`."""
    column = len(text.content) - len(text.content.lstrip()) + 1
    origins = []
    for step in steps:
        origins.append(Origin(text, 1, column, len(step)))
        column += len(step) + 1
    return origins


_Steps = list[tuple[str, Origin]]


@dataclass(frozen=True)
class _Place:
    """A place on the way to the key: its address, what is written there (None: nothing), what may be, and the default."""

    name: str
    node: Node | None
    shape: Shape | None
    default: object  # REQUIRED: there is none

    def with_value(self, steps: _Steps, value: Node) -> Node:
        """Return `{a: {b: value}}` for the steps a, b; a list on the way comes whole, with its one item changed."""
        if not steps:
            return value
        (step, origin), *deeper = steps
        if self.shape and self.shape.items and (step.isdecimal() or not self.shape.classes):
            return self._with_item(steps, value, self.shape.items)
        return Mapping({step: Entry(origin, self._at(step).with_value(deeper, value))}, origin)

    def _at(self, step: str) -> "_Place":
        node = spelled_out(self.node, self.shape) if self.node else None
        field = self.shape.at(step, kind_written(node)) if self.shape else None
        name = f"{self.name}.{step}".lstrip(".")
        return _Place(name, child(node, step), field.shape if field else None, field.default if field else REQUIRED)

    def _with_item(self, steps: _Steps, value: Node, shape: Shape) -> Sequence:
        (step, origin), *deeper = steps
        items = list(self._items(origin))
        if not step.isdecimal():
            cure = f"say which item: {self.name}.0.{step}=…" if shape.classes else ""
            raise InvalidInput(origin.problem(f"{self.name} is a list, its items are counted from 0", cure))
        if deeper and not shape.inner:
            raise InvalidInput(deeper[0][1].problem(f"an item of {self.name} has no keys of its own"))
        if len(step) > 9 or int(step) >= len(items):
            what = f"{self.name} has {counted(len(items), 'item')}, counted from 0; there is no {step[:20]}"
            raise InvalidInput(origin.problem(what, self._whole))
        item = items[int(step)]
        over = _Place(f"{self.name}.{step}", item, shape, REQUIRED).with_value(deeper, value)
        items[int(step)] = merge(item, desugar(over, shape), shape)
        return Sequence(tuple(items), origin)

    def _items(self, origin: Origin) -> tuple[Node, ...]:
        node = _tree(self.default, origin) if self.node is None and isinstance(self.default, tuple) else self.node
        if not isinstance(node, Sequence):
            raise InvalidInput(origin.problem(f"{self.name} is not a list here", self._whole))
        return node.items

    @property
    def _whole(self) -> str:
        return f"give all of it: {self.name}=[…]"


def _tree(value: Any, origin: Origin) -> Node:
    """Return a default as it would be written: of a section, the keys that differ from their own defaults."""
    if isinstance(value, tuple):
        return Sequence(tuple(_tree(item, origin) for item in value), origin)
    if not is_dataclass(value):
        return Scalar(value, str(value), False, origin)
    written = {name: (getattr(value, name), field.default) for name, field in fields_of(value.__class__).items()}
    told = {name: inner for name, (inner, default) in written.items() if name == "kind" or inner != default}
    return Mapping({name: Entry(origin, _tree(inner, origin)) for name, inner in told.items()}, origin)
