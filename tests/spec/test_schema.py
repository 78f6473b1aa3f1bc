from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Gt, Le

from dlrun.nn.optimizers import Adam, Momentum, Optimizer
from dlrun.nn.stopping import EarlyStopping
from dlrun.spec.model import Spec
from dlrun.spec.schema import REQUIRED, Form, Shape, Shorthand, fields_of, key_paths, kind_of, shape_of


@dataclass(frozen=True)
class Sample:
    """One field for each thing the schema must see."""

    size: Annotated[int, Ge(1)] | Literal["full"]
    shares: Annotated[float, Gt(0), Le(1)] | tuple[Annotated[float, Gt(0)], ...] = 1.0
    optimizer: Optimizer = Momentum()
    stopping: EarlyStopping | None = None
    period: Annotated[str, Form("'N steps'", "[0-9]+ steps")] = "1 steps"
    rate: Annotated[EarlyStopping, Shorthand("patience")] = EarlyStopping(patience=1)
    switch: bool | Adam = False
    stops: tuple[Annotated[EarlyStopping, Shorthand("patience")], ...] = ()
    chance: Annotated[float | tuple[float, ...] | EarlyStopping, Shorthand("patience")] = 1.0


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
    assert len(shape("optimizer").candidates(None)) == len(shape("optimizer").candidates("none")) == len(get_args(Optimizer))
    assert shape("optimizer").at("beta1", "adam") is not None
    assert shape("optimizer").at("beta1", "momentum") is None
    assert shape("optimizer").at("beta1") is not None


def test_sections() -> None:
    assert shape("stopping").section is EarlyStopping
    assert shape("stopping").branches == 1
    assert shape("rate").shorthand == "patience"
    assert shape("period").alternatives[0].form == Form("'N steps'", "[0-9]+ steps")


def test_a_component_that_alone_may_stand() -> None:
    assert shape("switch").only_kind == "adam"
    assert shape("optimizer").only_kind is None
    assert shape("stopping").only_kind is None


def test_sections_in_lists() -> None:
    items = shape("stops").items
    assert items is not None
    assert items.section is EarlyStopping
    assert items.shorthand == "patience"
    assert shape("stops").classes == ()
    assert shape("stops").inner == (EarlyStopping,)
    assert shape("stops").shorthand == ""
    assert shape("optimizer").inner == get_args(Optimizer)


def test_a_shorthand_beside_the_type_itself() -> None:
    assert shape("chance").shorthand == "patience"
    assert shape("chance").takes_numbers
    assert not shape("rate").takes_numbers
    assert not shape("stops").takes_numbers


def test_kinds() -> None:
    assert kind_of(Adam) == kind_of(Adam()) == "adam"
    assert kind_of(EarlyStopping) is None
    assert kind_of(shape_of(int)) is None


def test_every_key_has_an_address() -> None:
    paths = key_paths(Spec)
    assert {"seed", "data.source.path", "optimizer.beta", "learning_rate.decay.base"} <= {*paths}
    assert {"training.early_stopping.patience", "regularization.keep_prob.input", "architecture.batch_norm.eps"} <= {*paths}
    assert {"architecture.hidden.units", "architecture.hidden.init", "learning_rate.decay.rates.epoch"} <= {*paths}
    assert "architecture.hidden.init.gain" not in paths
    assert len(paths) == len(set(paths))
