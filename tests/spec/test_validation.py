"""A law over the schema: each key with each form of value is accepted or found at its line, in our own words."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.compose import compose
from dlrun.spec.desugar import desugar, with_kinds
from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED, Alternative, Field, Shape, fields_of, kind_of
from dlrun.spec.text import Text
from dlrun.spec.tree import Mapping, dotted
from dlrun.spec.validation import validate

PYDANTIC = re.compile(r"Input|valid|[Uu]nion|literal|instance|dataclass|dictionary|tuple|constrained|greater|less|extra")
FORMS: dict[str, Any] = {
    "12.5": 12.5, "-3": -3, "0": 0, "1": 1, "1.0": 1.0, "1000000000000": 10**12, "xyzzy": "xyzzy", "'7'": "7", "''": "",
    "true": True, "null": None, "{}": {}, "{xyz: 1}": {"xyz": 1}, "{kind: xyzzy}": {"kind": "xyzzy"}, "{kind: 5}": {"kind": 5},
    "[]": [], "[[1]]": [[1]], "[xyzzy]": ["xyzzy"], "[0.5, -1]": [0.5, -1], "[1, 1]": [1, 1], "[{}]": [{}], "[null]": [None],
    "[{xyz: 1}]": [{"xyz": 1}], "auto": "auto", "batch_norm": "batch_norm", ".nan": math.nan, "-.inf": -math.inf,
    "1e400": math.inf,
}  # fmt: skip
Way = tuple[tuple[str | int, Any], ...]  # the keys down to a section, and the class at each; 0 and an item's in a list


def keys(cls: Any, above: Way = ()) -> Iterator[tuple[Way, Any, str]]:
    """Every key of every section and of every kind of every component, in lists too: the way there, the class, the key."""
    for key, field in fields_of(cls).items():
        yield above, cls, key
        for inner in field.shape.classes:
            yield from keys(inner, (*above, (key, inner)))
        for inner in field.shape.items.classes if field.shape.items else ():
            yield from keys(inner, (*above, (key, list), (0, inner)))


def section_of(document: Any, above: Way) -> Any:
    """The section at the end of a way, with every section on the way made and complete."""
    section = document
    for step, cls in above:
        if cls is list:
            section = section.setdefault(step, [{}])
        else:
            section = section[step] if step == 0 else section.setdefault(step, {})
            section |= {**required(cls), **section} | ({"kind": kind_of(cls)} if kind_of(cls) else {})
    return section


def required(cls: Any) -> dict[str, Any]:
    """The keys without a default, with values that are right."""
    return {name: right(field.shape) for name, field in fields_of(cls).items() if field.default is REQUIRED}


def right(shape: Shape) -> Any:
    if shape.kinds:
        return {"kind": next(iter(shape.kinds))}
    (alternative,) = shape.alternatives
    if shape.items:
        section = shape.items.section
        return [required(section)] if section else [0.5, 0.5]
    return {int: 5, float: 0.5, str: "x"}[alternative.type]


def written(above: Way, key: str, value: str) -> tuple[str, int]:
    """A spec in which this key has this value and everything else is right, and the line of the key."""
    document: dict[str, Any] = {"data": {"source": {"kind": "digits"}}}
    section_of(document, above)[key] = "HERE"
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
    shape = field.shape
    if isinstance(value, dict):
        if value == {} and any(alternative.type is dict for alternative in shape.alternatives):
            return True
        sections = [shape.kinds.get(field.default_kind or "", None), *(shape.classes if len(shape.classes) == 1 else ())]
        return value == {} and any(section is not None and is_complete(section) for section in sections)
    if isinstance(value, str) and value in shape.kinds:
        return is_complete(shape.kinds[value])
    is_number = isinstance(value, float | int) and not isinstance(value, bool)
    if is_number and shape.section and shape.shorthand and fits(fields_of(shape.section)[shape.shorthand], key, value):
        return True
    return any(fits_alternative(alternative, key, value) for alternative in shape.alternatives)


def is_complete(cls: Any) -> bool:
    return all(field.default is not REQUIRED for field in fields_of(cls).values())


def fits_alternative(alternative: Alternative, key: str, value: Any) -> bool:
    if alternative.form:
        return key == "name" and value in ("xyzzy", "7", "auto", "batch_norm")
    if isinstance(value, bool) or value is None:
        return alternative.type is (bool if value is not None else None)
    if isinstance(value, list):
        items = Shape((alternative,)).items
        return items is not None and within(alternative, value) and all(fits(Field(items, None), key, item) for item in value)
    if isinstance(value, str):
        return value in alternative.words or (alternative.type is str and within(alternative, value))
    numeric = alternative.type is float or (alternative.type is int and isinstance(value, int))
    word = type(value) is int and value in alternative.words
    return word or (numeric and math.isfinite(value) and within(alternative, value))


def within(alternative: Alternative, value: Any) -> bool:
    checks = {
        Ge: lambda b: value >= b.ge, Gt: lambda b: value > b.gt, Le: lambda b: value <= b.le, Lt: lambda b: value < b.lt,
        MinLen: lambda b: len(value) >= b.min_length, MaxLen: lambda b: len(value) <= b.max_length,
    }  # fmt: skip
    return all(checks[type(bound)](bound) for bound in alternative.bounds)


@pytest.mark.parametrize("form", FORMS)
def test_each_key_with_each_form_of_value(form: str) -> None:
    tried = refused = 0
    for above, cls, key in keys(Spec):
        if key == "kind" and form in ("auto", "batch_norm"):
            continue  # kinds there are
        content, line = written(above, key, form)
        found = problems(content)
        assert bool(found) != fits(fields_of(cls)[key], key, FORMS[form]), (content, found)
        for problem in found:
            assert problem.where.startswith(f"a.yaml:{line}:"), (content, problem)
            assert key in problem.what
            assert not PYDANTIC.search(problem.what + problem.cure), problem
        tried, refused = tried + 1, refused + bool(found)
    assert tried > 120
    assert refused > tried / 4


def test_each_section_with_an_unknown_key() -> None:
    for above in {above for above, _, key in keys(Spec) if above}:
        content, line = written(above, "xyzzyx", "1")
        (problem,) = problems(content)
        assert problem.where.startswith(f"a.yaml:{line}:")
        assert problem.what.startswith(f"unknown key 'xyzzyx' in '{dotted(tuple(step for step, _ in above))}'")


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


LAYER = "a whole number at least 1 for units or a mapping with units, activation, batch_norm, init and keep_prob"
NORM = "true or false or a mapping with running_beta and eps"
SHARE = "a number above 0 and at most 1"
MISTAKES = {  # ¦ marks the place, → the cure
    "architecture: {hidden: ¦64}": f"architecture.hidden must be a list (each item {LAYER}), got 64 → write a list: [64]",
    "architecture: {¦hidden: {units: 3}}":
        f"architecture.hidden must be a list (each item {LAYER}), got a mapping → write a list: [{{…}}]",
    "architecture: {hidden: [¦0]}": "architecture.hidden.0.units must be at least 1, got 0",
    "architecture: {hidden: [¦8.0]}":
        "architecture.hidden.0.units must be a whole number at least 1, got 8.0 → write it as a whole number: 8",
    "architecture: {hidden: [8, ¦x]}": f"architecture.hidden.1 must be {LAYER}, got the text 'x'",
    "architecture: {hidden: [8, {units: ¦0}]}": "architecture.hidden.1.units must be at least 1, got 0",
    "architecture: {hidden: [{¦unit: 3}]}": "unknown key 'unit' in 'architecture.hidden.0', did you mean 'units'?",
    "architecture: {hidden: [¦{}]}": "missing key 'units' in 'architecture.hidden.0' → it must be a whole number at least 1",
    "architecture: {hidden: [{units: 3, init: ¦hee}]}":
        "unknown kind 'hee' in 'architecture.hidden.0.init', did you mean 'he'?"
        " → allowed: auto, he, xavier, glorot, normal, orthogonal, identity or zeros",
    "architecture: {hidden: [{units: 3, ¦init: {scale: 2}}]}":
        "missing key 'kind' in 'architecture.hidden.0.init'"
        " → allowed: auto, he, xavier, glorot, normal, orthogonal, identity or zeros",
    "architecture: {hidden: [{units: 3, batch_norm: {¦esp: 1}}]}":
        "unknown key 'esp' in 'architecture.hidden.0.batch_norm', did you mean 'eps'?",
    "architecture: {batch_norm: ¦maybe}": f"architecture.batch_norm must be {NORM}, got the text 'maybe'",
    "architecture: {batch_norm: ¦on}": f"architecture.batch_norm must be {NORM}, got the text 'on' → write true",
    "architecture: {batch_norm: {kind: ¦maybe}}": "architecture.batch_norm.kind must be 'batch_norm', got the text 'maybe'",
    "architecture: {batch_norm: {eps: ¦0}}": "architecture.batch_norm.eps must be above 0, got 0",
    "regularization: {keep_prob: {¦inputs: .5}}":
        "unknown key 'inputs' in 'regularization.keep_prob', did you mean 'input'?",
    "regularization: {keep_prob: {hidden: [1, ¦0]}}": "regularization.keep_prob.hidden.1 must be above 0, got 0",
    "regularization: {keep_prob: ¦x}":
        f"regularization.keep_prob must be {SHARE}, a list (each item {SHARE}) or a mapping with input and hidden,"
        " got the text 'x'",
    "training: {clip: ¦-1}": "training.clip.norm must be above 0, got -1",
    "training: {clip: ¦x}":
        "training.clip must be a number above 0 for norm, a mapping with norm and value or null, got the text 'x'",
    "learning_rate: {decay: {kind: manual, ¦rates: []}}":
        "learning_rate.decay.rates must be not empty, got a list of 0 items",
    "learning_rate: {decay: {kind: manual, rates: [¦{epoch: 3}]}}":
        "missing key 'rate' in 'learning_rate.decay.rates.0' → it must be a number above 0",
    "learning_rate: {decay: {kind: manual, rates: [{¦epok: 3, rate: 1}]}}":
        "unknown key 'epok' in 'learning_rate.decay.rates.0', did you mean 'epoch'?",
}  # fmt: skip


@pytest.mark.parametrize("marked", MISTAKES)
def test_mistakes_are_located_at_item_and_key(marked: str) -> None:
    (problem,) = problems(marked.replace("¦", "") + "\ndata: {source: digits}\n")
    assert problem.where == f"a.yaml:1:{marked.index('¦') + 1}"
    assert (problem.what, problem.cure) == MISTAKES[marked].partition(" → ")[::2]


def test_a_misspelt_key_is_not_missing_too() -> None:
    (problem,) = problems("dat: {source: digits}")
    assert problem.what == "unknown key 'dat', did you mean 'data'?"
    first, second = problems("data: {source: digits}\narchitecture: {hidden: [{unit: 3}, {keep_prob: 1}]}")
    assert first.what == "unknown key 'unit' in 'architecture.hidden.0', did you mean 'units'?"
    assert second.what == "missing key 'units' in 'architecture.hidden.1'"


@pytest.mark.parametrize("key", ["knid", "kixd", "kin"])
def test_a_misspelt_kind_is_told_where_it_stands(key: str) -> None:
    (found,) = problems(f"data:\n  source: digits\nloss:\n  {key}: squared_error\n")
    assert ":4:3: " in str(found)
    assert f"unknown key '{key}' in 'loss', did you mean 'kind'?" in str(found)
