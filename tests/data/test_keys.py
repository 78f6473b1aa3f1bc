from pathlib import Path

import pytest

from dlrun.data.keys import groups_of, key_of, moments_of
from dlrun.data.missing import DropMissing
from dlrun.data.raw import RawData
from dlrun.data.sources import Csv, Moons
from dlrun.errors import InvalidInput


def table(tmp_path: Path, *cells: str, a: str = "1") -> RawData:
    path = tmp_path / "t.csv"
    path.write_text("k,a,y\n" + "".join(f'"{cell}",{a},{i % 2}\n' for i, cell in enumerate(cells)))
    return Csv(path=str(path), target="y", drop=("k",)).load(0)


def test_the_text_is_that_of_the_file(tmp_path: Path) -> None:
    assert key_of(table(tmp_path, " 007", "7", "7.0 "), "k") == ["007", "7", "7.0"]
    assert key_of(table(tmp_path, "x", a="01.50"), "a") == ["01.50"]
    assert key_of(Moons(examples=2, noise=0).load(0), "x1")[0].count(".") == 1


def test_rows_left_out_take_their_keys_with_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("k,a,y\np,1,0\nq,,1\nr,3,1\n")
    raw = DropMissing().cleaned(Csv(path=str(path), target="y", drop=("k",)).load(0))
    assert key_of(raw, "k") == ["p", "r"]


def test_groups_are_counted() -> None:
    groups, sizes = groups_of(["b", "a", "b", ""])
    assert groups.tolist() == [2, 1, 2, 0]
    assert sizes.tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["3", "-1", "2.5"], [1, 2, 0]),
        (["2026-03-10", "2026-03-09", "2025-12-31"], [2, 1, 0]),
        (["2026-03-01 12:30", "2026-03-01T12:29:59.5", "2026-03-01"], [2, 1, 0]),
        (["2026-03-01 12:00+02:00", "2026-03-01 11:00Z", "2026-03-01 10:30+00:00"], [0, 2, 1]),
    ],
)
def test_moments_are_numbers_or_dates(tmp_path: Path, cells: list[str], order: list[int]) -> None:
    moments = moments_of(table(tmp_path, *cells), "k")
    assert moments.values.argsort().tolist() == order
    assert moments.texts == cells


@pytest.mark.parametrize(
    ("cells", "where", "what"),
    [
        (["1", "2", "x", "inf"], "4:k", "'x' is not a finite number, as most cells of this column are; 2 such cells in all"),
        (["2026-03-01", "1.3.2026", "2026-03-02"], "3:k", "'1.3.2026' is not a date like 2026-03-01 or 2026-03-01 12:30"),
        (["2026-03-01 10:00+00:00", "2026-03-01", "2026-03-01 10:00Z"], "3:k", "'2026-03-01' is not a date like"),
        (["u", "v"], "2:k", "the column holds neither numbers nor dates"),
        (["1", "", "2", "NA"], "3:k", "the cell is empty, and data.split.by needs one in every row; 2 of 4 rows"),
    ],
)
def test_what_says_no_time_is_located(tmp_path: Path, cells: list[str], where: str, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        moments_of(table(tmp_path, *cells), "k")
    (problem,) = caught.value.problems
    assert problem.where.endswith(f"t.csv:{where}")
    assert problem.what.startswith(what)
    assert problem.excerpt


def test_a_column_that_cannot_decide_is_an_error(tmp_path: Path) -> None:
    for column, what, cure in [("K", "has no column 'K'", "did you mean 'k'?"), ("y", "'y' is the target", "a group, a time")]:
        with pytest.raises(InvalidInput) as caught:
            key_of(table(tmp_path, "1"), column)
        (problem,) = caught.value.problems
        assert problem.where == "data.split.by"
        assert what in problem.what
        assert cure in problem.cure
