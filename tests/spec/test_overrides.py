from pathlib import Path
from typing import Any

import pytest

from dlrun.errors import Problem
from dlrun.spec.compose import compose
from dlrun.spec.desugar import desugar, with_kinds
from dlrun.spec.faults import ROOT
from dlrun.spec.overrides import override
from dlrun.spec.text import Text
from dlrun.spec.tree import Mapping, place, plain

CONTENT = "seed: 7\noptimizer: {beta1: 0.8}\narchitecture: {activation: tanh}\nregularization: {keep_prob: [0.5, 0.6]}\n"


def tree() -> Mapping:
    node, _ = compose(Text("a.yaml", CONTENT, Path()))
    assert isinstance(node, Mapping)
    return with_kinds(desugar(node, ROOT), ROOT)


def after(written: str) -> Any:
    changed, problems = override(tree(), 1, written, ROOT)
    assert problems == []
    return plain(changed)


def problem(written: str) -> Problem:
    unchanged, (problem,) = override(tree(), 3, written, ROOT)
    assert plain(unchanged) == plain(tree())
    return problem


@pytest.mark.parametrize(
    ("written", "section", "value"),
    [
        ("seed=8", "seed", 8),
        (" seed = 8", "seed", 8),
        ("notes=", "notes", None),
        ("notes='a=b'", "notes", "a=b"),
        ("optimizer.beta2=0.9", "optimizer", {"kind": "adam", "beta1": 0.8, "beta2": 0.9}),
        ("optimizer={beta2: 0.9}", "optimizer", {"kind": "adam", "beta1": 0.8, "beta2": 0.9}),
        ("optimizer.kind=adam", "optimizer", {"kind": "adam", "beta1": 0.8}),
        ("optimizer.kind=momentum", "optimizer", {"kind": "momentum"}),
        ("optimizer=momentum", "optimizer", {"kind": "momentum"}),
        ("optimizer={kind: momentum, beta: 0.5}", "optimizer", {"kind": "momentum", "beta": 0.5}),
        ("learning_rate=0.1", "learning_rate", {"initial": 0.1}),
        ("learning_rate.decay=exponential", "learning_rate", {"decay": {"kind": "exponential"}}),
        ("training.early_stopping.patience=3", "training", {"early_stopping": {"patience": 3}}),
        ("architecture.hidden=[8, 4]", "architecture", {"activation": {"kind": "tanh"}, "hidden": [8, 4]}),
        ("architecture.hidden.0=32", "architecture", {"activation": {"kind": "tanh"}, "hidden": [32]}),  # the default has one
        ("regularization.keep_prob.1=80%", "regularization", {"keep_prob": [0.5, 0.8]}),
    ],
)
def test_values(written: str, section: str, value: Any) -> None:
    assert after(written)[section] == value


def test_relative_paths_are_relative_to_the_current_directory() -> None:
    assert after("data.source.path=a.csv")["data"]["source"]["path"] == str(Path.cwd() / "a.csv")


def test_every_step_knows_its_place() -> None:
    changed, _ = override(tree(), 2, "training.early_stopping={patience: 3}", ROOT)
    origin = place(changed, ("training", "early_stopping", "patience"))
    assert origin.where == "-s 2: training.early_stopping"
    assert origin.excerpt() == ("      | training.early_stopping={patience: 3}", f"      | {' ' * 35}^")


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("seed", "must be KEY=VALUE, such as optimizer.beta1=0.8, got 'seed'"),
        ("=3", "must be KEY=VALUE"),
        ("a..b=3", "must be KEY=VALUE"),
        ("\udcff=3", "must be KEY=VALUE"),
        ("\x1b[31m=3", "must be KEY=VALUE"),
        ("extends=b.yaml", "only a file can extend another"),
        ("seed=[", "this is not YAML"),
        ("seed=*x", "the alias '*x' is not allowed"),
        ("architecture.hidden.1=3", "architecture.hidden has 1 item, counted from 0; there is no 1"),
        ("architecture.hidden.99999999999999999999=3", "there is no 99999999999999999999"),
        ("architecture.hidden.0.units=3", "an item of architecture.hidden has no keys of its own"),
        ("regularization.keep_prob.2=3", "regularization.keep_prob has 2 items"),
    ],
)
def test_what_cannot_be_set(written: str, what: str) -> None:
    found = problem(written)
    assert found.where.startswith("-s 3")
    assert what in found.what


def test_a_number_has_no_items() -> None:
    node, _ = compose(Text("a.yaml", "regularization: {keep_prob: 0.5}", Path()))
    assert isinstance(node, Mapping)
    _, (found,) = override(node, 1, "regularization.keep_prob.0=0.5", ROOT)
    assert found.what == "regularization.keep_prob is not a list here"


def test_a_value_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    changed, _ = override(tree(), 1, 'notes="a\n  b"', ROOT)
    assert place(changed, ("notes",)).excerpt()[-1] == f"      | {' ' * 6}^^"
