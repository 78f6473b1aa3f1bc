"""Rows of a Parquet file for a trained run: as from a table of text with the same cells."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlrun.data.missing import Impute
from dlrun.data.preparation import Preparation
from dlrun.data.preprocessing import Standard
from dlrun.data.sources import Csv
from dlrun.data.sources.row_files import read_labelled_rows, read_rows
from dlrun.data.splits import prepare
from dlrun.data.splitting import Split
from dlrun.errors import InvalidInput

CELLS = {"size": [1.0, 2.5, None, 4.0, 5.0, 6.5], "town": ["Rome", "Oslo", "Rome", None, "Oslo", "Rome"], "y": list("ababab")}


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    frame = pd.DataFrame(CELLS)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    return frame


def trained(tmp_path: Path) -> tuple[Preparation, Csv]:
    source = Csv(path=str(tmp_path / "t.csv"), target="y")
    splits = prepare(
        source, Split(dev=0, test=0), Standard(), missing=Impute(), regression=False, seed=0, dtype="float64"
    )  # fmt: skip
    return splits.preparation, source


def test_the_same_cells_are_the_same_inputs_and_labels(tmp_path: Path, table: pd.DataFrame) -> None:
    preparation, source = trained(tmp_path)
    found = {
        ending: read_labelled_rows(str(tmp_path / f"t.{ending}"), preparation, source).parts["all"]
        for ending in ("csv", "parquet")
    }
    np.testing.assert_array_equal(found["csv"].x, found["parquet"].x)
    np.testing.assert_array_equal(found["csv"].codes, found["parquet"].codes)
    assert found["csv"].y.tolist() == found["parquet"].y.tolist() == CELLS["y"]


def test_columns_that_are_not_used_are_named(tmp_path: Path, table: pd.DataFrame) -> None:
    preparation, source = trained(tmp_path)
    table.assign(extra=1).to_parquet(tmp_path / "more.parquet")
    (note,) = read_rows(str(tmp_path / "more.parquet"), preparation, source).notes
    assert note.endswith("left out: 'y', 'extra'")


@pytest.mark.parametrize(
    ("changed", "where", "what"),
    [
        ({"town": None}, "town", "no column 'town' (this run was trained on it)"),
        ({"size": list("abcdef")}, "size", "here, it held numbers"),
        ({"size": [1.0, np.inf, 3, 4, 5, 6]}, "size[1]", "inf is not a finite number"),
        ({"y": ["a", None, "a", "b", "a", "b"]}, "y[1]", "the label is null"),
    ],
)
def test_what_does_not_fit_the_run_is_located(
    tmp_path: Path, table: pd.DataFrame, changed: dict[str, object], where: str, what: str
) -> None:
    preparation, source = trained(tmp_path)
    other = table.assign(**{key: value for key, value in changed.items() if value is not None})
    other.drop(columns=[key for key, value in changed.items() if value is None]).to_parquet(tmp_path / "o.parquet")
    with pytest.raises(InvalidInput) as caught:
        read_labelled_rows(str(tmp_path / "o.parquet"), preparation, source)
    (problem,) = caught.value.problems
    assert problem.where.endswith(f"o.parquet:{where}")
    assert what in problem.what
