from typing import Any

import pytest
from pydantic import ValidationError

from dlrun.data.sources import Digits, Moons
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.optimizers import Adam
from dlrun.spec.model import Spec
from dlrun.spec.sections import Architecture, Data, HiddenLayer, Training

SPEC = Spec(data=Data(source=Digits()))


def test_every_key_but_the_source_has_a_default() -> None:
    assert SPEC.optimizer == Adam()
    assert SPEC.learning_rate.initial == 1e-3
    assert (SPEC.dlrun, SPEC.seed, SPEC.loss, SPEC.tags, SPEC.notes) == (1, 0, "auto", (), "")
    assert list(Spec.model_fields)[:7] == ["dlrun", "name", "tags", "notes", "seed", "seeds", "data"]
    assert [name for name, field in Spec.model_fields.items() if field.is_required()] == ["data"]


def test_equal_specs_are_equal() -> None:
    assert Spec(data=Data(source=Digits())) == SPEC
    assert hash(Spec(data=Data(source=Digits()))) == hash(SPEC)
    assert Spec(data=Data(source=Moons())) != SPEC


def test_the_constructor_validates_instances_too() -> None:
    with pytest.raises(ValidationError, match="beta1"):
        Spec(data=Data(source=Digits()), optimizer=Adam(beta1=9.0))
    with pytest.raises(ValidationError, match="finite"):
        Spec(data=Data(source=Digits()), optimizer=Adam(eps=float("inf")))
    with pytest.raises(ValidationError, match="frozen"):
        SPEC.seed = 3


def test_values_are_changed_one_by_one() -> None:
    changed = SPEC.with_values(
        {"training.threads": 2, "training.batch_size": 100, "loss": SoftmaxCrossEntropy(), "learning_rate.initial": 0.5}
    )
    assert changed.training == Training(threads=2, batch_size=100)
    assert changed.loss == SoftmaxCrossEntropy()
    assert changed.learning_rate.initial == 0.5
    assert changed.with_values({"training": Training(), "loss": "auto", "learning_rate.initial": 1e-3}) == SPEC
    assert SPEC.training == Training()


@pytest.mark.parametrize("values", [{"training.thread": 2}, {"trainings": 2}])
def test_changed_keys_must_exist(values: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        SPEC.with_values(values)


def test_changed_values_must_fit() -> None:
    with pytest.raises(ValidationError):
        SPEC.with_values({"training.threads": 0})
    with pytest.raises(ValidationError):
        SPEC.with_values({"architecture": Architecture(hidden=(HiddenLayer(units=0),))})
