"""What the docstrings of the spec's classes say: that of a class, and the one that stands below each of its keys.

Python keeps the docstring of a class but not those of its fields; these are read from the source, as editors do.
"""

import ast
import inspect
from dataclasses import dataclass
from functools import cache
from textwrap import dedent
from typing import Any


@dataclass(frozen=True)
class Prose:
    """A docstring: its first sentence or two, and the paragraphs below, a formula or a table kept as it was laid out."""

    summary: str = ""
    paragraphs: tuple[str, ...] = ()

    @classmethod
    def of(cls, docstring: str | None) -> "Prose":
        """Return a docstring taken apart at its blank lines."""
        if not docstring:
            return cls()
        first, *rest = (paragraph.strip("\n") for paragraph in inspect.cleandoc(docstring).split("\n\n"))
        return cls(_joined(first), tuple(paragraph if is_laid_out(paragraph) else _joined(paragraph) for paragraph in rest))


def is_laid_out(paragraph: str) -> bool:
    """Return whether a paragraph is a formula or a table, which spaces keep apart, rather than sentences."""
    return "   " in paragraph


@cache
def prose_of(cls: type) -> Prose:
    """Return what a class is."""
    return Prose.of(cls.__dict__.get("__doc__"))


def prose_of_key(cls: type, key: str) -> Prose:
    """Return what a key of a class does; nothing if no docstring stands below it, or the source is not at hand."""
    return next((found for base in cls.__mro__ if (found := _prose_of_keys(base).get(key))), Prose())


@cache
def _prose_of_keys(cls: type) -> dict[str, Prose]:
    if not inspect.get_annotations(cls):
        return {}
    try:
        (definition,) = ast.parse(dedent(inspect.getsource(cls))).body
    except (OSError, TypeError):
        return {}
    assert isinstance(definition, ast.ClassDef)
    below = zip(definition.body, definition.body[1:], strict=False)
    return {
        field.target.id: Prose.of(docstring)
        for field, after in below
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (docstring := _text(after))
    }


def _text(statement: Any) -> str | None:
    """Return the text of a statement that is nothing but a text."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return None


def _joined(paragraph: str) -> str:
    return " ".join(paragraph.split())
