"""Every rule both ways: it speaks where it should, is silent where it should be, and what it proposes can be typed."""

from dataclasses import replace
from pathlib import Path

import pytest

from dlrun.experiment.preview.advice import RULES, advice
from dlrun.experiment.preview.data_rules import too_large
from dlrun.experiment.preview.memory import measure
from dlrun.experiment.setup import Experiment
from tests.experiments import REGRESSION, SMALL, experiment, write_table

MANY = ("data.source.examples=6000", "data.split={train: 4000, dev: 1500, test: 500}")
WIDE = "architecture.hidden=[400,10]"
OWN = "architecture.hidden=[{units: 8, activation: tanh, batch_norm: false}]"

# rule: the changes with which it speaks, words of what it says, its patch; and the changes with which it is silent
CASES: dict[str, tuple[tuple[str, ...], str, dict[str, str], tuple[str, ...]]] = {
    "full_batch": ((), "below 2,000", {"training.batch_size": "full"}, MANY),
    "full_batch already": ((), "here are 200", {"training.batch_size": "full"}, ("training.batch_size=full",)),
    "power_of_two": (("training.batch_size=100",), "here are 100", {"training.batch_size": "128"}, ("training.batch_size=64",)),
    "power_of_two small": (("training.batch_size=1",), "here are 1", {"training.batch_size": "64"}, ("training.batch_size=200",)),
    "init_before_relu xavier": (
        ("architecture.init=xavier",), "xavier gives", {"architecture.init": "auto"}, ("architecture.init=he",),
    ),
    "init_before_relu normal": (
        ("architecture.init=normal",), "instead of 1", {"architecture.init": "auto"},
        ("architecture.init={kind: normal, std: 0.8}",),
    ),
    "init_before_relu zeros": (
        ("architecture.init=zeros", "architecture.activation=tanh"), "stay all alike", {"architecture.init": "auto"},
        ("architecture.init=xavier", "architecture.activation=tanh"),
    ),
    "init_before_relu of a layer": (
        ("architecture.hidden=[8,{units: 8, init: xavier}]",), "hidden layer 2", {"architecture.hidden.1.init": "auto"}, (),
    ),
    "init_before_relu no hidden": (
        ("architecture.init=zeros",), "", {"architecture.init": "auto"},
        ("architecture.hidden=[]", "architecture.init=zeros", "regularization.keep_prob=1"),
    ),
    "dropout_by_size": (
        (WIDE, "architecture.hidden=[40,400,10]", "regularization.keep_prob=0.5"), "keep_prob 0.5",
        {"regularization.keep_prob": "[0.75,0.5,0.75]"}, (WIDE, "regularization.keep_prob=1"),
    ),
    "dropout_by_size beside the input": (
        ("architecture.hidden=[10,400]", "regularization.keep_prob={input: 0.9, hidden: 0.6}"), "",
        {"regularization.keep_prob.hidden": "[0.8,0.6]"}, ("architecture.hidden=[10,10]", "regularization.keep_prob=0.6"),
    ),
    "dropout_by_size told by layer": (
        ("architecture.hidden=[10,400]",), "", {"regularization.keep_prob": "[0.95,0.9]"},
        ("architecture.hidden=[10,{units: 400, keep_prob: 0.5}]",),
    ),
    "keeps_its_inputs": (
        ("regularization.keep_prob={input: 0.4}",), "0.4", {"regularization.keep_prob.input": "0.9"},
        ("regularization.keep_prob={input: 0.5}",),
    ),
    "settings_in_use": (
        (OWN, "architecture.activation=sigmoid"), "architecture.activation", {"architecture.activation": "relu"}, (OWN,),
    ),
    "settings_in_use both": (
        (OWN, "architecture.activation=sigmoid", "architecture.batch_norm=true"), "batch_norm",
        {"architecture.activation": "relu", "architecture.batch_norm": "false"},
        ("architecture.hidden=[{units: 8, activation: tanh},8]", "architecture.activation=sigmoid"),
    ),
    "one_knob": (
        ("training.early_stopping={patience: 3}", "regularization.l2=0"), "two knobs",
        {"training.early_stopping": "null", "regularization.l2": "1"}, (),
    ),
    "one_knob with l2": (("training.early_stopping={patience: 3}",), "two knobs", {"training.early_stopping": "null"}, ()),
    "decay_of_its_own": (
        ("regularization.l2=3.2",), "adam divides",
        {"optimizer": "adamw", "optimizer.weight_decay": "0.1", "regularization.l2": "0"}, ("optimizer=momentum",),
    ),
    "decay_of_its_own twice": (
        ("optimizer=adamw",), "shrink twice", {"regularization.l2": "0"}, ("optimizer=adamw", "regularization.l2=0"),
    ),
    "decay_of_its_own once": (
        ("optimizer=rmsprop",), "rmsprop divides",
        {"optimizer": "adamw", "optimizer.weight_decay": "0.003125", "regularization.l2": "0"},
        ("optimizer={kind: adamw, weight_decay: 0}",),
    ),
    "warmup_ends": (
        ("learning_rate.warmup=3",), "warm-up", {"learning_rate.warmup": "0.15"}, ("learning_rate.warmup=2.9",),
    ),
    "reached_rates": (
        ("learning_rate.decay={kind: manual, rates: [{epoch: 1, rate: 0.1}, {epoch: 7, rate: 0.01}]}",), "epoch 7",
        {"training.epochs": "8"}, ("learning_rate.decay={kind: manual, rates: [{epoch: 2, rate: 0.1}]}",),
    ),
    "enough_dev": ((), "60 dev examples", {"diagnosis.tolerance": "9%"}, MANY),
    "enough_dev no dev": ((), "60 dev examples", {"diagnosis.tolerance": "9%"}, ("data.split={train: 200, dev: 0, test: 0}",)),
    "known_target": ((), "0 % is assumed", {"diagnosis.target_error": "1%"}, ("diagnosis.target_error=2%",)),
}  # fmt: skip


