from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from dlrun.nn.optimizers import Adam, Momentum, Optimizer
from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED, Form, Shape, Shorthand, fields_of, key_paths, kind_of, shape_of
from dlrun.spec.sections import EarlyStopping


@dataclass(frozen=True)
class Sample:
    """One field for each thing the schema must see."""

    size: Annotated[int, Ge(1)] | Literal["full"]
    shares: Annotated[float, Gt(0), Le(1)] | tuple[Annotated[float, Gt(0)], ...] = 1.0
    optimizer: Optimizer = Momentum()
    stopping: EarlyStopping | None = None
    period: Annotated[str, Form("'N steps'")] = "1 steps"
    rate: Annotated[EarlyStopping, Shorthand("patience")] = EarlyStopping(patience=1)


def shape(key: str) -> Shape:
    return fields_of(Sample)[key].shape


def test_numbers_words_and_bounds() -> None:
    whole, word = shape("size").alternatives
    assert (whole.type, whole.bounds) == (int, (Ge(1),))
    assert word.words == shape("size").words == ("full",)
    assert shape("size").branches == 2
    assert fields_of(Sample)["size"].default is REQUIRED


def test_lists() -> None:
    items = shape("shares").items
    assert items is not None
    assert items.alternatives[0].bounds == (Gt(0),)
    assert shape("size").items is None


def test_components() -> None:
    assert shape("optimizer").kinds["adam"] is Adam
    assert shape("optimizer").section is None
    assert fields_of(Sample)["optimizer"].default_kind == "momentum"
    assert shape("optimizer").candidates("adam") == (Adam,)
    assert len(shape("optimizer").candidates(None)) == len(shape("optimizer").candidates("none")) == 3
    assert shape("optimizer").at("beta1", "adam") is not None
    assert shape("optimizer").at("beta1", "momentum") is None
    assert shape("optimizer").at("beta1") is not None


def test_sections() -> None:
    assert shape("stopping").section is EarlyStopping
    assert shape("stopping").branches == 1
    assert shape("rate").shorthand == "patience"
    assert shape("period").alternatives[0].form == "'N steps'"


def test_kinds() -> None:
    assert kind_of(Adam) == kind_of(Adam()) == "adam"
    assert kind_of(EarlyStopping) is None
    assert kind_of(shape_of(int)) is None


def test_every_key_has_an_address() -> None:
    paths = key_paths(Spec)
    assert {"seed", "data.source.path", "optimizer.beta", "learning_rate.decay.base", "training.early_stopping.patience"} <= {
        *paths
    }
    assert len(paths) == len(set(paths))
