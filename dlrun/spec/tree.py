"""The tree of a spec: mappings, sequences and scalars, each with the place where it was written."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from dlrun.spec.scalars import Value
from dlrun.spec.text import Origin

Step: TypeAlias = str | int  # a key of a mapping, or an index of a sequence
KeyPath: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True)
class Scalar:
    """A single value, and the text that stood for it."""

    value: Value
    text: str
    quoted: bool
    origin: Origin


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    origin: Origin


@dataclass(frozen=True)
class Entry:
    """One `key: value` of a mapping; the origin is the key's."""

    origin: Origin
    node: "Node"


@dataclass(frozen=True)
class Mapping:
    """Keys and values in the order written; never changed in place."""

    entries: dict[str, Entry]
    origin: Origin

    def get(self, key: str) -> "Node | None":
        """Return the value of a key, or None."""
        return self.entries[key].node if key in self.entries else None

    def with_entry(self, key: str, entry: Entry) -> "Mapping":
        """Return a copy in which this key has this value."""
        return Mapping({**self.entries, key: entry}, self.origin)

    def without(self, key: str) -> "Mapping":
        """Return a copy without this key."""
        return Mapping({k: entry for k, entry in self.entries.items() if k != key}, self.origin)


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """Return the tree as Python dicts, lists and values."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key: plain(entry.node) for key, entry in node.entries.items()}


def values_in(node: Node) -> int:
    """Return how many values a tree holds: scalars, keys, lists and mappings."""
    match node:
        case Scalar():
            return 1
        case Sequence():
            return 1 + sum(map(values_in, node.items))
        case Mapping():
            return 1 + sum(1 + values_in(entry.node) for entry in node.entries.values())


def place(root: Node, path: KeyPath) -> Origin:
    """Return where a value was written: a scalar by itself, a mapping or list by its key.

    A key that was not written stands where the nearest one above it does.
    """
    origin, node = root.origin, root
    for step in path:
        match node:
            case Mapping() if isinstance(step, str) and (entry := node.entries.get(step)):
                node = entry.node
                origin = node.origin if isinstance(node, Scalar) and node.origin.length else entry.origin
            case Sequence() if isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                origin = node.origin
            case _:
                break
    return origin


def key_place(root: Node, path: KeyPath) -> Origin:
    """Return where the last key of a path was written, or its value if it is an item of a list."""
    parent: Node | None = root
    for step in path[:-1]:
        parent = child(parent, step)
    if isinstance(parent, Mapping) and isinstance(path[-1], str) and path[-1] in parent.entries:
        return parent.entries[path[-1]].origin
    return place(root, path)


def child(node: Node | None, step: Step) -> Node | None:
    """Return what stands at a key or index, or None."""
    match node:
        case Mapping() if isinstance(step, str):
            return node.get(step)
        case Sequence() if isinstance(step, int) and 0 <= step < len(node.items):
            return node.items[step]
        case _:
            return None


def dotted(path: KeyPath) -> str:
    """Return the path as it is written on the command line: `architecture.hidden.0`."""
    return ".".join(map(str, path))
