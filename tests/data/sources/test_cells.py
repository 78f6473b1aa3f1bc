import math
from pathlib import Path

import pytest

from dlrun.data.messages import Findings
from dlrun.data.sources.cells import read_columns, read_numbers
from dlrun.data.sources.csv import EMPTY
from dlrun.data.sources.table import Table, read_table
from dlrun.errors import InvalidInput


def table_of(tmp_path: Path, content: str) -> Table:
    path = tmp_path / "t.csv"
    path.write_text(content)
    return read_table(str(path), Findings())


def numbers_of(table: Table, features: list[str], target: str | None) -> dict[str, list[float]]:
    findings = Findings()
    columns = read_columns(table, features, target, EMPTY)
    for column in columns:
        column.report(table, findings)
    findings.raise_all()
    return {column.name: column.numbers for column in columns}


def test_numbers_pandas_leaves_as_text_are_numbers(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,b\n18446744073709551615,x\n-1,y\n99999999999999999999999, \n")
    numbers = numbers_of(table, ["a"], None)
    assert numbers["a"] == [18446744073709551615.0, -1.0, 1e23]


AS_WORDS = "or count it as missing (`empty`), read the column as words (categorical: [b]), or leave it out (drop: [b])"


@pytest.mark.parametrize("cell", ["", "  ", "?", "NA", " N/A ", "nan"])
def test_a_word_that_stands_for_nothing_is_a_gap(tmp_path: Path, cell: str) -> None:
    (column,) = read_columns(table_of(tmp_path, f"a,b\n1,2\n3,{cell}\n"), ["b"], None, EMPTY)
    assert column.numbers[0] == 2
    assert math.isnan(column.numbers[1])
    assert not column.bad


def test_a_blank_cell_is_a_gap_whatever_the_words(tmp_path: Path) -> None:
    (column,) = read_columns(table_of(tmp_path, "a,b\n1,\n3,-\n4,NA\n"), ["b"], None, ["-"])
    assert [math.isnan(number) for number in column.numbers] == [True, True]
    assert column.first == [(4, "NA")]


@pytest.mark.parametrize(
    ("cell", "what", "cure"),
    [
        ("NAN", "'NAN' is not a finite number", "replace it"),
        ("-NaN", "'-NaN' is not a finite number", "replace it"),
        ("inf", "'inf' is not a finite number", "replace it"),
        ("1e400", "'1e400' is not a finite number", "replace it"),
        ("red", "'red' is not a number", f"correct it, {AS_WORDS}"),
        ("True", "'True' is not a number", f"correct it, {AS_WORDS}"),
        ("1_000", "'1_000' is not a number", "correct it"),
        ("0x10", "'0x10' is not a number", "correct it"),
        ("\x07", "'\\x07' is not a number", "correct it"),
    ],
)
def test_each_bad_cell_says_what_it_is(tmp_path: Path, cell: str, what: str, cure: str) -> None:
    table = table_of(tmp_path, f"a,b\n1,2\n3,{cell}\n")
    with pytest.raises(InvalidInput) as caught:
        numbers_of(table, ["b"], None)
    (problem,) = caught.value.problems
    assert problem.where.endswith("t.csv:3:b")
    assert problem.what == what
    assert problem.cure.startswith(cure)


def test_a_name_in_a_cure_is_safe_to_print_and_to_copy(tmp_path: Path) -> None:
    table = table_of(tmp_path, "\x1b[31mx2,b\nred,2\n")
    with pytest.raises(InvalidInput) as caught:
        numbers_of(table, ["\x1b[31mx2"], None)
    (problem,) = caught.value.problems
    name = '"\\x1b[31mx2"'
    assert problem.cure.endswith(f"read the column as words (categorical: [{name}]), or leave it out (drop: [{name}])")
    assert "\x1b" not in str(problem)


def test_a_label_is_no_long_text(tmp_path: Path) -> None:
    table = table_of(tmp_path, f"a,y\n1,u\n2,{'v' * 1001}\n")
    with pytest.raises(InvalidInput, match="the label has 1,001 characters, at most 1,000 name a class") as caught:
        numbers_of(table, ["a"], "y")
    assert caught.value.problems[0].where.endswith("t.csv:3:y")


def test_problems_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,b,y\n1,z,u\ninf,2,\n3,3,v\nx,4,w\n")
    with pytest.raises(InvalidInput) as caught:
        numbers_of(table, ["a", "b"], "y")
    assert [p.where.rpartition("t.csv:")[2] for p in caught.value.problems] == ["2:b", "3:a", "3:y", "5:a"]


def test_a_column_without_a_number_is_one_problem(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,b,y\n" + "red,x,u\n" * 30 + "red,1,\n")
    with pytest.raises(InvalidInput) as caught:
        numbers_of(table, ["a", "b"], "y")
    problems = caught.value.problems
    assert problems[0].what == "'red' is not a number; no cell of this column is a finite number"
    assert [p.where.rpartition("t.csv:")[2] for p in problems[1:10]] == [f"{line}:b" for line in range(2, 11)]
    assert problems[-1].what == "and 22 more like these"  # 1 + 30 + 1 found, 10 shown


def test_only_the_columns_asked_for_must_be_numbers(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,b,c\nred,1,\n,2,x\n")
    (column,) = read_numbers(table, ["b"], "leave it")
    assert column.numbers == [1.0, 2.0]
    (text,) = read_numbers(table, ["c"], "leave it")
    findings = Findings()
    text.report(table, findings)
    with pytest.raises(InvalidInput) as caught:
        findings.raise_all()
    assert caught.value.problems[0].cure == "fill it, remove the row, or leave it"
