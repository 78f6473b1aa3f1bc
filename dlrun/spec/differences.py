"""What a spec says that the defaults do not: each such key, and the spec's YAML with a mark on each such line."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, NamedTuple

from dlrun.diagnosis.gates import Gates
from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED, fields_of, kind_of
from dlrun.spec.writing import INDENT, to_yaml

# A name is no setting: left out, it is the file's own, so that there is nothing it could differ from.
NAMING = {"name"}

_KEY = re.compile(r"( *)([A-Za-z0-9_]+):(?: |$)")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A key whose value is not the default: REQUIRED stands for a default that is not there, given is what the user said."""

    key: str
    value: Any
    default: Any
    given: Any

    @property
    def required(self) -> bool:
        """Whether there is no default to differ from."""
        return self.default is REQUIRED

    @property
    def chosen(self) -> bool:
        """Whether dlrun put the value in the place of the default: `auto` became a number."""
        return not self.required and self.given == self.default

    @property
    def mark(self) -> str:
        """The difference in a few words, fit for a comment."""
        if self.required:
            return "required"
        if self.chosen:
            return f"chosen, default {in_words(self.default)}"
        given = "" if self.given == self.value else f"given {in_words(self.given)}, "
        return f"{given}default {in_words(self.default)}"

    def to_json(self) -> dict[str, Any]:
        """Return plain values; a default that is not there is null, and `required` says so."""
        default = None if self.required else _plain(self.default)
        values = {"key": self.key, "value": _plain(self.value), "default": default, "given": _plain(self.given)}
        return values | {"required": self.required, "chosen": self.chosen}


class MarkedLine(NamedTuple):
    """A line of YAML and what differs there, if anything does."""

    yaml: str
    difference: Difference | None

    @property
    def text(self) -> str:
        """The line with its mark as a comment, which readers of YAML pass over."""
        return f"{self.yaml}  # {self.difference.mark}" if self.difference else self.yaml


def differences(spec: Spec, given: Spec) -> tuple[Difference, ...]:
    """Return every key whose value is not the default, in the spec's order.

    given is the spec as the user wrote it; where spec has something else, dlrun has made a choice.
    """
    found: list[Difference] = []
    for name, field in fields_of(Spec).items():
        if name not in NAMING:
            found += _differences(name, getattr(spec, name), field.default, getattr(given, name))
    return tuple(found)


def marked_lines(spec: Spec, found: Sequence[Difference]) -> list[MarkedLine]:
    """Return the spec's YAML, line by line, with what differs; joined by their texts, the lines read back to an equal spec."""
    by_key = {difference.key: difference for difference in found}
    return [MarkedLine(line, _on_line(by_key, line, key)) for line, key in _keyed(to_yaml(spec))]


def in_words(value: Any) -> str:
    """Return a value as one would write it after its key, in short: a component as its kind, a layer as its units."""
    if kind := kind_of(value):
        return kind
    if hasattr(value, "parse"):  # text with a grammar of its own, as a period
        return str(value)
    if isinstance(value, Gates):
        return json.dumps(value.written, ensure_ascii=False)
    if is_dataclass(value):
        return in_words(getattr(value, fields(value)[0].name))
    if isinstance(value, tuple):
        return f"[{', '.join(map(in_words, value))}]"
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value)


def _differences(key: str, value: Any, default: Any, given: Any) -> Iterator[Difference]:
    """Yield what differs at a key and below it; a component of another kind is compared with the defaults of its own kind."""
    if not is_dataclass(value) or hasattr(value, "parse"):
        if value != default or (given != value and default is not REQUIRED):
            yield Difference(key=key, value=value, default=default, given=given)
        return
    cls: Any = type(value)
    kind, same = kind_of(value), cls is type(default)
    if not same and (kind or default is not REQUIRED):  # a section that must be there is no choice of anybody
        yield Difference(key=f"{key}.kind" if kind else key, value=kind or value, default=default, given=kind_of(given) or given)
    for name, field in fields_of(cls).items():
        if name != "kind":
            entry = getattr(value, name)
            below = getattr(default, name) if same else field.default
            yield from _differences(f"{key}.{name}", entry, below, getattr(given, name) if type(given) is cls else entry)


def _on_line(by_key: dict[str, Difference], line: str, key: str) -> Difference | None:
    """Return what differs on a line: a component without keys of its own stands on its key's line, one with keys below it."""
    found = by_key.get(key)
    return found if found or line.endswith(":") else by_key.get(f"{key}.kind")


def _keyed(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line with the key that it writes, or nothing."""
    path: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        if match := _KEY.match(line):
            depth = len(match[1]) // len(INDENT)
            path[depth:] = [match[2]]
            yield line, ".".join(path)
        else:
            yield line, ""


def _plain(value: Any) -> Any:
    """Return a value in JSON's own types."""
    if hasattr(value, "parse"):
        return str(value)
    if isinstance(value, Gates):
        return value.written
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
