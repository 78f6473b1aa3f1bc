"""Errors of a run that is on disk, whoever put it there."""

from pathlib import Path

import numpy as np
import pytest

from dlrun.diagnosis.error_analysis import ClassErrors
from dlrun.diagnosis.number_errors import NumberErrors
from dlrun.errors import DlrunError, InvalidInput
from dlrun.report.stored_errors import errors_of_run, source_of_dev, stored_errors
from tests.stored_predictions import marked, store_estimates, write_classified, write_estimated
from tests.stored_runs import spec_with, store_run


def test_a_run_is_read_by_its_metric(tmp_path: Path) -> None:
    paths = store_run(tmp_path)
    write_classified(paths, marked(20, 3, 4))
    found = errors_of_run(paths)
    assert isinstance(found, ClassErrors)
    assert found.wrong == 2
    other = store_estimates(tmp_path, "bbbb", 1)
    write_estimated(other, np.arange(10.0), np.ones(10))
    numbers = errors_of_run(other)
    assert isinstance(numbers, NumberErrors)
    assert numbers.bias.value == 1.0


@pytest.mark.parametrize("seed", ["x", -1, 2**70, True, None, 7])
def test_any_seed_in_a_record_will_do(tmp_path: Path, seed: object) -> None:
    paths = store_estimates(tmp_path, "bbbb")
    write_estimated(paths, np.arange(10.0), np.arange(10.0))
    assert isinstance(stored_errors(paths, "rmse", {"seed": seed}), NumberErrors)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    paths = store_run(tmp_path)
    with pytest.raises(InvalidInput, match="no dev predictions"):
        errors_of_run(paths)
    paths.record.write_text("{")
    with pytest.raises(DlrunError, match=r"run\.json"):
        errors_of_run(paths)


def test_the_source_of_dev() -> None:
    assert source_of_dev(spec_with(data__source={"kind": "csv", "path": "a.csv"})) == ("csv", "a.csv")
    assert source_of_dev(spec_with(data__source={"kind": "csv", "path": "a.csv", "dev": "b.csv"})) == ("csv", "b.csv")
    assert source_of_dev(spec_with(data__source={"kind": "moons"})) is None
    assert source_of_dev({"data": []}) is None
