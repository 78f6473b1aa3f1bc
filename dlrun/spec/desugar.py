"""Short forms written out: a word into its kind, a number into its section, a relative path into an absolute one.

    activation: tanh       → {kind: tanh}              where one of several components is expected
    learning_rate: 0.01    → {initial: 0.01}           where the section says what a bare number means
    hidden: [64]           → [{units: 64}]             in the items of a list too
    path: data.csv         → /where/the/spec/is/data.csv

Which of these applies follows from the types of the spec alone. `kind`s left out are filled in by `with_kinds`, later:
in a file that extends another, the kind may stand in the other one.
"""

from dataclasses import replace
from typing import overload

from dlrun.spec.schema import Shape
from dlrun.spec.tree import Entry, Mapping, Node, Scalar, Sequence


@overload
def desugar(node: Mapping, shape: Shape | None) -> Mapping: ...
@overload
def desugar(node: Node, shape: Shape | None) -> Node: ...
def desugar(node: Node, shape: Shape | None) -> Node:
    """Return the tree with its short forms written out; what does not fit the types stays, for the validator to say so."""
    if shape is None:
        return node
    match node:
        case Scalar():
            return _scalar(node, shape)
        case Sequence():
            return Sequence(tuple(desugar(item, shape.items) for item in node.items), node.origin)
        case Mapping():
            entries = {key: Entry(e.origin, _value(key, e.node, node, shape)) for key, e in node.entries.items()}
            return Mapping(entries, node.origin)


@overload
def with_kinds(node: Mapping, shape: Shape | None, default_kind: str | None = None) -> Mapping: ...
@overload
def with_kinds(node: Node, shape: Shape | None, default_kind: str | None = None) -> Node: ...
def with_kinds(node: Node, shape: Shape | None, default_kind: str | None = None) -> Node:
    """Return the tree in which every component has its kind: where none is written, the section's default, or the only one."""
    if shape is None or isinstance(node, Scalar):
        return node
    if isinstance(node, Sequence):
        return Sequence(tuple(with_kinds(item, shape.items) for item in node.items), node.origin)
    kind = kind_written(node)
    default_kind = default_kind or shape.only_kind
    if shape.kinds and "kind" not in node.entries and default_kind:
        kind = default_kind
        word = Scalar(kind, kind, False, node.origin)
        node = Mapping({"kind": Entry(node.origin, word), **node.entries}, node.origin)
    entries = {}
    for key, entry in node.entries.items():
        field = shape.at(key, kind)
        value = with_kinds(entry.node, field.shape, field.default_kind) if field else entry.node
        entries[key] = Entry(entry.origin, value)
    return Mapping(entries, node.origin)


def spelled_out(node: Node, shape: Shape | None) -> Node:
    """Return a bare number or list as the mapping it stands for, so that other keys can join it; anything else as it is."""
    if shape and shape.shorthand and (_is_number(node) or isinstance(node, Sequence)):
        return Mapping({shape.shorthand: Entry(node.origin, node)}, node.origin)
    return node


def kind_written(node: Node | None) -> str | None:
    """Return the kind a mapping names, or None."""
    kind = node.get("kind") if isinstance(node, Mapping) else None
    return kind.value if isinstance(kind, Scalar) and isinstance(kind.value, str) else None


def _scalar(node: Scalar, shape: Shape) -> Node:
    if shape.names_a_file and isinstance(node.value, str) and node.value:
        return replace(node, value=node.origin.text.absolute(node.value))
    if _is_kind(node, shape):
        return Mapping({"kind": Entry(node.origin, node)}, node.origin)
    return spelled_out(node, shape) if _is_number(node) and not shape.takes_numbers else node


def _is_kind(node: Scalar, shape: Shape) -> bool:
    """Return whether a word must be a kind; where there is only one, others are more likely a slip of something else."""
    is_word = isinstance(node.value, str) and node.value not in shape.words
    return is_word and bool(shape.kinds) and shape.only_kind in (None, node.value)


def _is_number(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _value(key: str, node: Node, parent: Mapping, shape: Shape) -> Node:
    field = shape.at(key, kind_written(parent))
    return desugar(node, field.shape if field else None)
