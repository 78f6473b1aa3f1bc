"""A spec given as a Python mapping, written as the YAML it stands for, so that it is read like any other."""

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.compose import MAX_DEPTH
from dlrun.spec.scalars import resolve
from dlrun.spec.tree import KeyPath, dotted
from dlrun.spec.writing import INDENT, plain_or_quoted

LARGEST_BITS = 1024  # of an integer; a float holds no more


def mapping_as_yaml(mapping: Mapping[str, Any]) -> str:
    """Return a mapping of mappings, lists, texts, numbers, booleans and None as YAML.

    Texts stay texts, except that "60%" is the number it is in a spec; paths are texts, NumPy scalars the numbers they hold.
    Errors: InvalidInput for a key that is no text, for any other value, or beyond 32 levels.
    """
    return "".join(line + "\n" for line in _block(mapping, ()))


def _block(mapping: Mapping[Any, Any], above: KeyPath) -> Iterator[str]:
    """Yield `key: value` lines; a mapping that is not empty goes below its key, indented."""
    for key, value in mapping.items():
        path = _path(above, key)
        if isinstance(value, Mapping) and value:
            yield f"{INDENT * len(above)}{plain_or_quoted(key)}:"
            yield from _block(value, path)
        else:
            yield f"{INDENT * len(above)}{plain_or_quoted(key)}: {_flow(value, path)}"


def _flow(value: Any, path: KeyPath) -> str:
    """Return a value on one line."""
    if len(path) > MAX_DEPTH:
        raise InvalidInput(Problem(what=f"nested deeper than {MAX_DEPTH} levels", where=_where(path[:3])))
    match _plain(value):
        case None:
            return "null"
        case bool() as truth:
            return "true" if truth else "false"
        case int() as number if number.bit_length() < LARGEST_BITS:
            return str(number)
        case int() | float() as number:
            return _number(number)
        case str() as text:
            return text if text.endswith("%") and isinstance(resolve(text), float) else plain_or_quoted(text)
        case list() | tuple() as items:
            return f"[{', '.join(_flow(item, (*path, number)) for number, item in enumerate(items))}]"
        case Mapping() as inner:
            return f"{{{', '.join(f'{plain_or_quoted(key)}: {_flow(item, _path(path, key))}' for key, item in inner.items())}}}"
        case other:
            what = f"a value of type {type(other).__name__} is nothing a spec can hold"
            raise InvalidInput(Problem(what=what, where=_where(path), cure="give a number, text, list or mapping"))


def _plain(value: Any) -> Any:
    """Return what a NumPy scalar holds, the text of a path, and anything else as it is."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def _number(number: float) -> str:
    if isinstance(number, int) or math.isinf(number):  # no key accepts it, and the error says which one has it
        return ".inf" if number > 0 else "-.inf"
    return ".nan" if math.isnan(number) else repr(number)


def _path(above: KeyPath, key: Any) -> KeyPath:
    if not isinstance(key, str):
        what = f"the key {key!r:.40} is no text"
        raise InvalidInput(Problem(what=what, where=_where(above)))
    if len(above) >= MAX_DEPTH:
        raise InvalidInput(Problem(what=f"nested deeper than {MAX_DEPTH} levels", where=_where(above[:3])))
    return (*above, key)


def _where(path: KeyPath) -> str:
    return f"spec: {dotted(path)}" if path else "spec"
