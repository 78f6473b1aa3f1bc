"""One tree over another: what `extends` and `-s` have in common."""

from typing import overload

from dlrun.spec.desugar import kind_written, spelled_out
from dlrun.spec.schema import Shape
from dlrun.spec.text import Origin
from dlrun.spec.tree import Entry, Mapping, Node


@overload
def merge(base: Mapping, over: Mapping, shape: Shape | None) -> Mapping: ...
@overload
def merge(base: Node | None, over: Node, shape: Shape | None) -> Node: ...
def merge(base: Node | None, over: Node, shape: Shape | None) -> Node:
    """Return base with what `over` says instead: mappings merge key by key, lists and values replace.

    A mapping of another kind replaces the whole: the keys of one kind mean nothing under another. A bare number or list that
    stands for a key of a section is that key, if others are written over it.
    Every part keeps the place where it was written.
    """
    if base is not None and isinstance(over, Mapping):
        base = spelled_out(base, shape)
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    kind = kind_written(over)
    if "kind" in over.entries and kind != kind_written(base):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        field = shape.at(key, kind_written(base)) if shape else None
        node = merge(base.get(key), entry.node, field.shape if field else None)
        replaced = node is entry.node
        entries[key] = Entry(entry.origin if replaced else _section_origin(base.entries[key].origin, entry.origin), node)
    return Mapping(entries, _section_origin(base.origin, over.origin))


def _section_origin(base: Origin, over: Origin) -> Origin:
    """Return where a section is that two places write: in the nearest file, `-s` only reaches into it."""
    return base if over.text.address else over
