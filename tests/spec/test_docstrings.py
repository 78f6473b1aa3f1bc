from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dlrun.spec.docstrings import Prose, prose_of, prose_of_key
from dlrun.spec.model import Spec
from dlrun.spec.schema import fields_of


@dataclass(frozen=True)
class Parent:
    """What it is.

    More of it,
    over two lines.

    a = b,   c = d
    e = f,   g = h
    """

    size: int = 1
    """How large,
    and how heavy.

    Why it matters.
    """
    silent: int = 2
    last: int = 3
    """The end."""


@dataclass(frozen=True)
class Child(Parent):
    """A child."""

    last: int = 4
    """The end, told otherwise."""


def classes(cls: type) -> Iterator[type]:
    yield cls
    for field in fields_of(cls).values():
        for inner in field.shape.inner:
            yield from classes(inner)


def test_a_docstring_is_taken_apart_and_formulas_keep_their_layout() -> None:
    assert prose_of(Parent) == Prose("What it is.", ("More of it, over two lines.", "a = b,   c = d\ne = f,   g = h"))


def test_the_docstring_below_a_key_is_its_own_or_inherited() -> None:
    assert prose_of_key(Parent, "size") == Prose("How large, and how heavy.", ("Why it matters.",))
    assert prose_of_key(Child, "size") == prose_of_key(Parent, "size")
    assert prose_of_key(Child, "last") == Prose("The end, told otherwise.")
    assert prose_of_key(Parent, "silent") == prose_of_key(Parent, "absent") == Prose()


def test_without_source_nothing_is_told() -> None:
    namespace: dict[str, type] = {}
    exec('class Made:\n    size: int = 1\n    """Lost."""\n', namespace)
    assert prose_of_key(namespace["Made"], "size") == Prose()


@pytest.mark.parametrize("cls", dict.fromkeys(classes(Spec)), ids=lambda cls: cls.__name__)
def test_every_class_and_every_key_of_the_spec_says_what_it_is(cls: type) -> None:
    assert prose_of(cls).summary.endswith((".", ")", "₀")), "a sentence"
    for key in fields_of(cls):
        if key != "kind":
            assert prose_of_key(cls, key).summary.endswith("."), f"{cls.__name__}.{key} has no docstring below it"
