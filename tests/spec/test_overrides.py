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


def parsed(content: str) -> Mapping:
    node, _ = compose(Text("a.yaml", content, Path()))
    assert isinstance(node, Mapping)
    return with_kinds(desugar(node, ROOT), ROOT)


def tree() -> Mapping:
    return parsed(CONTENT)


def over(content: str, written: str) -> Any:
    changed, problems = override(parsed(content), 1, written, ROOT)
    assert problems == []
    return plain(changed)


def after(written: str) -> Any:
    return over(CONTENT, written)


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
        ("regularization.keep_prob.1=80%", "regularization", {"keep_prob": [0.5, 0.8]}),
        ("regularization.keep_prob.input=0.8", "regularization", {"keep_prob": {"hidden": [0.5, 0.6], "input": 0.8}}),
        ("regularization.keep_prob.hidden=0.8", "regularization", {"keep_prob": {"hidden": 0.8}}),
        ("regularization.keep_prob.hidden.0=0.8", "regularization", {"keep_prob": {"hidden": [0.8, 0.6]}}),
        ("training.clip=2", "training", {"clip": {"norm": 2}}),
        ("training.clip.value=2", "training", {"clip": {"value": 2}}),
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
        ("architecture.hidden.1.units=3", "architecture.hidden has 1 item, counted from 0; there is no 1"),
        ("architecture.hidden.units=3", "architecture.hidden is a list, its items are counted from 0"),
        ("data.source.drop.x=3", "data.source.drop is a list, its items are counted from 0"),
        ("data.source.drop.0=3", "data.source.drop has 0 items"),
        ("regularization.keep_prob.1.x=3", "an item of regularization.keep_prob has no keys of its own"),
        (".".join(["a"] * 33) + "=3", "must be KEY=VALUE"),
        ("regularization.keep_prob.2=3", "regularization.keep_prob has 2 items"),
    ],
)
def test_what_cannot_be_set(written: str, what: str) -> None:
    found = problem(written)
    assert found.where.startswith("-s 3")
    assert what in found.what


def test_a_number_has_no_items() -> None:
    half = parsed("regularization: {keep_prob: 0.5}")
    _, (found,) = override(half, 1, "regularization.keep_prob.0=0.5", ROOT)
    assert found.what == "regularization.keep_prob is not a list here"
    _, (found,) = override(half, 1, "regularization.keep_prob.hidden.0=0.5", ROOT)
    assert found.what == "regularization.keep_prob.hidden is not a list here"


LAYERS = "architecture: {hidden: [8, {units: 4, keep_prob: 0.9}], batch_norm: false}"
DETAILED = {"units": 4, "keep_prob": 0.9}


@pytest.mark.parametrize(
    ("written", "hidden"),
    [
        ("architecture.hidden=[32, 16]", [{"units": 32}, {"units": 16}]),
        ("architecture.hidden.0=32", [{"units": 32}, DETAILED]),
        ("architecture.hidden.1=32", [{"units": 8}, {"units": 32, "keep_prob": 0.9}]),  # a number is `units`, the rest stays
        ("architecture.hidden.0.units=32", [{"units": 32}, DETAILED]),
        ("architecture.hidden.1.keep_prob=50%", [{"units": 8}, {"units": 4, "keep_prob": 0.5}]),
        ("architecture.hidden.0.activation=elu", [{"units": 8, "activation": {"kind": "elu"}}, DETAILED]),
        ("architecture.hidden.0={init: {kind: he}}", [{"units": 8, "init": {"kind": "he"}}, DETAILED]),
        ("architecture.hidden.0.batch_norm.eps=1", [{"units": 8, "batch_norm": {"kind": "batch_norm", "eps": 1}}, DETAILED]),
        ("architecture.hidden.0=null", [None, DETAILED]),  # for the validator to say so
    ],
)
def test_items_of_a_list(written: str, hidden: list[Any]) -> None:
    assert over(LAYERS, written)["architecture"]["hidden"] == hidden


@pytest.mark.parametrize("written", ["architecture.hidden.0=32", "architecture.hidden.0.units=32"])
def test_an_item_of_a_default(written: str) -> None:
    assert over("seed: 1", written)["architecture"] == {"hidden": [{"units": 32}]}
    assert over("seed: 1", "architecture.hidden.0.keep_prob=1")["architecture"] == {"hidden": [{"units": 64, "keep_prob": 1}]}


@pytest.mark.parametrize("before", ["false", "true", "{running_beta: 0.5}"])
def test_a_key_of_a_component_switches_it_on(before: str) -> None:
    changed = over(f"architecture: {{batch_norm: {before}}}", "architecture.batch_norm.running_beta=0.99")
    assert changed["architecture"]["batch_norm"] == {"kind": "batch_norm", "running_beta": 0.99}
    assert over(f"architecture: {{batch_norm: {before}}}", "architecture.batch_norm=true")["architecture"]["batch_norm"] is True


def test_a_key_joins_a_bare_number() -> None:
    changed = over("regularization: {keep_prob: 0.5}\ntraining: {clip: 3}", "regularization.keep_prob.input=0.8")
    assert changed["regularization"]["keep_prob"] == {"hidden": 0.5, "input": 0.8}
    assert over("training: {clip: 3}", "training.clip.value=1")["training"]["clip"] == {"norm": 3, "value": 1}


def test_an_item_keeps_the_places_of_what_is_not_changed() -> None:
    changed, _ = override(parsed(LAYERS), 1, "architecture.hidden.1.units=5", ROOT)
    assert place(changed, ("architecture", "hidden", 1, "units")).where == "-s 1: architecture.hidden.1.units"
    assert place(changed, ("architecture", "hidden", 1, "keep_prob")).where == "a.yaml:1:50"
    assert place(changed, ("architecture", "hidden", 0)).where == "a.yaml:1:25"


def test_an_address_without_an_item_says_how_to_give_one() -> None:
    assert problem("architecture.hidden.units=3").cure == "say which item: architecture.hidden.0.units=…"
    assert problem("data.source.drop.x=3").cure == ""


def test_a_value_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    changed, _ = override(tree(), 1, 'notes="a\n  b"', ROOT)
    assert place(changed, ("notes",)).excerpt()[-1] == f"      | {' ' * 6}^^"
