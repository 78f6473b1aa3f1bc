"""From a tree to a spec: pydantic judges, our own sentences say what is wrong and where.

Of pydantic's errors only the places are used; every word comes from the types of the spec.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain

from pydantic import ValidationError

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.faults import ROOT, Fault, kind_at
from dlrun.spec.model import Spec
from dlrun.spec.schema import Shape
from dlrun.spec.tree import KeyPath, Mapping, Node, Sequence, child, plain
from dlrun.spec.wording import counted

MAX_PROBLEMS = 50


def validate(tree: Mapping) -> Spec:
    """Return the spec that the tree says; InvalidInput with every problem, in the order of the text, otherwise."""
    faults = {fault.path: fault for fault in chain(_kindless(tree, ROOT), _wrong_entries(tree, ROOT))}
    try:
        spec = Spec.model_validate_json(json.dumps(plain(tree)), strict=True)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            if fault := _fault(tree, found["loc"]):
                faults[fault.path] = fault
    else:
        if not faults:
            return spec
    raise InvalidInput(*_problems(tree, faults))


def _problems(tree: Mapping, faults: dict[KeyPath, Fault]) -> Iterator[Problem]:
    """Yield what to say; of a list that is wrong because of its items, only about the items, of a misspelt key only that."""
    above = {path[:length] for path in faults for length in range(len(path))}
    deepest = [fault for path, fault in faults.items() if path not in above]
    deepest.sort(key=lambda fault: fault.origin(tree).order)
    told = deepest[:MAX_PROBLEMS]
    meant = {fault.meant(tree) for fault in told}
    yield from (fault.problem(tree) for fault in told if not (fault.is_missing and fault.path in meant))
    if (more := len(deepest) - MAX_PROBLEMS) > 0:
        yield Problem(what=f"and {counted(more, 'more problem')}", where=tree.origin.text.name, stands_for=more)


def _kindless(node: Node, shape: Shape, path: KeyPath = ()) -> Iterator[Fault]:
    """Yield the components without a kind; pydantic would take the first that has such keys."""
    if isinstance(node, Sequence) and shape.items:
        for index, item in enumerate(node.items):
            yield from _kindless(item, shape.items, (*path, index))
    if not isinstance(node, Mapping):
        return
    if shape.kinds and "kind" not in node.entries:
        yield Fault((*path, "kind"), None, shape)
    for key, entry in node.entries.items():
        if field := shape.at(key, kind_at(node)):
            yield from _kindless(entry.node, field.shape, (*path, key))


def _wrong_entries(node: Node, shape: Shape, path: KeyPath = ()) -> Iterator[Fault]:
    """Yield the entries of free mappings that are wrong; pydantic knows the mapping alone."""
    if not isinstance(node, Mapping):
        return
    for key, entry in node.entries.items():
        if shape.free and (wrong := shape.free.fault(key, plain(entry.node))):
            yield Fault((*path, key), entry.node, None, wrong)
        elif field := shape.at(key, kind_at(node)):
            yield from _wrong_entries(entry.node, field.shape, (*path, key))


def _fault(tree: Mapping, location: Iterable[str | int]) -> Fault | None:
    """Return the fault at pydantic's location; None if it speaks of a branch of a union that was not chosen.

    Where several types are allowed, pydantic puts the name of one of them into the location: of a component, its class.
    """
    path: KeyPath = ()
    node: Node = tree
    shape = ROOT
    names_branch = False
    for step in location:
        if names_branch:
            names_branch = False
            if isinstance(node, Mapping) and shape.kinds:
                chosen = shape.candidates(kind_at(node))
                if len(chosen) > 1:  # no kind is written, or one there is not
                    return Fault((*path, "kind"), node.get("kind"), shape)
                if step != chosen[0].__name__:
                    return None
            continue
        field = shape.at(step, kind_at(node)) if isinstance(step, str) else None
        below = field.shape if field else shape.items if isinstance(step, int) else None
        value = child(node, step)
        path = (*path, step)
        if below is None or value is None:
            return Fault(path, value, below)
        node, shape = value, below
        names_branch = shape.branches > 1
    return Fault(path, node, shape)
