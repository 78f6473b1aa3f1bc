import pytest
from hypothesis import given, settings

from dlrun.data.sources import Digits
from dlrun.data.splitting import Split
from dlrun.nn.layers import BatchNorm
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.optimizers import Momentum
from dlrun.nn.stopping import EarlyStopping
from dlrun.spec.differences import Difference, differences, in_words, marked_lines
from dlrun.spec.extends import read_tree
from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED
from dlrun.spec.sections import (
    Architecture,
    Data,
    HiddenLayer,
    KeepProbs,
    Regularization,
    Training,
)
from dlrun.spec.validation import validate
from dlrun.spec.writing import to_yaml
from tests.strategies import instances

PLAIN = Spec(data=Data(source=Digits()))


def marks(spec: Spec, given: Spec | None = None) -> dict[str, str]:
    return {found.key: found.mark for found in differences(spec, given or spec)}


def written(spec: Spec) -> list[str]:
    return [line.text for line in marked_lines(spec, differences(spec, spec)) if line.difference]


@settings(max_examples=60)
@given(spec=instances(Spec))
def test_a_marked_spec_reads_back_equal_whatever_it_holds(spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = differences(spec, PLAIN)
    lines = marked_lines(spec, found)
    assert [line.yaml for line in lines] == to_yaml(spec).removesuffix("\n").split("\n")
    path = tmp_path_factory.getbasetemp() / "marked.yaml"
    path.write_text("\n".join(line.text for line in lines), encoding="utf-8")
    tree, _, problems = read_tree(path, "marked.yaml", ROOT)
    assert problems == []
    assert validate(tree) == spec
    shown = {line.difference.key for line in lines if line.difference}
    assert shown == {difference.key for difference in found}, "every difference has a line, and only one of them"


def test_a_spec_of_defaults_differs_in_what_has_none() -> None:
    assert marks(PLAIN) == {"data.source.kind": "required"}


def test_another_kind_is_compared_with_the_defaults_of_its_own() -> None:
    spec = PLAIN.model_copy(update={"optimizer": Momentum()})
    assert marks(spec)["optimizer.kind"] == "default adam"
    assert "optimizer.beta" not in marks(spec)
    spec = PLAIN.model_copy(update={"optimizer": Momentum(beta=0.8)})
    assert marks(spec)["optimizer.beta"] == "default 0.9"
    assert {"  kind: momentum  # default adam", "  beta: 0.8  # default 0.9"} <= set(written(spec))


def test_what_dlrun_has_chosen_is_not_what_the_user_has_said() -> None:
    resolved = PLAIN.with_values({"loss": SoftmaxCrossEntropy(), "training.threads": 2, "data.split": Split(train=60)})
    given = PLAIN.with_values({"data.split": Split(train=0.6)})
    told = marks(resolved, given)
    assert told["loss.kind"] == "chosen, default auto"
    assert told["training.threads"] == "chosen, default auto"
    assert told["data.split.train"] == "given 0.6, default null"
    chosen = {found.key for found in differences(resolved, given) if found.chosen}
    assert chosen == {"loss.kind", "training.threads"}


def test_sections_that_are_off_by_default_are_marked_where_they_begin() -> None:
    regularization = Regularization(keep_prob=KeepProbs(input=0.9))
    training = Training(early_stopping=EarlyStopping(patience=3))
    architecture = Architecture(batch_norm=BatchNorm())
    spec = PLAIN.model_copy(update={"regularization": regularization, "training": training, "architecture": architecture})
    lines = set(written(spec))
    assert {"  keep_prob:  # default 1.0", "    input: 0.9  # default 1.0", "  early_stopping:  # default null"} <= lines
    assert "    patience: 3  # required" in lines
    assert "    kind: batch_norm  # default false" in lines


def test_a_long_list_of_layers_is_marked_once() -> None:
    layers = tuple(HiddenLayer(units=8, batch_norm=BatchNorm()) for _ in range(4))
    spec = PLAIN.model_copy(update={"architecture": Architecture(hidden=layers)})
    assert [line for line in written(spec) if "hidden" in line or line.lstrip().startswith("-")] == ["  hidden:  # default [64]"]


def test_words_and_json_are_short() -> None:
    assert [in_words(value) for value in (None, True, 1e-8, "auto", Momentum(), (HiddenLayer(units=3),))] == [
        "null", "true", "1e-08", "auto", "momentum", "[3]",
    ]  # fmt: skip
    found = Difference(key="data.source.kind", value="digits", default=REQUIRED, given="digits")
    assert found.to_json() == {
        "key": "data.source.kind", "value": "digits", "default": None, "given": "digits", "required": True, "chosen": False,
    }  # fmt: skip


def test_a_name_is_no_difference() -> None:
    assert "name" not in marks(PLAIN.model_copy(update={"name": "other"}))
