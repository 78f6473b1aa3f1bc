"""`extends: base.yaml`: a spec that says only what differs from another."""

import os
from dataclasses import dataclass
from pathlib import Path

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.compose import MAX_NODES, compose
from dlrun.spec.desugar import desugar, with_kinds
from dlrun.spec.merge import merge
from dlrun.spec.schema import Shape
from dlrun.spec.text import MAX_BYTES, Origin, Text, read_file
from dlrun.spec.tree import Mapping, Scalar, place, values_in
from dlrun.spec.wording import quoted

MAX_FILES = 8
KEY = "extends"


@dataclass(frozen=True)
class _File:
    path: Path | None  # None: a text that is no file
    name: str
    tree: Mapping
    data: bytes


def read_tree(path: Path, name: str, shape: Shape) -> tuple[Mapping, bytes, list[Problem]]:
    """Return the tree of a spec over the files it extends, the spec's own bytes, and what is wrong so far.

    Each file is relative to the directory of the one that names it. Raises InvalidInput where the tree cannot be known.
    """
    problems: list[Problem] = []
    file = _opened(path, name, problems, MAX_NODES)
    return _merged(file, shape, problems), file.data, problems


def text_tree(text: Text, shape: Shape) -> tuple[Mapping, list[Problem]]:
    """Return the tree of a text over the files it extends, and what is wrong so far."""
    tree, problems = _root(text, MAX_NODES)
    return _merged(_File(None, text.name, tree, b""), shape, problems), problems


def whole_tree(text: Text, shape: Shape) -> tuple[Mapping, list[Problem]]:
    """Return the tree of a text that may extend no file, and what is wrong so far."""
    tree, problems = _root(text, MAX_NODES)
    if KEY in tree.entries:
        raise InvalidInput(*problems, place(tree, (KEY,)).problem("a spec within a run is read alone: it can extend no file"))
    return _merged(_File(None, text.name, tree, b""), shape, problems), problems


def _merged(first: _File, shape: Shape, problems: list[Problem]) -> Mapping:
    """Return the tree of a file over those it extends; problems are added to."""
    chain = [first]
    while KEY in chain[-1].tree.entries:
        chain.append(_extended(chain, problems))
    merged = Mapping({}, chain[0].tree.origin)
    for file in reversed(chain):
        merged = with_kinds(merge(merged, desugar(file.tree.without(KEY), shape), shape), shape)
    return merged


def _opened(path: Path, name: str, problems: list[Problem], most: int) -> _File:
    text, data = read_file(path, name)
    try:
        tree, found = _root(text, most)
    except InvalidInput as error:
        raise InvalidInput(*problems, *error.problems) from None
    problems += found
    return _File(path, name, tree, data)


def _root(text: Text, most: int) -> tuple[Mapping, list[Problem]]:
    node, problems = compose(text, most=most)
    if isinstance(node, Mapping):
        return node, problems
    if isinstance(node, Scalar) and node.value is None:
        return Mapping({}, Origin(text, 1, 1, 0)), problems
    raise InvalidInput(*problems, node.origin.problem("a spec is a mapping, lines of `key: value`"))


def _extended(chain: list[_File], problems: list[Problem]) -> _File:
    """Return the file that the last one extends; problems are those found so far."""
    last = chain[-1]
    origin, written = place(last.tree, (KEY,)), last.tree.get(KEY)
    if not isinstance(written, Scalar) or not isinstance(written.value, str) or not written.value:
        raise InvalidInput(*problems, origin.problem("extends must be the name of a file"))
    path = Path(origin.text.absolute(written.value))
    name = os.path.normpath(Path(last.name).parent / written.value)
    if any(file.path and os.path.realpath(path) == os.path.realpath(file.path) for file in chain):
        raise InvalidInput(*problems, origin.problem(f"extends a file that ends in extending this one: {quoted(name)}"))
    if len(chain) == MAX_FILES:
        raise InvalidInput(*problems, origin.problem(f"extends a chain of more than {MAX_FILES} files"))
    if sum(len(file.data) for file in chain) + _size(path) > MAX_BYTES:
        what = f"with {quoted(name)} the files of this spec are larger than {MAX_BYTES:,} bytes together"
        raise InvalidInput(*problems, origin.problem(what, "make them smaller"))
    try:
        return _opened(path, name, problems, MAX_NODES - sum(values_in(file.tree) for file in chain))
    except InvalidInput as error:
        if error.problems[-1].excerpt:  # located in the file itself
            raise
        found = error.problems[-1]
        raise InvalidInput(*problems, origin.problem(f"cannot extend {quoted(name)}: {found.what}", found.cure)) from None


def _size(path: Path) -> int:
    """Return the size of a file; 0 if it has none, and then reading it says why."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0
