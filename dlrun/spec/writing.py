"""A spec as YAML: every default written, in the spec's order, so that reading it again gives an equal spec."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

from dlrun.diagnosis.gates import Gates
from dlrun.spec.model import Spec
from dlrun.spec.scalars import resolve
from dlrun.spec.schema import REQUIRED, Field, Shape, fields_of, kind_of

INDENT = "  "
WIDTH = 100  # characters; a list of mappings that is longer gets a line for each

# Conservative on purpose: what else could be written without quotes is quoted.
_PLAIN = re.compile(r"[A-Za-z0-9/_](?:[\w./+ -]*[\w./+-])?", re.ASCII)
_NUMBER_ELSEWHERE = re.compile(r"[-+.0-9][-+.0-9_:a-fA-FxobeE]*")  # 1_000 and 1:30, to readers of YAML 1.1


def to_yaml(spec: Spec) -> str:
    """Return the whole spec as YAML: `read_spec` of it gives an equal one."""
    blocks = ["\n".join(_entry(key, getattr(spec, key))) for key in fields_of(Spec)]
    text = blocks[0]
    for above, below in pairwise(blocks):
        text += "\n\n" if "\n" in above + below else "\n"  # sections stand apart
        text += below
    return text + "\n"


def _entry(key: str, value: Any, indent: str = "") -> Iterator[str]:
    """Yield the lines of `key: value`; a section, a component with keys of its own, a long list go below, indented."""
    if _has_keys(value):
        yield f"{indent}{key}:"
        for name, entry in _entries(value):
            yield from _entry(name, entry, indent + INDENT)
        return
    line = f"{indent}{key}: {_inline(value)}"
    if isinstance(value, Gates) and len(line) > WIDTH:
        yield f"{indent}{key}:"
        yield from (f"{indent}{INDENT}{name}: {text}" for name, text in _free(value))
    elif isinstance(value, tuple) and any(map(_has_keys, value)) and len(line) > WIDTH:
        yield f"{indent}{key}:"
        yield from (f"{indent}{INDENT}- {_inline(item)}" for item in value)
    else:
        yield line


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the keys of a section or component, with what is written there."""
    for name, field in fields_of(value.__class__).items():
        yield name, _short(getattr(value, name), field.shape)


def default_text(field: Field) -> str:
    """Return the default of a key as it would be written; nothing for a section, whose keys have theirs."""
    if field.default is REQUIRED:
        return "required"
    is_section = is_dataclass(field.default) and not _is_text(field.default) and kind_of(field.default) is None
    return "" if is_section else kind_of(field.default) or _inline(_short(field.default, field.shape))


def _short(value: Any, shape: Shape) -> Any:
    """Return a list with a bare number for every item that says no more: `[64, 32]` for hidden layers of so many units."""
    if not isinstance(value, tuple) or shape.items is None or not (key := shape.items.shorthand):
        return value
    return tuple(getattr(item, key) if _says_only(item, key) else item for item in value)


def _says_only(item: Any, key: str) -> bool:
    return all(getattr(item, name) == field.default for name, field in fields_of(item.__class__).items() if name != key)


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
            return plain_or_quoted(value)
        case tuple():
            return f"[{', '.join(map(_inline, value))}]"
        case Gates():
            return "{" + ", ".join(f"{name}: {text}" for name, text in _free(value)) + "}"
        case _ if is_dataclass(value) and not _is_text(value):
            return _flow(value)
        case _:
            return str(value)


def _free(value: Gates) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a mapping whose keys are no fields, as they are written."""
    yield from ((plain_or_quoted(name), plain_or_quoted(text)) for name, text in value.written.items())


def _flow(value: Any) -> str:
    """Return a component without other keys as its kind, anything with keys as `{key: value}`, without what is null anyway."""
    kind = kind_of(value)
    if kind and not _has_keys(value):
        return kind
    defaults = {name: field.default for name, field in fields_of(value.__class__).items()}
    written = [(name, entry) for name, entry in _entries(value) if entry is not None or defaults[name] is not None]
    return "{" + ", ".join(f"{name}: {_inline(entry)}" for name, entry in written) + "}"


def plain_or_quoted(text: str) -> str:
    """Return text without quotes where nothing else could be read from it, otherwise in double quotes."""
    if _PLAIN.fullmatch(text) and isinstance(resolve(text), str) and not _NUMBER_ELSEWHERE.fullmatch(text) and len(text) <= 100:
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(text, ensure_ascii=False))


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
