"""The spec as JSON Schema (draft 7): what editors complete, explain on hover, and underline while one types.

It allows all that `read_spec` reads, short forms and percents included, and refuses unknown keys, unknown kinds, wrong types and
values out of bounds. Where only the whole can decide it lets things pass: a file that extends another may leave things out.
"""

from collections.abc import Iterator
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from dlrun.spec.docstrings import prose_of, prose_of_key
from dlrun.spec.extends import KEY as EXTENDS
from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED, Alternative, Field, Form, FreeMapping, Shape, fields_of, kind_of, shape_of
from dlrun.spec.sections import Data
from dlrun.spec.writing import default_text

Tree = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
PERCENT = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)%$"
TYPES = {int: "integer", float: "number", bool: "boolean", str: "string", None: "null"}


def json_schema() -> Tree:
    """Return the schema of a spec file."""
    definitions: dict[str, Tree] = {}
    root = _mapping(Spec, definitions)
    root["properties"][EXTENDS] = {"type": "string", "description": "Another spec; this one says only what differs from it."}
    whole = {"required": root.pop("required"), "properties": {"data": {"required": definitions[Data.__name__].pop("required")}}}
    return {
        "$schema": DRAFT,
        "title": "dlrun: one experiment",
        "description": prose_of(Spec).summary,
        **root,
        "anyOf": [{"required": [EXTENDS]}, whole],
        "definitions": definitions,
    }


def _mapping(cls: type, definitions: dict[str, Tree]) -> Tree:
    """Return the schema of a mapping that becomes this class; the classes it holds join the definitions."""
    fields = fields_of(cls)
    properties = {name: _property(cls, name, field, definitions) for name, field in fields.items() if name != "kind"}
    if kind := kind_of(cls):
        properties = {"kind": {"const": kind}, **properties}
    tree = {"type": "object", "description": prose_of(cls).summary, "additionalProperties": False, "properties": properties}
    needed = [name for name, field in fields.items() if field.default is REQUIRED]
    return tree | ({"required": needed} if needed else {})


def _property(cls: type, name: str, field: Field, definitions: dict[str, Tree]) -> Tree:
    prose, default = prose_of_key(cls, name), default_text(field)
    told = [prose.summary, *prose.paragraphs, f"Default: {default}" if default and field.default is not REQUIRED else ""]
    choices = list(_choices(field.shape, field.default_kind, definitions))
    if field.default is REQUIRED and len(field.shape.kinds) > 1:
        choices.append(_kindless(field.shape, definitions))
    return {"description": "\n\n".join(filter(None, told)), **_any_of(choices)}


def _choices(shape: Shape, default_kind: str | None, definitions: dict[str, Tree]) -> Iterator[Tree]:
    """Yield what may stand at a key."""
    for alternative in shape.alternatives:
        if alternative.type in shape.classes:
            yield from _component(alternative.type, default_kind or shape.only_kind, definitions)
        else:
            yield from _plain(alternative, definitions)
    if shape.shorthand and not shape.takes_numbers:
        bare = next(field for cls in shape.classes if (field := fields_of(cls).get(shape.shorthand)))
        yield from (tree for tree in _choices(bare.shape, None, definitions) if tree != {"type": "null"})


def _component(cls: type, understood: str | None, definitions: dict[str, Tree]) -> Iterator[Tree]:
    """Yield a class by reference, and its kind as a bare word where no key must be given; `understood` need not be named."""
    name, kind = cls.__name__, kind_of(cls)
    if name not in definitions:
        definitions[name] = _mapping(cls, definitions)
    if kind and "required" not in definitions[name]:
        yield {"const": kind, "description": prose_of(cls).summary}
    reference = {"$ref": f"#/definitions/{name}"}
    yield {"allOf": [reference, {"required": ["kind"]}]} if kind and kind != understood else reference


def _kindless(shape: Shape, definitions: dict[str, Tree]) -> Tree:
    """Return a mapping whose kind stands in the file that this one extends."""
    keys: Tree = {}
    for cls in shape.classes:
        keys |= {name: tree for name, tree in definitions[cls.__name__]["properties"].items() if name != "kind"}
    return {"type": "object", "additionalProperties": False, "properties": keys}


def _plain(alternative: Alternative, definitions: dict[str, Tree]) -> Iterator[Tree]:
    """Yield a number, a word, a list, a text; a number that may be a fraction may be written in percent."""
    if alternative.free:
        yield _free(alternative.free)
    elif alternative.form:
        yield {"type": "string", "pattern": f"^({alternative.form.pattern})$"}
    elif alternative.words:
        yield from ({"const": word} for word in alternative.words)
    elif alternative.item is not None:
        items = list(_choices(shape_of(alternative.item), None, definitions))
        yield {"type": "array", "items": _any_of(items), **_bounds(alternative)}
    else:
        yield {"type": TYPES[alternative.type], **_bounds(alternative)}
        if alternative.type is float:
            yield {"type": "string", "pattern": PERCENT}


def _free(mapping: FreeMapping) -> Tree:
    """Return the schema of a mapping whose keys are no fields."""

    def entry(form: Form) -> Tree:
        return {"type": "string", "description": form.words, "pattern": f"^({form.pattern})$"}

    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: entry(form) for key, form in mapping.named.items()},
        "patternProperties": {f"^{key}$": entry(form) for key, form in mapping.patterns.items()},
    }


def _bounds(alternative: Alternative) -> Tree:
    found: Tree = {}
    of = "Items" if alternative.item is not None else "Length"
    for bound in alternative.bounds:
        match bound:
            case Ge(ge):
                found["minimum"] = ge
            case Gt(gt):
                found["exclusiveMinimum"] = gt
            case Le(le):
                found["maximum"] = le
            case Lt(lt):
                found["exclusiveMaximum"] = lt
            case MinLen(length):
                found[f"min{of}"] = length
            case MaxLen(length):
                found[f"max{of}"] = length
    return found


def _any_of(choices: list[Tree]) -> Tree:
    if len(choices) > 1:
        return {"anyOf": choices}
    return {"allOf": choices} if "$ref" in choices[0] else choices[0]  # beside a $ref nothing else would be read