def said(e: Experiment) -> dict[str, tuple[str, dict[str, str]]]:
    return {found.rule: (found.reason, found.patch) for found in advice(e)}


def rule_of(case: str) -> str:
    return case.split()[0]


def scales(directory: Path, largest: int) -> None:
    lines = ["small,large,flat,y"] + [f"{k % 7},{largest * (k % 5)},1,{k % 2}" for k in range(60)]
    (directory / "scales.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("case", CASES)
def test_a_rule_speaks_and_is_silent(tmp_path: Path, case: str) -> None:
    speaking, words, patch, silent = CASES[case]
    e = experiment(tmp_path, SMALL, *speaking)
    reason, found = said(e)[rule_of(case)]
    assert words in reason
    assert found == patch
    assert rule_of(case) not in said(experiment(tmp_path, SMALL, *silent))

    patched = experiment(tmp_path, SMALL, *speaking, *(f"{key}={value}" for key, value in patch.items()))
    assert patched.spec != e.spec, "a patch can be typed, and changes something"
    assert rule_of(case) not in said(patched), "and then the rule is content"


def test_columns_of_very_different_scales(tmp_path: Path) -> None:
    source = "data: {source: {kind: csv, path: scales.csv, target: y}, normalize: none}\ntraining: {epochs: 1}"
    scales(tmp_path, 1000)
    reason, patch = said(experiment(tmp_path, source))["normalized_inputs"]
    train = experiment(tmp_path, source).splits.train.x
    apart = train[:, 1].std() / train[:, 0].std()
    assert f"large varies {apart:.0f} times as much as small" in reason
    assert patch == {"data.normalize": "standard"}
    assert "normalized_inputs" not in said(experiment(tmp_path, source, "data.normalize=standard"))
    scales(tmp_path, 10)
    assert "normalized_inputs" not in said(experiment(tmp_path, source))


def test_a_run_that_does_not_fit(tmp_path: Path) -> None:
    memory = measure(experiment(tmp_path, SMALL))
    assert too_large(memory, 32) is None
    small = replace(memory, machine=memory.total - 1)
    assert too_large(replace(memory, machine=memory.total), 32) is None
    found = too_large(replace(small, rows=32), 32)
    assert found
    assert found.patch == {"training.batch_size": "16"}, "the buffers are most of it, and of the batch's size"
    for other in (small, replace(small, rows=32, parameters=10 * memory.total)):
        found = too_large(other, 32)
        assert found
        assert found.patch == {}
        assert "hardly help" in found.reason


def test_regression_has_rules_of_its_own(tmp_path: Path) -> None:
    write_table(tmp_path)
    found = said(experiment(tmp_path, REGRESSION))
    assert found["known_target"][1] == {}
    assert "enough_dev" not in found
    assert "known_target" not in said(experiment(tmp_path, REGRESSION, "diagnosis.target_error=1.0"))


def test_a_spec_that_follows_the_rules_is_left_alone(tmp_path: Path) -> None:
    words = (*MANY, "training.batch_size=64", "regularization.l2=0", "diagnosis={target_error: 3%}")
    assert said(experiment(tmp_path, SMALL, *words)) == {}


def test_every_rule_has_a_case() -> None:
    tried = {rule_of(case) for case in CASES} | {"fits_in_memory", "normalized_inputs"}
    assert {rule.__name__ for rule in RULES} == tried
