from pathlib import Path
from typing import Any

import pytest

from dlrun.spec.compose import compose
from dlrun.spec.desugar import desugar, kind_written, spelled_out, with_kinds
from dlrun.spec.faults import ROOT
from dlrun.spec.text import Text
from dlrun.spec.tree import plain


def desugared(content: str) -> Any:
    node, _ = compose(Text("a.yaml", content, Path("/specs")))
    return plain(desugar(node, ROOT))


def complete(content: str) -> Any:
    node, _ = compose(Text("a.yaml", content, Path("/specs")))
    return plain(with_kinds(desugar(node, ROOT), ROOT))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("optimizer: momentum", {"optimizer": {"kind": "momentum"}}),
        ("data: {source: digits, normalize: none}", {"data": {"source": {"kind": "digits"}, "normalize": {"kind": "none"}}}),
        ("architecture: {init: auto}", {"architecture": {"init": {"kind": "auto"}}}),
        ("loss: auto", {"loss": "auto"}),  # a word of its own, no kind
        ("loss: squared_error", {"loss": {"kind": "squared_error"}}),
        ("loss: sofmax", {"loss": {"kind": "sofmax"}}),  # the validator will say that there is no such kind
        ("learning_rate: 0.01", {"learning_rate": {"initial": 0.01}}),
        ("learning_rate: true", {"learning_rate": True}),
        ("learning_rate: {decay: exponential}", {"learning_rate": {"decay": {"kind": "exponential"}}}),
        ("training: {batch_size: full}", {"training": {"batch_size": "full"}}),
        ("training: {early_stopping: null}", {"training": {"early_stopping": None}}),
        ("data: {source: {kind: csv, path: a.csv}}", {"data": {"source": {"kind": "csv", "path": "/specs/a.csv"}}}),
        ("data: {source: {path: a.csv}}", {"data": {"source": {"path": "/specs/a.csv"}}}),  # the kind may be in a base
        ("data: {source: {kind: csv, path: 5}}", {"data": {"source": {"kind": "csv", "path": 5}}}),
        ("training: {clip: 1}", {"training": {"clip": {"norm": 1}}}),
        ("training: {clip: {value: 1}}", {"training": {"clip": {"value": 1}}}),
        ("architecture: {hidden: [64, {units: 3}]}", {"architecture": {"hidden": [{"units": 64}, {"units": 3}]}}),
        ("architecture: {hidden: [{activation: elu}]}", {"architecture": {"hidden": [{"activation": {"kind": "elu"}}]}}),
        ("architecture: {hidden: [x, null, [1]]}", {"architecture": {"hidden": ["x", None, [1]]}}),
        ("architecture: {hidden: 64}", {"architecture": {"hidden": 64}}),
        ("architecture: {batch_norm: batch_norm}", {"architecture": {"batch_norm": {"kind": "batch_norm"}}}),
        ("architecture: {batch_norm: maybe}", {"architecture": {"batch_norm": "maybe"}}),  # not a kind: there is only one
        ("architecture: {batch_norm: true}", {"architecture": {"batch_norm": True}}),
        ("regularization: {keep_prob: 0.5}", {"regularization": {"keep_prob": 0.5}}),  # may stand as it is
        ("regularization: {keep_prob: [0.5]}", {"regularization": {"keep_prob": [0.5]}}),
        ("notes: adam", {"notes": "adam"}),
        ("unknown: {path: a}", {"unknown": {"path": "a"}}),
        ("optimizer: [adam]", {"optimizer": ["adam"]}),
    ],
)
def test_short_forms(short: str, long: dict[str, Any]) -> None:
    assert desugared(short) == long


@pytest.mark.parametrize(
    ("content", "filled"),
    [
        ("optimizer: {beta1: 0.8}", {"optimizer": {"kind": "adam", "beta1": 0.8}}),
        ("optimizer: {kind: momentum}", {"optimizer": {"kind": "momentum"}}),
        ("learning_rate: {decay: {}}", {"learning_rate": {"decay": {"kind": "constant"}}}),
        ("data: {source: {noise: 1}}", {"data": {"source": {"noise": 1}}}),  # no default: the validator asks for a kind
        ("loss: {}", {"loss": {}}),
        ("unknown: {a: {}}", {"unknown": {"a": {}}}),
        ("architecture: {batch_norm: {eps: 1}}", {"architecture": {"batch_norm": {"kind": "batch_norm", "eps": 1}}}),
        ("architecture: {hidden: [{batch_norm: {}}]}", {"architecture": {"hidden": [{"batch_norm": {"kind": "batch_norm"}}]}}),
        ("architecture: {hidden: [{init: {}}]}", {"architecture": {"hidden": [{"init": {}}]}}),  # no default: asked for
    ],
)
def test_kinds_left_out(content: str, filled: dict[str, Any]) -> None:
    assert complete(content) == filled


def test_kind_written() -> None:
    node, _ = compose(Text("a.yaml", "{kind: adam}", Path()))
    assert kind_written(node) == "adam"
    node, _ = compose(Text("a.yaml", "{kind: 5}", Path()))
    assert kind_written(node) is None
    assert kind_written(None) is None


@pytest.mark.parametrize(
    ("bare", "long"), [("5", {"hidden": 5}), ("[5]", {"hidden": [5]}), ("true", True), ("x", "x"), ("{}", {})]
)
def test_spelling_out(bare: str, long: Any) -> None:
    node, _ = compose(Text("a.yaml", bare, Path()))
    shape = ROOT.at("regularization")
    keep_prob = shape.shape.at("keep_prob") if shape else None
    assert keep_prob is not None
    assert plain(spelled_out(node, keep_prob.shape)) == long
    assert spelled_out(node, ROOT) is node
    assert spelled_out(node, None) is node
