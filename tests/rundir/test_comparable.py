from pathlib import Path

import pytest

from dlrun.errors import DlrunError, InvalidInput
from dlrun.rundir.comparable import predictions_to_compare, without_predictions
from tests.stored_predictions import listed, marked, store_estimates, store_pair, write_classified
from tests.stored_runs import store_run


def refused(directory: Path, metric: str, **changes: object) -> str:
    with pytest.raises(InvalidInput) as raised:
        predictions_to_compare(store_run(directory, 5, "ffff", **changes), metric)  # type: ignore[arg-type]
    return str(raised.value)


def test_predictions_of_the_same_kind_are_read(tmp_path: Path) -> None:
    a, _ = store_pair(tmp_path, marked(5), marked(5, 1))
    assert without_predictions(listed(a)[0], "a") is None
    assert predictions_to_compare(a, "error_rate").ids == ["0", "1", "2", "3", "4"]


def test_a_run_without_predictions_is_refused_with_the_reason(tmp_path: Path) -> None:
    assert "-ffff has no dev predictions: it is diverged" in refused(tmp_path / "a", "error_rate", status="diverged")
    assert "it has no dev part" in refused(tmp_path / "b", "error_rate", dev_error=None)
    assert "the file is missing" in refused(tmp_path / "c", "error_rate")


def test_errors_of_the_other_kind_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    paths = store_estimates(tmp_path, "aaaa")
    paths.predictions_of("dev").parent.mkdir(exist_ok=True)
    paths.predictions_of("dev").write_text("nobody reads this")
    with pytest.raises(InvalidInput, match="is a regression, this is a classification"):
        predictions_to_compare(paths, "error_rate")
    with pytest.raises(DlrunError, match="damaged"):
        predictions_to_compare(paths, "rmse")


def test_a_damaged_record_is_no_reason_to_guess(tmp_path: Path) -> None:
    a, _ = store_pair(tmp_path, marked(5), marked(5))
    write_classified(a, marked(5))
    a.record.write_text("{}")
    with pytest.raises(InvalidInput, match="it is damaged"):
        predictions_to_compare(a, "error_rate")
