import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.sources import Csv, Digits
from dlrun.diagnosis.gates import Gates
from dlrun.nn.constraints import Clip
from dlrun.nn.initializers import He
from dlrun.nn.layers import BatchNorm, Tanh
from dlrun.nn.schedules import LearningRate, Manual, RateFrom
from dlrun.spec.compose import compose
from dlrun.spec.desugar import desugar, with_kinds
from dlrun.spec.effects import without_effect
from dlrun.spec.extends import read_tree
from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.reading import read_spec
from dlrun.spec.schema import fields_of, kind_of
from dlrun.spec.sections import Architecture, Data, HiddenLayer, KeepProbs, Regularization, Training
from dlrun.spec.text import Text
from dlrun.spec.tree import Mapping
from dlrun.spec.validation import validate
from dlrun.spec.writing import to_yaml
from tests.strategies import ODD_TEXTS, instances, values


def read_back(spec: Spec) -> Spec:
    node, _ = compose(Text("a.yaml", to_yaml(spec), Path()))
    assert isinstance(node, Mapping)
    return validate(with_kinds(desugar(node, ROOT), ROOT))


@settings(max_examples=100)
@given(spec=instances(Spec))
def test_what_is_written_reads_back_equal(spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(to_yaml(spec), encoding="utf-8")
    tree, _, problems = read_tree(path, "written.yaml", ROOT)
    again = validate(tree)
    assert problems == []
    assert again == spec
    assert to_yaml(again) == to_yaml(spec)  # to the last bit: -0.0 equals 0.0
    if not list(without_effect(spec)):
        assert read_spec(path).spec == spec


@pytest.mark.parametrize("key", [key for key in fields_of(HiddenLayer) if key != "units"])
@settings(max_examples=20)
@given(data=st.data())
def test_a_layer_that_says_one_thing_more(key: str, data: st.DataObject) -> None:
    layer = HiddenLayer(units=64, **{key: data.draw(values(fields_of(HiddenLayer)[key].shape, key))})
    spec = Spec(data=Data(source=Digits()), architecture=Architecture(hidden=(layer,)))
    assert read_back(spec) == spec


@settings(max_examples=100)
@given(architecture=instances(Architecture), regularization=instances(Regularization), decay=instances(Manual))
def test_sections_in_lists_read_back_equal(architecture: Architecture, regularization: Regularization, decay: Manual) -> None:
    rate = LearningRate(decay=decay)
    spec = Spec(data=Data(source=Digits()), architecture=architecture, regularization=regularization, learning_rate=rate)
    assert read_back(spec) == spec


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_odd_texts_read_back(text: str, tmp_path: Path) -> None:
    path = tmp_path / "written.yaml"
    path.write_text(to_yaml(Spec(data=Data(source=Digits()), notes=text, tags=(text,))), encoding="utf-8")
    spec = read_spec(path).spec
    assert (spec.notes, spec.tags) == (text, (text,))


def test_every_key_is_written_in_order() -> None:
    spec = Spec(data=Data(source=Csv(path="/data/a.csv", target="y")))
    document = yaml.safe_load(to_yaml(spec))

    def check(written: Any, value: Any) -> None:
        keys = list(fields_of(value.__class__))
        assert list(written) == keys
        for key in keys:
            if isinstance(written[key], dict) and not isinstance(getattr(value, key), Gates):
                check(written[key], getattr(value, key))

    check(document, spec)
    source = document["data"]["source"]
    assert {key: source[key] for key in ("kind", "path", "dev", "target", "drop")} == {
        "kind": "csv", "path": "/data/a.csv", "dev": None, "target": "y", "drop": [],
    }  # fmt: skip


def test_the_form_is_readable() -> None:
    text = to_yaml(Spec(name="small", data=Data(source=Digits()), notes="what: a test"))
    assert text.startswith(
        'dlrun: 1\nname: small\ntags: []\nnotes: "what: a test"\nseed: 0\nseeds: 1\n\ndata:\n  source: digits\n  split:\n'
    )
    assert "\narchitecture:\n  hidden: [64]\n  activation: relu\n  batch_norm: false\n  init:\n    kind: auto\n" in text
    assert "\n    scale: 1.0\n\nloss: auto\n\nregularization:\n" in text
    assert "  evaluate_every: 1 epoch\n" in text
    assert "    stratify: true\n" in text
    assert not re.search(r"\n\n\n|[ \t]\n", text)


NORM = "{kind: batch_norm, running_beta: 0.9, eps: 1e-05}"
LONG = f"{{units: 8, batch_norm: {NORM}, init: {{kind: he, distribution: normal, scale: 1.0}}}}"


@pytest.mark.parametrize(
    ("hidden", "written"),
    [
        ((), "hidden: []"),
        ((HiddenLayer(units=64), HiddenLayer(units=32)), "hidden: [64, 32]"),
        ((HiddenLayer(units=64), HiddenLayer(units=32, keep_prob=0.5)), "hidden: [64, {units: 32, keep_prob: 0.5}]"),
        (
            (HiddenLayer(units=8, activation=Tanh(), batch_norm=False),),
            "hidden: [{units: 8, activation: tanh, batch_norm: false}]",
        ),
        ((HiddenLayer(units=8, batch_norm=BatchNorm(), init=He()), HiddenLayer(units=4)), f"hidden:\n    - {LONG}\n    - 4"),
        ((HiddenLayer(units=64),) * 50, f"hidden: [{', '.join(['64'] * 50)}]"),
    ],
)
def test_hidden_layers_are_as_short_as_they_can_be(hidden: tuple[HiddenLayer, ...], written: str, tmp_path: Path) -> None:
    spec = Spec(data=Data(source=Digits()), architecture=Architecture(hidden=hidden))
    assert f"architecture:\n  {written}\n  activation: relu\n" in to_yaml(spec)
    (tmp_path / "written.yaml").write_text(to_yaml(spec))
    assert read_spec(tmp_path / "written.yaml").spec == spec


def test_sections_beside_other_forms() -> None:
    told = Regularization(keep_prob=KeepProbs(input=0.8, hidden=(0.5,)))
    rates = (RateFrom(epoch=10, rate=1e-4),)
    text = to_yaml(
        Spec(
            data=Data(source=Digits()),
            architecture=Architecture(batch_norm=BatchNorm()),
            regularization=told,
            learning_rate=LearningRate(decay=Manual(rates=rates)),
            training=Training(clip=Clip(norm=1)),
        )
    )
    assert "  keep_prob:\n    input: 0.8\n    hidden: [0.5]\n" in text
    assert "  batch_norm:\n    kind: batch_norm\n    running_beta: 0.9\n    eps: 1e-05\n" in text
    assert "    kind: manual\n    rates: [{epoch: 10, rate: 0.0001}]\n" in text
    assert "  clip:\n    norm: 1.0\n    value: null\n" in text


def test_a_component_without_keys_is_its_kind() -> None:
    assert kind_of(Digits()) == "digits"
    assert "source: digits\n" in to_yaml(Spec(data=Data(source=Digits())))
