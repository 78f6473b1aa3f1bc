"""What to say about one place where a tree is not a spec: unknown key, missing key, unknown kind, wrong value."""

from dataclasses import dataclass

from dlrun.errors import Problem
from dlrun.spec.model import Spec
from dlrun.spec.schema import Alternative, EntryFault, Shape, fields_of, key_paths
from dlrun.spec.sentences import allowed, shown, wrong_value
from dlrun.spec.suggestions import Meaning, closest, meant_key, meant_kind
from dlrun.spec.text import Origin
from dlrun.spec.tree import KeyPath, Mapping, Node, Scalar, child, dotted, key_place, place
from dlrun.spec.wording import hint, listed, quoted

ROOT = Shape((Alternative(Spec),))


@dataclass(frozen=True)
class Fault:
    """A place, the value there (None: a key is missing), and what is expected (None: there is no such key).

    What is wrong with an entry of a free mapping, that mapping has already said.
    """

    path: KeyPath
    node: Node | None
    shape: Shape | None
    entry: EntryFault | None = None

    @property
    def is_missing(self) -> bool:
        """Return whether a key is missing."""
        return self.shape is not None and self.node is None

    def meant(self, tree: Mapping) -> KeyPath | None:
        """Return the place of the key that an unknown one was probably meant to be, were it in the same section."""
        if self.shape is not None or self.entry:
            return None
        meant = _section(tree, self.path[:-1]).meant(str(self.path[-1]))
        return (*self.path[:-1], meant.leaf) if meant else None

    def origin(self, tree: Mapping) -> Origin:
        """Return where the fault was written."""
        of_key = self.entry.in_key if self.entry else self.shape is None
        if misspelt := self._misspelt_kind(tree):
            return key_place(tree, (*self.path[:-1], misspelt))
        return key_place(tree, self.path) if of_key else place(tree, self.path)

    def _misspelt_kind(self, tree: Mapping) -> str | None:
        """Return the key that was probably meant to be `kind`, if that is missing and no kind has a key of that name."""
        node: Node | None = tree
        for step in self.path[:-1]:
            node = child(node, step)
        if not self.is_missing or self.path[-1] != "kind" or not isinstance(node, Mapping) or self.shape is None:
            return None
        known = {name for cls in self.shape.kinds.values() for name in fields_of(cls)}
        return next((key for key in node.entries if key not in known and closest(key, ["kind"])), None)

    def problem(self, tree: Mapping) -> Problem:
        """Return the fault in words, with its lines."""
        if self.entry:
            what, cure = self.entry.what, self.entry.cure
        elif self.shape is None:
            what, cure = _unknown_key(self.path, _section(tree, self.path[:-1]))
        elif self.node is None:
            is_kind = self.path[-1] == "kind" and self.shape.kinds
            misspelt = self._misspelt_kind(tree)
            what = f"missing key {_named(self.path)}"
            if misspelt:
                what = f"unknown key {_named((*self.path[:-1], misspelt))}{hint(quoted('kind'))}"
            cure = f"allowed: {listed(self.shape.kinds)}" if is_kind else f"it must be {allowed(self.shape)}"
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
    here = dotted(path[:-1])
    if node.value in shape.words:
        return f"{quoted(node.value)} is no kind of {quoted(here)}, it has no keys", f"write {here}: {node.value}"
    names = [*(str(word) for word in shape.words), *shape.kinds]
    near = meant_kind(node.value, names)
    what = f"unknown kind {quoted(node.value)} in {quoted(here)}{hint(quoted(near) if near else '')}"
    return what, f"allowed: {listed(names)}"


@dataclass(frozen=True)
class _Section:
    """The mapping in which a key is unknown: its address, what is expected there, and the kind written."""

    address: str
    shape: Shape
    kind: object

    @property
    def keys(self) -> list[str]:
        """Return the keys there are, but `kind`."""
        keys = [name for cls in self.shape.candidates(self.kind) for name in fields_of(cls) if name != "kind"]
        return keys if self.address else [*keys, "extends"]

    def meant(self, key: str) -> Meaning | None:
        """Return what an unknown key was probably meant to be, here or elsewhere."""
        return meant_key(key, self.address, self.keys, key_paths(Spec))

    def owners(self, key: str) -> list[str]:
        """Return the kinds that have a key."""
        return [kind for kind, cls in self.shape.kinds.items() if key in fields_of(cls)]


def _section(tree: Mapping, path: KeyPath) -> _Section:
    """Return what is known of a mapping that exists."""
    node: Node | None = tree
    shape = ROOT
    for step in path:
        field = shape.at(step, kind_at(node)) if isinstance(step, str) else None
        shape = field.shape if field else shape.items or ROOT
        node = child(node, step)
    return _Section(dotted(path), shape, kind_at(node))


def _unknown_key(path: KeyPath, section: _Section) -> tuple[str, str]:
    """Say which key was meant; if it belongs to another kind of the component, which."""
    key, what = str(path[-1]), f"unknown key {_named(path)}"
    meant, owners = section.meant(key), section.owners(key)
    if owners and not (meant and meant.leaf in section.keys):
        elsewhere = f", or use {quoted(meant.key)}: {meant.remark}" if meant and meant.remark else ""
        return f"{what}: {section.kind} has {listed(section.keys or ['no keys'], 'and')}", _belongs(key, owners) + elsewhere
    if not meant:
        return what, f"allowed: {listed(section.keys or ['kind'])}"
    is_here = meant.section == section.address
    name = quoted(meant.leaf if is_here else meant.key) + (f" ({meant.word})" if meant.word else "")
    name += " at the top level" if section.address and not meant.section else ""
    owners = section.owners(meant.leaf) if is_here and meant.leaf not in section.keys else []
    return what + hint(name), meant.remark or (_belongs(meant.leaf, owners) if owners else "")


def _belongs(key: str, kinds: list[str]) -> str:
    return f"{quoted(key)} belongs to kind {listed(kinds, 'and')}"
