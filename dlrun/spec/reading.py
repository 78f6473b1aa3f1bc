"""Reading a spec: text, tree, short forms, overrides, validation; every problem found is reported at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any

from dlrun.errors import InvalidInput, Problem, raise_all
from dlrun.spec.compose import MAX_NODES, compose
from dlrun.spec.effects import without_effect
from dlrun.spec.extends import read_tree, text_tree, whole_tree
from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.overrides import override
from dlrun.spec.text import MAX_BYTES, Origin, Text, text_of
from dlrun.spec.tree import Entry, KeyPath, Mapping, Scalar, place
from dlrun.spec.validation import MAX_PROBLEMS, validate
from dlrun.spec.writing import to_yaml

MAX_OVERRIDES = 200
TEXT = "spec"  # how a spec that is no file is named in messages


@dataclass(frozen=True)
class LoadedSpec:
    """A spec, and where each part of it was written, so that later errors can point there too."""

    spec: Spec
    path: Path  # of a text that is no file: `spec`
    text: bytes  # as the user gave it
    tree: Mapping = field(repr=False)

    def with_values(self, values: dict[str, Any]) -> "LoadedSpec":
        """Return the same with values that dlrun itself chooses, as `Spec.with_values` has them."""
        return replace(self, spec=self.spec.with_values(values))

    def locate(self, key: str) -> str:
        """Return where a key such as `data.source.path` was written: `file:line:column`, or `-s 2: key`."""
        return self._place(key).where

    def problem(self, key: str | KeyPath, what: str, cure: str = "") -> Problem:
        """Return a problem at a key, or at a path for a key that holds dots, with the lines of the spec around it."""
        return self._place(key).problem(what, cure)

    def _place(self, key: str | KeyPath) -> Origin:
        return place(self.tree, _steps(key) if isinstance(key, str) else key)


def read_spec(path: str | PathLike[str], overrides: Sequence[str] = ()) -> LoadedSpec:
    """Return the validated spec of a file with `key=value` overrides over it.

    Raises InvalidInput with every problem found, each with its place and the lines around it.
    """
    path = Path(path)
    tree, data, problems = read_tree(path, str(path), ROOT)
    return _validated(tree, problems, overrides, path, data, name=path.stem)


def read_stored(data: bytes, path: Path, overrides: Sequence[str] = ()) -> LoadedSpec:
    """Return the validated spec of a file of a run, whose bytes these are: run directories may come from others, so it is whole.

    Raises InvalidInput as `read_spec` does, and if it extends a file.
    """
    text = text_of(data, str(path), path.absolute().parent)
    tree, problems = whole_tree(text, ROOT)
    return _validated(tree, problems, overrides, path, data, name=path.stem)


def read_text(content: str, overrides: Sequence[str] = ()) -> LoadedSpec:
    """Return the validated spec of a YAML text, in which relative paths are relative to the working directory.

    Raises InvalidInput as `read_spec` does, with places such as `spec:3:5`.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInput(Problem(what=f"is longer than {MAX_BYTES:,} characters, too long for a spec", where=TEXT))
    tree, problems = text_tree(Text(TEXT, content, Path.cwd()), ROOT)
    data = content.encode()  # it is UTF-8, since it is YAML
    return _validated(tree, problems, overrides, Path(TEXT), data, name="")


def _validated(
    tree: Mapping, problems: list[Problem], overrides: Sequence[str], path: Path, data: bytes, *, name: str
) -> LoadedSpec:
    """Return the spec of a tree with overrides over it, under this name if it has none; InvalidInput has every problem."""
    if sum(map(len, overrides)) > MAX_BYTES or len(overrides) > MAX_OVERRIDES:
        what = f"more than {MAX_OVERRIDES} `-s`, or {MAX_BYTES:,} characters in them"
        raise InvalidInput(Problem(what=what, where=f"-s {len(overrides)}", cure="write a file that says `extends: FILE`"))
    for number, written in enumerate(overrides, start=1):
        tree, found = override(tree, number, written, ROOT)
        problems += found
    if "name" not in tree.entries:
        tree = _named(tree, name)
    try:
        spec = validate(tree)
    except InvalidInput as error:
        raise InvalidInput(*problems, *error.problems) from None
    loaded = LoadedSpec(spec, path, data, tree)
    ineffective = islice(without_effect(spec), MAX_PROBLEMS)
    raise_all([*problems, *(place(tree, key).problem(what, cure) for key, what, cure in ineffective)])
    return loaded


def too_large_when_written(spec: Spec) -> str:
    """Return why `read_spec` would refuse what `to_yaml` writes of a spec, which says every default; nothing if it would not."""
    text = to_yaml(spec)
    if len(text.encode()) > MAX_BYTES:
        return f"more than {MAX_BYTES:,} bytes"
    if len(text) < 2 * MAX_NODES:  # a value takes two characters or more
        return ""
    try:
        compose(Text("", text, Path()))
    except InvalidInput as error:
        return error.problems[-1].what
    return ""


def _named(tree: Mapping, stem: str) -> Mapping:
    """Name the experiment after its file, with what a name may not hold left out."""
    name = re.sub("[^A-Za-z0-9._-]+", "-", stem).lstrip("._-")[:64] or "experiment"
    return tree.with_entry("name", Entry(tree.origin, Scalar(name, name, False, tree.origin)))


def _steps(key: str) -> KeyPath:
    return tuple(int(step) if step.isdecimal() else step for step in key.split("."))
