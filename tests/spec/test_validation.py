"""A law over the schema: each key with each form of value is accepted or found at its line, in our own words."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from annotated_types import Ge, Gt, Le, Lt, MinLen

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.compose import compose
from dlrun.spec.desugar import desugar, with_kinds
from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED, Alternative, Field, Shape, fields_of, kind_of
from dlrun.spec.text import Text
from dlrun.spec.tree import Mapping
from dlrun.spec.validation import validate

PYDANTIC = re.compile(r"[Ii]nput|valid|[Uu]nion|literal|instance|dataclass|dictionary|tuple|constrained|greater|less|extra")
FORMS: dict[str, Any] = {
    "12.5": 12.5, "-3": -3, "0": 0, "1": 1, "1.0": 1.0, "1000000000000": 10**12, "xyzzy": "xyzzy", "'7'": "7", "''": "",
    "true": True, "null": None, "{}": {}, "{xyz: 1}": {"xyz": 1}, "[]": [], "[[1]]": [[1]], "[xyzzy]": ["xyzzy"],
    "[0.5, -1]": [0.5, -1], "auto": "auto", ".nan": math.nan, "-.inf": -math.inf, "1e400": math.inf,
}  # fmt: skip


def keys(cls: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Every key of every section and of every kind of every component: the path of its section, the class, the key."""
    for key, field in fields_of(cls).items():
        yield above, cls, key
        for inner in field.shape.classes:
            yield from keys(inner, (*above, key))


def written(above: tuple[str, ...], cls: Any, key: str, value: str) -> tuple[str, int]:
    """A spec in which this key has this value and everything else is right, and the line of the key."""
    document: dict[str, Any] = {"data": {"source": {"kind": "digits"}}}
    section = document
    for step in above:
        section = section.setdefault(step, {})
    if kind_of(cls):
        section.update(kind=kind_of(cls))
    for name, field in fields_of(cls).items():
        if field.default is REQUIRED and name not in section:
            section[name] = 5 if name == "patience" else "x"
    section[key] = "HERE"
    text = yaml.safe_dump(document, sort_keys=False)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "HERE" in line)
    return text.replace("HERE", value), line


def problems(content: str) -> list[Problem]:
    node, _ = compose(Text("a.yaml", content, Path("/")))
    assert isinstance(node, Mapping)
    try:
        validate(with_kinds(desugar(node, ROOT), ROOT))
    except InvalidInput as error:
        return list(error.problems)
    return []


def fits(field: Field, key: str, value: Any) -> bool:
    """The schema by the naive reading of its types, without pydantic."""
    if isinstance(value, dict) and field.default_kind:
        return value == {}
    if isinstance(value, str) and value in field.shape.kinds:
        return True
    if field.shape.shorthand and isinstance(value, float | int) and not isinstance(value, bool):
        return math.isfinite(value) and value > 0
    return any(fits_alternative(alternative, key, value) for alternative in field.shape.alternatives)


def fits_alternative(alternative: Alternative, key: str, value: Any) -> bool:
    if alternative.form:
        return key == "name" and value in ("xyzzy", "7", "auto")
    if isinstance(value, bool) or value is None:
        return alternative.type is (bool if value is not None else None)
    if isinstance(value, dict):
        section = Shape((alternative,)).section
        return section is not None and value == {} and all(f.default is not REQUIRED for f in fields_of(section).values())
    if isinstance(value, list):
        items = Shape((alternative,)).items
        return items is not None and all(fits(Field(items, REQUIRED), key, item) for item in value)
    if isinstance(value, str):
        return value in alternative.words or (alternative.type is str and within(alternative, value))
    numeric = alternative.type is float or (alternative.type is int and isinstance(value, int))
    word = type(value) is int and value in alternative.words
    return word or (numeric and math.isfinite(value) and within(alternative, value))


def within(alternative: Alternative, value: Any) -> bool:
    checks = {
        Ge: lambda b: value >= b.ge, Gt: lambda b: value > b.gt, Le: lambda b: value <= b.le, Lt: lambda b: value < b.lt,
        MinLen: lambda b: len(value) >= b.min_length,
    }  # fmt: skip
    return all(checks[type(bound)](bound) for bound in alternative.bounds)


@pytest.mark.parametrize("form", FORMS)
def test_each_key_with_each_form_of_value(form: str) -> None:
    tried = refused = 0
    for above, cls, key in keys(Spec):
        if key == "kind" and form == "auto":
            continue  # a kind there is
        content, line = written(above, cls, key, form)
        found = problems(content)
        assert bool(found) != fits(fields_of(cls)[key], key, FORMS[form]), (content, found)
        for problem in found:
            assert problem.where.startswith(f"a.yaml:{line}:"), (content, problem)
            assert key in problem.what
            assert not PYDANTIC.search(problem.what + problem.cure), problem
        tried, refused = tried + 1, refused + bool(found)
    assert tried > 60
    assert refused > tried / 4


def test_each_section_with_an_unknown_key() -> None:
    for above, cls, key in keys(Spec):
        if key == "kind" or not above:
            continue
        content, line = written(above, cls, "xyzzyx", "1")
        (problem,) = problems(content)
        assert problem.where.startswith(f"a.yaml:{line}:")
        assert problem.what.startswith("unknown key 'xyzzyx' in '" + ".".join(above))


def test_all_faults_at_once_in_the_order_of_the_text() -> None:
    content = "seed: -1\nfoo: 1\ndata: {source: cvs}\noptimizer: {kind: adam, beta1: 9.0, beta: 1}\ntraining: {epochs: x}\n"
    assert [p.where for p in problems(content)] == [f"a.yaml:{place}" for place in ("1:7", "2:1", "3:16", "4:32", "4:37", "5:20")]


def test_a_fault_in_one_branch_says_nothing_of_the_others() -> None:
    (problem,) = problems("data: {source: {kind: csv, path: a.csv}}")
    assert problem.what == "missing key 'target' in 'data.source'"
    (problem,) = problems("data: {source: {noise: 0.1}}")
    assert problem.what == "missing key 'kind' in 'data.source'"
    (problem,) = problems("data: {source: digits}\nregularization: {keep_prob: [0.5, 2]}")
    assert problem.what == "regularization.keep_prob.1 must be at most 1, got 2"
