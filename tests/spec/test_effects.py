import pytest

from dlrun.data.sources import Digits
from dlrun.data.splitting import Split
from dlrun.nn.constraints import Clip
from dlrun.nn.layers import BatchNorm, Tanh
from dlrun.nn.schedules import LearningRate, Manual, RateFrom
from dlrun.nn.stopping import EarlyStopping
from dlrun.spec.effects import without_effect
from dlrun.spec.model import Spec
from dlrun.spec.sections import Architecture, Data, HiddenLayer, KeepProbs, Regularization, Training
from dlrun.spec.tree import dotted

LINEAR = Architecture(hidden=())
DEEP = Architecture(hidden=(HiddenLayer(units=8), HiddenLayer(units=4)))
OWN = Architecture(hidden=(HiddenLayer(units=8, keep_prob=0.9), HiddenLayer(units=4)))
NORMALIZED = Architecture(batch_norm=True)
NORMALIZED_ONCE = Architecture(hidden=(HiddenLayer(units=8), HiddenLayer(units=4, batch_norm=BatchNorm())))
NORMALIZED_NOWHERE = Architecture(hidden=(HiddenLayer(units=8, batch_norm=False),), batch_norm=True)
STOPPING = Training(early_stopping=EarlyStopping(patience=3))


def spec(
    architecture: Architecture = DEEP,
    keep_prob: float | tuple[float, ...] | KeepProbs = 1.0,
    training: Training = STOPPING,
    split: Split = Split(),  # noqa: B008 (frozen)
    regularization: Regularization | None = None,
) -> Spec:
    return Spec(
        data=Data(source=Digits(), split=split),
        architecture=architecture,
        regularization=regularization or Regularization(keep_prob=keep_prob),
        training=training,
    )


def manual(*epochs: int) -> Spec:
    rates = tuple(RateFrom(epoch=epoch, rate=0.1) for epoch in epochs)
    return Spec(data=Data(source=Digits()), learning_rate=LearningRate(decay=Manual(rates=rates)))


@pytest.mark.parametrize(
    ("ignored", "key", "why"),
    [
        (spec(LINEAR, 0.5), "regularization.keep_prob", "there is no hidden layer whose units"),
        (spec(LINEAR, (0.5,)), "regularization.keep_prob", "has 1 number for 0 hidden layers"),
        (spec(DEEP, (0.5,)), "regularization.keep_prob", "has 1 number for 2 hidden layers"),
        (spec(Architecture(hidden=(), activation=Tanh())), "architecture.activation", "no hidden layer to follow with tanh"),
        (spec(LINEAR, KeepProbs(hidden=0.5)), "regularization.keep_prob.hidden", "there is no hidden layer whose units"),
        (spec(DEEP, KeepProbs(hidden=(0.5,))), "regularization.keep_prob.hidden", "has 1 number for 2 hidden layers"),
        (spec(OWN, (0.5, 0.5)), "regularization.keep_prob.0", "architecture.hidden.0 has a keep_prob of its own"),
        (spec(OWN, KeepProbs(hidden=(1.0, 0.5))), "regularization.keep_prob.hidden.0", "architecture.hidden.0 has a keep_prob"),
        (spec(Architecture(hidden=(), batch_norm=True)), "architecture.batch_norm", "there is no hidden layer"),
        (spec(LINEAR, regularization=Regularization(max_norm=3)), "regularization.max_norm", "there is no hidden unit"),
        (spec(regularization=Regularization(include_bias=True)), "regularization.include_bias", "there is no penalty"),
        (spec(training=Training(clip=Clip())), "training.clip", "it has neither norm nor value"),
        (spec(NORMALIZED, training=Training(batch_size=1)), "training.batch_size", "batch norm needs at least 2 examples"),
        (spec(NORMALIZED_ONCE, training=Training(batch_size=1)), "training.batch_size", "batch norm needs at least 2 examples"),
        (manual(5, 3, 5), "learning_rate.decay.rates.0", "another entry for epoch 5 comes after it"),
        (spec(split=Split(dev=0)), "training.early_stopping", "data.split.dev is 0"),
        (spec(split=Split(dev=0.0)), "training.early_stopping", "data.split.dev is 0"),
    ],
)
def test_keys_without_effect(ignored: Spec, key: str, why: str) -> None:
    ((path, what, cure),) = without_effect(ignored)
    assert dotted(path) == key
    assert what.startswith(key)
    assert why in what
    assert cure


@pytest.mark.parametrize(
    "effective",
    [
        spec(),
        spec(LINEAR),
        spec(LINEAR, ()),
        spec(DEEP, (0.5, 1.0)),
        spec(DEEP, 0.5),
        spec(training=Training(), split=Split(dev=0)),
        spec(DEEP, KeepProbs(input=0.5, hidden=(0.5, 1.0))),
        spec(LINEAR, KeepProbs(input=0.5)),
        spec(OWN, 0.5),  # one number for the other layers
        spec(OWN, (0.9, 0.5)),
        spec(DEEP, regularization=Regularization(max_norm=3)),
        spec(regularization=Regularization(include_bias=True, l1=0.1)),
        spec(regularization=Regularization(include_bias=True, l2=0.1)),
        spec(training=Training(clip=Clip(norm=1))),
        spec(training=Training(clip=Clip(value=1))),
        spec(NORMALIZED, training=Training(batch_size=2)),
        spec(NORMALIZED, training=Training(batch_size="full")),
        spec(NORMALIZED_NOWHERE, training=Training(batch_size=1)),
        spec(training=Training(batch_size=1)),
        spec(training=Training(epochs=0)),
        manual(5, 3, 500),  # beyond the last epoch: a run that was cut short is no mistake
    ],
)
def test_everything_else_has_an_effect(effective: Spec) -> None:
    assert list(without_effect(effective)) == []


def test_all_that_is_ignored_is_named_at_once() -> None:
    ignored = spec(Architecture(hidden=(), batch_norm=True, activation=Tanh()), 0.5, Training(clip=Clip()))
    assert [dotted(path) for path, _, _ in without_effect(ignored)] == [
        "regularization.keep_prob", "architecture.activation", "architecture.batch_norm", "training.clip",
    ]  # fmt: skip
