from pathlib import Path

import numpy as np
import pytest

from dlrun.data.series import packaged_year, read_series, read_steps
from dlrun.errors import InvalidInput, Problem


def table(tmp_path: Path, text: str, name: str = "t.csv") -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def refused(tmp_path: Path, text: str, column: str | None) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        read_series(table(tmp_path, text), column)
    return caught.value.problems


def test_one_column_whatever_the_others_hold(tmp_path: Path) -> None:
    series = read_series(table(tmp_path, "city,t\nLondon,4\n,9.5\nParis,-1e1\n"), "t")
    np.testing.assert_array_equal(series.values, [4, 9.5, -10])
    np.testing.assert_array_equal(series.places, [1, 2, 3])
    assert (series.column, series.unit, series.place, len(series)) == ("t", "row", "row", 3)


def test_tabs_in_a_tsv_and_the_only_column_without_its_name(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_series(table(tmp_path, "a\tb\n1\t2\n", "t.tsv"), "b").values, [2])
    assert read_series(table(tmp_path, "a\n1\n2\n"), None).column == "a"


@pytest.mark.parametrize(
    ("text", "column", "where", "words"),
    [
        ("a,b\n1,2\n", None, "1:1", "'a', 'b'"),
        ("day,temp\n1,2\n", "tmep", "1:1", "did you mean 'temp'?"),
        ("a,b\n1,x\n2,3\n", "b", "2:b", "'x' is not a number"),
        ("a,b\n1,3\n2,\n", "b", "3:b", "the cell is empty"),
        ("a,b\n1,3\n2,NaN\n", "b", "3:b", "'NaN' is not a finite number"),
        ("a,b\n1,3\n2,-1e101\n", "b", "3:b", "too large to be averaged"),
        ("a,b\n1,3\n2\n", "b", "3:b", "1 values, the header 2"),
        ("", "b", "1:1", "the file is empty"),
        ("a,b\n", "b", "1:1", "no row below it"),
    ],
)
def test_what_cannot_be_averaged_is_located(tmp_path: Path, text: str, column: str | None, where: str, words: str) -> None:
    problem, *_ = refused(tmp_path, text, column)
    assert problem.where.endswith(f"t.csv:{where}")
    assert words in str(problem)


def test_all_bad_cells_come_at_once(tmp_path: Path) -> None:
    assert [p.where.rpartition("t.csv:")[2] for p in refused(tmp_path, "a\n1\nx\n2\ny\n", "a")] == ["3:a", "5:a"]


def test_steps_have_their_numbers_and_thinned_ones_are_rows(tmp_path: Path) -> None:
    every = read_steps(table(tmp_path, "step,cost\n1,3\n2,2\n3,1\n"), "cost")
    assert (every.unit, every.place) == ("step", "step")
    third = read_steps(table(tmp_path, "step,cost\n3,3\n6,2\n9,1\n"), "cost")
    assert (third.unit, third.place) == ("row", "step")
    np.testing.assert_array_equal(third.places, [3, 6, 9])


def test_the_packaged_year_is_the_same_for_everybody() -> None:
    year = packaged_year("temperature")
    assert (len(year), year.unit) == (365, "day")
    np.testing.assert_array_equal(year.values, packaged_year().values)
    np.testing.assert_allclose(year.values[:3], [4.607421, 2.002921, 3.629845], atol=1e-6)
    with pytest.raises(InvalidInput, match="no column 'rain'"):
        packaged_year("rain")
