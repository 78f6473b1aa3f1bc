import pytest

from dlrun.diagnosis.quantities import QUANTITIES, missing

ALL = ("train", "train_dev", "dev")


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_one_that_some_run_has(name: str) -> None:
    assert "" in (missing(name, ALL, regression=False), missing(name, ALL, regression=True))


def test_what_a_run_cannot_have() -> None:
    assert missing("dev.macro_f1", ALL, regression=True) == "dev.macro_f1 is of classes, and this is a regression"
    assert missing("dev.mae", ALL, regression=False) == "dev.mae is of a regression, and this tells classes apart"
    assert "needs a train-dev part" in missing("train_dev.error", ("train", "dev"), regression=False)
    assert "needs a train-dev part" in missing("data_mismatch", ("train", "dev"), regression=False)
    assert "needs a dev part" in missing("variance", ("train",), regression=False)
    assert missing("variance", ("train", "train_dev"), regression=False) == ""
