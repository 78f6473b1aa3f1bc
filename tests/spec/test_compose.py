import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.errors import InvalidInput, Problem
from dlrun.spec.compose import MAX_DEPTH, MAX_NODES, compose
from dlrun.spec.text import Text
from dlrun.spec.tree import Mapping, Scalar, plain


def text(content: str) -> Text:
    return Text("a.yaml", content, Path())


def problems(content: str) -> list[Problem]:
    """Every problem of a text, whether its tree could be known or not."""
    try:
        return compose(text(content))[1]
    except InvalidInput as error:
        return list(error.problems)


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn", "Co", "Zl", "Zp"]), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_json_is_yaml(value: Any) -> None:
    node, found = compose(text(json.dumps(value, ensure_ascii=False)))
    assert plain(node) == value
    assert found == []


def test_every_key_and_value_knows_its_place() -> None:
    node, _ = compose(text("seed: 7\ndata:\n  source: {kind: digits}\n  list:\n  - aé\n"))
    assert isinstance(node, Mapping)
    source = node.entries["data"].node
    assert isinstance(source, Mapping)
    key = source.entries["source"].origin
    assert (key.line, key.column, key.length, key.section) == (3, 3, 6, 2)
    inner = source.entries["source"].node
    assert isinstance(inner, Mapping)
    kind = inner.entries["kind"].node.origin
    assert (kind.line, kind.column, kind.length) == (3, 18, 6)


def test_skipping_moves_places_of_the_first_line() -> None:
    node, _ = compose(text("optimizer={kind:\n adam}"), skip=10)
    assert isinstance(node, Mapping)
    assert node.entries["kind"].origin.column == 12
    assert (node.entries["kind"].node.origin.line, node.entries["kind"].node.origin.column) == (2, 2)


def test_quoted_scalars_are_text() -> None:
    node, _ = compose(text("- '1'\n- \"no\"\n- |-\n  5\n"))
    assert plain(node) == ["1", "no", "5"]


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        ("a: 1\nb: 2\na: 3", "3:1", "duplicate key 'a', it is already in line 1"),
        ("a: !!float 3", "1:4", "the tag 'tag:yaml.org,2002:float' is not allowed"),
        ("a: !!python/object/apply:os.system [ls]", "1:4", "the tag 'tag:yaml.org,2002:python/object/apply:os.system'"),
        ("a: &x 3", "1:4", "the anchor '&x' is not allowed"),
        ("a: &x 3\nb: *x", "2:4", "the alias '*x' is not allowed"),
        ("a: 1\n---\nb: 2", "2:1", "a second document"),
        ("? [1, 2]\n: 3", "1:3", "a key must be a single word"),
        ("{1: 2, {}: 3}", "1:8", "a key must be a single word"),
        ("a: [1, 2", "1:9", "this is not YAML: expected ',' or ']'"),
        ("a: b: c", "1:5", "this is not YAML: mapping values are not allowed here"),
        ("a:\n\t- b", "2:1", "this is not YAML: found character '\\t'"),
        ("a: '\u0007'", "1:5", "the character U+0007 is not allowed in YAML"),
        ('a: "\\e[31m"', "1:4", "the control character U+001B is not allowed"),
        ('a: "\\ud800"', "1:4", "the control character U+D800 is not allowed"),
        ('a: "\\UFFFFFFFF"', "1:", "this is not YAML: an escape or a number"),
        ("[" * 40, f"1:{MAX_DEPTH + 1}", "nested deeper than 32 levels"),
        ("[" + "1," * MAX_NODES + "]", "1:", "more than 3,000 values"),
    ],
)
def test_what_is_not_allowed_is_located(content: str, where: str, what: str) -> None:
    found = problems(content)
    assert any(p.where.startswith(f"a.yaml:{where}") and what in p.what for p in found), found


def test_problems_are_collected() -> None:
    found = problems("a: !x 1\nb: &y 2\nb: *y\nc: [")
    assert [p.where for p in found] == ["a.yaml:1:4", "a.yaml:2:4", "a.yaml:3:4", "a.yaml:3:1", "a.yaml:4:5"]


def test_many_problems_end() -> None:
    assert len(problems("[" + "!x 1," * 1000 + "]")) == 50


def test_an_empty_text_is_null() -> None:
    node, _ = compose(text("# nothing\n"))
    assert isinstance(node, Scalar)
    assert node.value is None


YAML_PIECES = st.sampled_from(
    ["a", "b: ", "- ", "\n", "  ", "{", "}", "[", "]", ",", ": ", "? ", "'", '"', "|", ">", "&x ", "*x", "!t ", "#", "%", "---",
     "...", "\\x", "\\U", "1e5", "\t", "é", "\x85", "\u2028", "\ufeff", "<<: ", "\0", "\x1b"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.text(max_size=60) | st.lists(YAML_PIECES, max_size=40).map("".join))
def test_any_text_gives_a_tree_or_located_problems(content: str) -> None:
    for problem in problems(content):
        assert problem.where.startswith("a.yaml:")
        assert problem.excerpt
        assert str(problem).replace("\n", "").isprintable()
