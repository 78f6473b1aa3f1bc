"""What the types of the spec say: which keys there are, what may stand at each, and the default.

Everything that must know the schema (reading words, filling kinds, messages, writing) asks here, and this asks the
dataclasses; there is no second list of keys to keep in step.
"""

import types
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel

from dlrun.data.sources.files import NamesAFile
from dlrun.purposes import Purpose

BOUNDS = (Ge, Gt, Le, Lt, MinLen, MaxLen)
REQUIRED = MISSING


@dataclass(frozen=True)
class Shorthand:
    """Marks a section for which a bare value may stand; it is the value of this key.

    Where a type of its own allows the bare value too, it stays as it is until another key of the section joins it.
    """

    key: str


@dataclass(frozen=True)
class Form:
    """Says what a text with a grammar of its own looks like: in words, `'N steps' or 'N epochs'`, and as a regular expression."""

    words: str
    pattern: str


@dataclass(frozen=True)
class EntryFault:
    """What is wrong with an entry of a free mapping, in words, and the cure; with its key, if not with its value."""

    what: str
    cure: str
    in_key: bool = False

    def of_key(self) -> "EntryFault":
        """Return the same, said of the key."""
        return replace(self, in_key=True)


@dataclass(frozen=True, eq=False)
class FreeMapping:
    """Marks a mapping whose keys are no fields of a class, and may hold dots and spaces.

    words say what it is; named and patterns, what may stand at which keys; fault finds what is wrong with an entry.
    """

    words: str
    named: dict[str, Form]
    patterns: dict[str, Form]
    fault: Callable[[str, object], EntryFault | None]


@dataclass(frozen=True)
class Alternative:
    """One of the types a key may have, and the bounds of its values."""

    type: Any  # int, float, bool, str, None, Literal, tuple, or a dataclass
    bounds: tuple[Any, ...] = ()
    words: tuple[str | int, ...] = ()  # of a Literal
    item: Any = None  # the annotation of a list's items
    form: Form | None = None
    shorthand: str = ""
    names_a_file: bool = False
    free: FreeMapping | None = None


@dataclass(frozen=True)
class Shape:
    """What may stand at one key."""

    alternatives: tuple[Alternative, ...]

    @cached_property
    def words(self) -> tuple[str | int, ...]:
        """Return the fixed words, such as `auto`."""
        return tuple(word for alternative in self.alternatives for word in alternative.words)

    @cached_property
    def branches(self) -> int:
        """Return the number of types apart from null."""
        return sum(a.type is not None for a in self.alternatives)

    @cached_property
    def classes(self) -> tuple[type, ...]:
        """Return the classes a mapping may become: one section, or the members of a union of components."""
        return tuple(a.type for a in self.alternatives if not a.form and _has_fields(a.type))

    @cached_property
    def inner(self) -> tuple[type, ...]:
        """Return the classes of `classes`, and those that the mappings of a list may become."""
        return (*self.classes, *(self.items.classes if self.items else ()))

    @cached_property
    def kinds(self) -> dict[str, type]:
        """Return the components by kind; empty if this is no union of components."""
        return {kind: cls for cls in self.classes if (kind := kind_of(cls))}

    @cached_property
    def only_kind(self) -> str | None:
        """Return the kind of a component if no other may stand here."""
        return next(iter(self.kinds)) if len(self.kinds) == 1 else None

    @cached_property
    def section(self) -> type | None:
        """Return the dataclass of a section, which has keys but no kind."""
        return next((cls for cls in self.classes if kind_of(cls) is None), None)

    @cached_property
    def shorthand(self) -> str:
        """Return the key for which a bare value stands, or nothing."""
        return next((a.shorthand for a in self.alternatives if a.shorthand), "")

    @cached_property
    def takes_numbers(self) -> bool:
        """Return whether a number may stand here as it is."""
        return any(a.type in (int, float) for a in self.alternatives)

    @cached_property
    def names_a_file(self) -> bool:
        """Return whether a text here is the path of a file."""
        return any(a.names_a_file for a in self.alternatives)

    @cached_property
    def items(self) -> "Shape | None":
        """Return what a list may hold, or None if no list is allowed."""
        return next((shape_of(a.item) for a in self.alternatives if a.item is not None), None)

    @cached_property
    def free(self) -> FreeMapping | None:
        """Return what a mapping whose keys are no fields may hold, or None if none is allowed."""
        return next((a.free for a in self.alternatives if a.free), None)

    def candidates(self, kind: object = None) -> tuple[type, ...]:
        """Return the classes a mapping of this kind may become; all of them if the kind says nothing."""
        return (self.kinds[kind],) if isinstance(kind, str) and kind in self.kinds else self.classes

    def at(self, key: str, kind: object = None) -> "Field | None":
        """Return the field of a key in a mapping of this kind."""
        return next((found for cls in self.candidates(kind) if (found := fields_of(cls).get(key))), None)


