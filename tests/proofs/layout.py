"""Specs written as people write them: block and flow style, comments, blank lines; the line of every key is known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED, fields_of, kind_of
from dlrun.spec.writing import _inline, _is_text

COMMENTS = ["# λ of J", "# was 0.1: too slow", "#", "# a: b, [c]", "#{"]


@dataclass(eq=False)
class Item:
    """One `key: value` of a section, or one item of a list (its key is empty); line is known once it is written."""

    key: str
    value: "Tree"
    line: int = 0
    value_line: int = 0


@dataclass(eq=False)
class Section:
    """A mapping, or a list of mappings and scalars."""

    items: list[Item] = field(default_factory=list)
    is_list: bool = False


Tree: TypeAlias = Section | str  # a scalar is what is written


def tree_of(value: Any, random: Random) -> Tree:
    """Return a value of a spec as it is written; keys at their default are left out now and then."""
    if isinstance(value, tuple):
        return Section([Item("", tree_of(item, random)) for item in value], is_list=True)
    if not isinstance(value, Spec) and (not hasattr(value, "__dataclass_fields__") or _is_text(value)):
        return _inline(value)
    items = []
    for key, known in fields_of(value.__class__).items():
        inner = getattr(value, key)
        if known.default is REQUIRED or inner != known.default or random.random() < 0.4:
            items.append(Item(key, tree_of(inner, random)))
    if (kind := kind_of(value)) and all(item.key != "kind" for item in items):
        items.insert(0, Item("kind", kind))
    head, rest = (items[:1], items[1:]) if kind else ([], items)
    random.shuffle(rest)
    return Section([*head, *rest])


def write(root: Section, random: Random) -> str:
    """Return the tree as YAML in a random layout, and note the line of every item in it."""
    return _Page(random).block(root, "").text


class _Page:
    """The lines written so far."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines = [""]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def block(self, section: Section, indent: str) -> "_Page":
        for item in section.items:
            self._interlude(indent)
            self._add(indent + ("- " if section.is_list else f"{item.key}:"))
            item.line = len(self.lines)
            self._value(item, indent, in_list=section.is_list)
            self._end()
        return self

    def _value(self, item: Item, indent: str, *, in_list: bool) -> None:
        item.value_line = len(self.lines)
        is_block = isinstance(item.value, Section) and item.value.items and not in_list and self.random.random() < 0.6
        if isinstance(item.value, Section) and is_block:
            if self.random.random() < 0.2:
                self._add("  " + self.random.choice(COMMENTS))
            self.lines.append("")
            self.block(item.value, indent + " " * self.random.randint(1, 4))
            return
        self._add("" if in_list else " " * self.random.randint(1, 3))
        self._flow(item.value, indent + "  ")

    def _flow(self, value: Tree, indent: str) -> None:
        if isinstance(value, str):
            self._add(value)
            return
        self._add("[" if value.is_list else "{")
        for number, item in enumerate(value.items):
            if number:
                self._add(",")
                self._break(indent)
            item.line = item.value_line = len(self.lines)
            self._add(f"{item.key}: " if item.key else "")
            self._flow(item.value, indent)
        self._add("]" if value.is_list else "}")

    def _break(self, indent: str) -> None:
        """Go on in the same line, or in the next."""
        self._add(" ")
        if self.random.random() < 0.25:
            if self.random.random() < 0.2:
                self._add(self.random.choice(COMMENTS))
            self.lines.append(indent + " ")

    def _interlude(self, indent: str) -> None:
        """Put blank lines and comments before a key; all of them count as lines."""
        while self.random.random() < 0.15:
            self._add(self.random.choice(["", indent + self.random.choice(COMMENTS)]))
            self.lines.append("")

    def _end(self) -> None:
        if self.lines[-1]:
            if self.random.random() < 0.1:
                self._add("  " + self.random.choice(COMMENTS))
            self.lines.append("")

    def _add(self, text: str) -> None:
        self.lines[-1] += text


def sections(section: Section) -> Iterator[Section]:
    """Yield a section and those in it."""
    yield section
    for item in section.items:
        if isinstance(item.value, Section):
            yield from sections(item.value)
