from pathlib import Path
from typing import Any

import pytest

from dlrun.spec.compose import compose
from dlrun.spec.faults import ROOT
from dlrun.spec.merge import merge
from dlrun.spec.text import Text
from dlrun.spec.tree import Mapping, place, plain


def tree(name: str, content: str) -> Any:
    return compose(Text(name, content, Path()))[0]


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ("{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", {"a": {"b": 1, "c": 3, "d": 4}}),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
        ("{a: 1}", "{a: {b: 2}}", {"a": {"b": 2}}),
        ("{a: {b: 2}}", "{a: null}", {"a": None}),
        ("{o: {kind: adam, eps: 1}}", "{o: {kind: momentum}}", {"o": {"kind": "momentum"}}),
        ("{o: {kind: adam, eps: 1}}", "{o: {kind: adam, beta1: 2}}", {"o": {"kind": "adam", "eps": 1, "beta1": 2}}),
        ("{o: {kind: adam, eps: 1}}", "{o: {beta1: 2}}", {"o": {"kind": "adam", "eps": 1, "beta1": 2}}),
        ("{o: {kind: adam, eps: 1}}", "{o: {kind: 5}}", {"o": {"kind": 5}}),
    ],
)
def test_over_goes_over_base(base: str, over: str, merged: dict[str, Any]) -> None:
    assert plain(merge(tree("base", base), tree("over", over), None)) == merged


def test_every_part_keeps_its_place() -> None:
    merged = merge(tree("base", "{a: {b: 1, c: 2}}"), tree("over", "{a: {c: 3}}"), None)
    inner = merged.get("a")
    assert isinstance(inner, Mapping)
    assert [entry.origin.text.name for entry in inner.entries.values()] == ["base", "over"]


def test_an_override_only_reaches_into_a_section() -> None:
    base = tree("base", "{a: {b: 1}, o: {kind: adam}}")
    over, _ = compose(Text("-s 1", "{a: {c: 3}, o: {kind: csv}}", Path(), address="a"))
    merged = merge(base, over, None)
    assert isinstance(merged, Mapping)
    assert merged.origin.text.name == merged.entries["a"].origin.text.name == "base"
    assert merged.entries["o"].origin.text.name == "-s 1"  # another kind: all of it is new


def test_nothing_below() -> None:
    over = tree("over", "{a: 1}")
    assert merge(None, over, None) is over


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ("0.5", "{input: 0.8}", {"hidden": 0.5, "input": 0.8}),
        ("[0.5, 1]", "{input: 0.8}", {"hidden": [0.5, 1], "input": 0.8}),
        ("[0.5, 1]", "{hidden: 0.8}", {"hidden": 0.8}),
        ("{input: 0.8}", "0.5", 0.5),
        ("null", "{input: 0.8}", {"input": 0.8}),
        ("x", "{input: 0.8}", {"input": 0.8}),
    ],
)
def test_a_bare_value_is_the_key_it_stands_for(base: str, over: str, merged: Any) -> None:
    first, second = (tree(value, f"{{regularization: {{keep_prob: {value}}}}}") for value in (base, over))
    together = merge(first, second, ROOT)
    assert plain(together) == {"regularization": {"keep_prob": merged}}
    if isinstance(merged, dict) and "hidden" in merged and "hidden" not in over:
        assert place(together, ("regularization", "keep_prob", "hidden")).text.name == base
