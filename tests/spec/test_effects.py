import pytest

from dlrun.data.sources import Digits
from dlrun.data.splitting import Split
from dlrun.nn.layers import Tanh
from dlrun.spec.effects import without_effect
from dlrun.spec.model import Spec
from dlrun.spec.sections import Architecture, Data, EarlyStopping, Regularization, Training

LINEAR = Architecture(hidden=())
DEEP = Architecture(hidden=(8, 4))
STOPPING = Training(early_stopping=EarlyStopping(patience=3))


def spec(
    architecture: Architecture = DEEP,
    keep_prob: float | tuple[float, ...] = 1.0,
    training: Training = STOPPING,
    split: Split = Split(),  # noqa: B008 (frozen)
) -> Spec:
    return Spec(
        data=Data(source=Digits(), split=split),
        architecture=architecture,
        regularization=Regularization(keep_prob=keep_prob),
        training=training,
    )


@pytest.mark.parametrize(
    ("ignored", "key", "why"),
    [
        (spec(LINEAR, 0.5), "regularization.keep_prob", "there is no hidden layer whose units"),
        (spec(LINEAR, (0.5,)), "regularization.keep_prob", "has 1 number for 0 hidden layers"),
        (spec(DEEP, (0.5,)), "regularization.keep_prob", "has 1 number for 2 hidden layers"),
        (spec(Architecture(hidden=(), activation=Tanh())), "architecture.activation", "no hidden layer to follow with tanh"),
        (spec(split=Split(dev=0)), "training.early_stopping", "data.split.dev is 0"),
        (spec(split=Split(dev=0.0)), "training.early_stopping", "data.split.dev is 0"),
    ],
)
def test_keys_without_effect(ignored: Spec, key: str, why: str) -> None:
    ((path, what, cure),) = without_effect(ignored)
    assert ".".join(map(str, path)) == key
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
    ],
)
def test_everything_else_has_an_effect(effective: Spec) -> None:
    assert list(without_effect(effective)) == []
