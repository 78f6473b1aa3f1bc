"""YAML text into a tree with origins: PyYAML reads the events, the meaning of everything is decided here.

Only the pure Python parser is used: the C one dies of a stack overflow on deep nesting. Tags, anchors, aliases and
duplicate keys are errors, so nothing in a spec can run, repeat or hide.
"""

import re
from typing import Any, NoReturn

import yaml

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.scalars import resolve
from dlrun.spec.text import Origin, Text
from dlrun.spec.tree import Entry, Mapping, Node, Scalar, Sequence
from dlrun.spec.wording import quoted

MAX_DEPTH = 32
MAX_NODES = 3_000  # more take half a second to judge, and no experiment needs them
MAX_PROBLEMS = 50
MAX_SHOWN = 200  # characters of PyYAML's words, which may hold a part of the text

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def compose(text: Text, skip: int = 0, most: int = MAX_NODES) -> tuple[Node, list[Problem]]:
    """Return the tree of a text (its first `skip` characters left out) of at most so many values, and what is wrong with it.

    Raises InvalidInput where the tree itself cannot be known: bad syntax, an alias, too deep, too large.
    """
    return _Composer(text, skip, most).compose()


class _Composer:
    """One pass over the events of one text."""

    def __init__(self, text: Text, skip: int, most: int) -> None:
        self.text = text
        self.skip = skip
        self.most = most
        self.problems: list[Problem] = []
        self.nodes = 0
        self.unknown = 0  # values that cannot be known, so that judging the tree would only mislead
        try:
            self.loader: Any = yaml.SafeLoader(text.content[skip:])
        except yaml.reader.ReaderError as error:
            self._stop(self._at_character(error.position + skip), f"the character U+{error.character:04X} is not allowed in YAML")

    def compose(self) -> tuple[Node, list[Problem]]:
        self._next()  # the start of the stream
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return Scalar(None, "", False, Origin(self.text, 1, self.skip + 1, 0)), []
        node = self._node(self._next(), depth=1, above=())
        self._next()  # the end of the document
        if not isinstance(after := self._next(), yaml.StreamEndEvent):
            self._report(self._origin(after), "a second document starts here, a spec is one", "write one file per experiment")
        if self.unknown:
            raise InvalidInput(*self.problems)
        return node, self.problems

    def _next(self) -> Any:
        try:
            return self.loader.get_event()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = self._at_mark(mark, mark) if mark else Origin(self.text, 1, 1, 0)
            self._stop(where, f"this is not YAML: {str(error.problem or error.context)[:MAX_SHOWN]}")
        except (ValueError, OverflowError):  # PyYAML's own, for "\UFFFFFFFF" and the like
            mark = self.loader.get_mark()
            self._stop(self._at_mark(mark, mark), "this is not YAML: an escape or a number that cannot be")

    def _node(self, event: Any, depth: int, above: tuple[int, ...]) -> Node:
        """Return the node that begins with this event; above are the lines of the keys it stands under."""
        origin = self._origin(event, above)
        self.nodes += 1
        if self.nodes > self.most:
            among = " and the files it extends" if self.most < MAX_NODES else ""
            self._stop(origin, f"more than {MAX_NODES:,} values, too many for a spec{among}")
        if depth > MAX_DEPTH:
            self._stop(origin, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            what = f"the alias {quoted(f'*{event.anchor}')} is not allowed"
            return self._unknown(origin, what, "write the value out, or use `extends: base.yaml`")
        if event.anchor is not None:
            what = f"the anchor {quoted(f'&{event.anchor}')} is not allowed"
            self._report(origin, what, "write the value out where it is needed")
        if event.tag is not None:
            self._report(origin, f"the tag {quoted(event.tag)} is not allowed", "leave it out: types follow from the key")
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event, origin)
            case yaml.SequenceStartEvent():
                return self._sequence(origin, depth, above)
            case _:
                return self._mapping(origin, depth, above)

    def _scalar(self, event: Any, origin: Origin) -> Scalar:
        if control := _CONTROL.search(event.value):
            return self._unknown(origin, f"the control character U+{ord(control[0]):04X} is not allowed")
        is_quoted = event.style is not None
        return Scalar(event.value if is_quoted else resolve(event.value), event.value, is_quoted, origin)

    def _sequence(self, origin: Origin, depth: int, above: tuple[int, ...]) -> Sequence:
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1, above))
        return Sequence(tuple(items), origin)

    def _mapping(self, origin: Origin, depth: int, above: tuple[int, ...]) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._node(event, depth + 1, above)
            node = self._node(self._next(), depth + 1, (*above, key.origin.line))
            if not isinstance(key, Scalar):
                self._report(key.origin, "a key must be a single word, not a list or a mapping")
            elif first := entries.get(key.text):
                what = f"duplicate key {quoted(key.text)}, it is already in line {first.origin.line}"
                self._report(key.origin, what, "keep one of the two")
            else:
                entries[key.text] = Entry(key.origin, node)
        return Mapping(entries, origin)

    def _origin(self, event: Any, above: tuple[int, ...] = ()) -> Origin:
        line = event.start_mark.line + 1
        section = next((number for number in reversed(above) if number < line), 0)
        return self._at_mark(event.start_mark, event.end_mark, section)

    def _at_mark(self, start: Any, end: Any, section: int = 0) -> Origin:
        shift = self.skip if start.line == 0 else 0
        column = start.column + shift
        length = end.column - start.column if end.line == start.line else len(self.text.lines[start.line]) - column
        return Origin(self.text, start.line + 1, column + 1, max(0, length), section)

    def _at_character(self, position: int) -> Origin:
        before = Text("", self.text.content[:position], self.text.directory).lines
        return Origin(self.text, len(before), len(before[-1]) + 1, 1)

    def _unknown(self, origin: Origin, what: str, cure: str = "") -> Scalar:
        self.unknown += 1
        self._report(origin, what, cure)
        return Scalar(None, "", False, origin)

    def _report(self, origin: Origin, what: str, cure: str = "") -> None:
        self.problems.append(origin.problem(what, cure))
        if len(self.problems) >= MAX_PROBLEMS:
            raise InvalidInput(*self.problems)

    def _stop(self, origin: Origin, what: str) -> NoReturn:
        raise InvalidInput(*self.problems, origin.problem(what))
