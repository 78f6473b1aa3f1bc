"""What to say about one place where a tree is not a spec: unknown key, missing key, unknown kind, wrong value."""

from dataclasses import dataclass

from dlrun.errors import Problem
from dlrun.spec.model import Spec
from dlrun.spec.schema import Alternative, Shape, fields_of, key_paths
from dlrun.spec.sentences import allowed, shown, wrong_value
from dlrun.spec.suggestions import meant_key, meant_kind
from dlrun.spec.text import Origin
from dlrun.spec.tree import KeyPath, Mapping, Node, Scalar, child, dotted, key_place, place
from dlrun.spec.wording import hint, listed, quoted

ROOT = Shape((Alternative(Spec),))


@dataclass(frozen=True)
class Fault:
    """A place, the value there (None: a key is missing), and what is expected (None: there is no such key)."""

    path: KeyPath
    node: Node | None
    shape: Shape | None

    def origin(self, tree: Mapping) -> Origin:
        """Return where the fault was written."""
        return key_place(tree, self.path) if self.shape is None else place(tree, self.path)

    def problem(self, tree: Mapping) -> Problem:
        """Return the fault in words, with its lines."""
        if self.shape is None:
            what, cure = _unknown_key(tree, self.path)
        elif self.node is None:
            what, cure = f"missing key {_named(self.path)}", f"it must be {allowed(self.shape)}"
        elif self.path[-1] == "kind" and self.shape.kinds:
            what, cure = _unknown_kind(self.path, self.node, self.shape)
        else:
            what, cure = wrong_value(dotted(self.path), self.shape, self.node)
        return self.origin(tree).problem(what, cure)


def kind_at(node: Node | None) -> object:
    """Return the value of a mapping's `kind`, or None."""
    kind = node.get("kind") if isinstance(node, Mapping) else None
    return kind.value if isinstance(kind, Scalar) else None


def _named(path: KeyPath) -> str:
    """Return `'key' in 'section'`."""
    inside = f" in {quoted(dotted(path[:-1]))}" if path[:-1] else ""
    return quoted(str(path[-1])) + inside


def _unknown_kind(path: KeyPath, node: Node, shape: Shape) -> tuple[str, str]:
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return f"{dotted(path)} must be {listed(shape.kinds)}, got {shown(node)}", ""
    names = [*(str(word) for word in shape.words), *shape.kinds]
    near = meant_kind(node.value, names)
    what = f"unknown kind {quoted(node.value)} in {quoted(dotted(path[:-1]))}{hint(quoted(near) if near else '')}"
    return what, f"allowed: {listed(names)}"


def _unknown_key(tree: Mapping, path: KeyPath) -> tuple[str, str]:
    """Say which key was meant; if it belongs to another kind of the component, which."""
    key, here = str(path[-1]), dotted(path[:-1])
    shape, kind = _section(tree, path[:-1])
    siblings = [name for cls in shape.candidates(kind) for name in fields_of(cls) if name != "kind"]
    siblings += [] if here else ["extends"]
    what = f"unknown key {_named(path)}"
    if owners := _owners(shape, key):
        return f"{what}: {kind} has {listed(siblings, 'and') if siblings else 'no keys'}", _belongs(key, owners)
    meant = meant_key(key, here, siblings, key_paths(Spec))
    if not meant:
        return what, f"allowed: {listed(siblings or ['kind'])}"
    section, _, leaf = meant.key.rpartition(".")
    name = quoted(leaf if section == here else meant.key) + (f" ({meant.word})" if meant.word else "")
    name += " at the top level" if here and not section else ""
    elsewhere = _owners(shape, leaf) if section == here and leaf not in siblings else []
    return what + hint(name), meant.remark or (_belongs(leaf, elsewhere) if elsewhere else "")


def _owners(shape: Shape, key: str) -> list[str]:
    """Return the kinds that have a key."""
    return [kind for kind, cls in shape.kinds.items() if key in fields_of(cls)]


def _belongs(key: str, kinds: list[str]) -> str:
    return f"{quoted(key)} belongs to kind {listed(kinds, 'and')}"


def _section(tree: Mapping, path: KeyPath) -> tuple[Shape, object]:
    """Return what is expected at a path that exists, and the kind written there."""
    node: Node | None = tree
    shape = ROOT
    for step in path:
        field = shape.at(step, kind_at(node)) if isinstance(step, str) else None
        shape = field.shape if field else shape.items or ROOT
        node = child(node, step)
    return shape, kind_at(node)
