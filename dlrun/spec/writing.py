"""A spec as YAML: every default written, in the spec's order, so that reading it again gives an equal spec."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

from dlrun.spec.model import Spec
from dlrun.spec.scalars import resolve
from dlrun.spec.schema import fields_of, kind_of

INDENT = "  "

# Conservative on purpose: what else could be written without quotes is quoted.
_PLAIN = re.compile(r"[A-Za-z0-9/_](?:[\w./+ -]*[\w./+-])?", re.ASCII)


def to_yaml(spec: Spec) -> str:
    """Return the whole spec as YAML: `read_spec` of it gives an equal one."""
    blocks = ["\n".join(_entry(key, getattr(spec, key))) for key in fields_of(Spec)]
    text = blocks[0]
    for above, below in pairwise(blocks):
        text += "\n\n" if "\n" in above + below else "\n"  # sections stand apart
        text += below
    return text + "\n"


def _entry(key: str, value: Any, indent: str = "") -> Iterator[str]:
    """Yield the lines of `key: value`; a section or component with keys of its own goes below, indented."""
    if not _has_keys(value):
        yield f"{indent}{key}: {_inline(value)}"
        return
    yield f"{indent}{key}:"
    for name in fields_of(value.__class__):
        yield from _entry(name, getattr(value, name), indent + INDENT)


def _has_keys(value: Any) -> bool:
    return is_dataclass(value) and not _is_text(value) and [f.name for f in fields(value)] != ["kind"]


def _is_text(value: Any) -> bool:
    """Return whether a dataclass is written in a grammar of its own, as a period is."""
    return hasattr(value, "parse")


def _inline(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case tuple():
            return f"[{', '.join(map(_inline, value))}]"
        case _ if kind := kind_of(value):
            return kind  # a component without other keys is its kind
        case _:
            return str(value)


def _text(text: str) -> str:
    """Return text without quotes where nothing else could be read from it, otherwise in double quotes."""
    if _PLAIN.fullmatch(text) and isinstance(resolve(text), str) and len(text) <= 100:
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(text, ensure_ascii=False))


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