@dataclass(frozen=True)
class Field:
    """One key: what may stand there, its default, and its purposes if it has others than the section it stands in."""

    shape: Shape
    default: Any
    purposes: tuple[Purpose, ...] = ()

    @property
    def default_kind(self) -> str | None:
        """Return the kind that a mapping without one has here."""
        return kind_of(self.default)


@cache
def fields_of(cls: type[Any]) -> dict[str, Field]:
    """Return the keys of a section, a component, or the whole spec, in order."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: Field(shape_of(hints[name]), default, _purposes(hints[name])) for name, default in _defaults(cls)}


def _purposes(annotation: Any) -> tuple[Purpose, ...]:
    metadata = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return tuple(item for item in metadata if isinstance(item, Purpose))


def _has_fields(type_: Any) -> bool:
    return isinstance(type_, type) and (is_dataclass(type_) or issubclass(type_, BaseModel))


def _defaults(cls: type) -> Iterator[tuple[str, Any]]:
    if issubclass(cls, BaseModel):
        for name, info in cls.model_fields.items():
            yield name, REQUIRED if info.is_required() else info.get_default()
    else:
        for field in fields(cls):  # type: ignore[arg-type]  # a dataclass, if it is no model
            made = field.default_factory
            yield field.name, field.default if made is MISSING else made()


@cache
def shape_of(annotation: Any) -> Shape:
    """Return what an annotation allows."""
    return Shape(tuple(_alternatives(annotation, ())))


def _alternatives(annotation: Any, metadata: tuple[Any, ...]) -> Iterator[Alternative]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *extra = get_args(annotation)
        yield from _alternatives(inner, (*extra, *metadata))
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _alternatives(member, metadata)
    else:
        bounds = tuple(b for b in _flat(metadata) if isinstance(b, BOUNDS))
        form = next((m for m in metadata if isinstance(m, Form)), None)
        shorthand = next((m.key for m in metadata if isinstance(m, Shorthand)), "")
        if free := next((m for m in metadata if isinstance(m, FreeMapping)), None):
            yield Alternative(dict, free=free)
        elif origin is Literal:
            yield Alternative(Literal, words=get_args(annotation))
        elif origin is tuple:
            yield Alternative(tuple, bounds, item=get_args(annotation)[0])
        else:
            path = annotation is str and any(isinstance(m, NamesAFile) for m in metadata)
            of = None if annotation is type(None) else annotation
            yield Alternative(of, bounds, form=form, shorthand=shorthand, names_a_file=path)


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, GroupedMetadata):
            yield from item
        else:
            yield item


def kind_of(component: Any) -> str | None:
    """Return the kind of a component or its class, or None for anything else."""
    kind = getattr(component, "kind", None)
    return kind if isinstance(kind, str) else None


@cache
def key_paths(cls: type) -> tuple[str, ...]:
    """Return every key of a spec with its address: `optimizer.beta1`, of every kind of every component.

    Keys in the items of a list have no index, `architecture.hidden.units`, and what may stand at them is not followed: a
    layer's components are those of the architecture.
    """
    found: dict[str, None] = {}
    for name, field in fields_of(cls).items():
        found[name] = None
        for inner in field.shape.classes:
            found.update(dict.fromkeys(f"{name}.{path}" for path in key_paths(inner)))
        for inner in field.shape.items.classes if field.shape.items else ():
            found.update(dict.fromkeys(f"{name}.{key}" for key in fields_of(inner)))
    return tuple(found)
