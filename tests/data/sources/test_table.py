import csv
from pathlib import Path

import pytest

from dlrun.data.messages import Findings
from dlrun.data.sources.table import Table, read_table
from dlrun.errors import InvalidInput, Problem


def table_of(tmp_path: Path, content: bytes | str, name: str = "t.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    findings = Findings()
    table = read_table(str(path), findings)
    findings.raise_all()
    return table


def problems_of(tmp_path: Path, content: bytes | str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        table_of(tmp_path, content)
    return caught.value.problems


def place(problem: Problem) -> str:
    return problem.where.partition("t.csv:")[2]


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    table = table_of(tmp_path, 'a,b\r\n\n1,"x\ny"\n   \n2,z\r3,w')
    assert table.header == ("a", "b")
    assert table.lines.tolist() == [3, 6, 7]
    assert [cells for _, cells in table.records()] == [["a", "b"], ["1", "x\ny"], ["2", "z"], ["3", "w"]]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert table_of(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n").header == ("a", "b")


def test_tsv_means_tabs(tmp_path: Path) -> None:
    assert table_of(tmp_path, "a\tb,c\n1\t2\n", "t.TSV").header == ("a", "b,c")


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (b"", "1:1", "empty"),
        (b"\n \n", "1:1", "empty"),
        (b"a,b\n", "1:1", "no row below"),
        (b"a,b\n1,\xff\n", "2:3", "byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbfa,b\n1,\xfe\n", "2:3", "byte 0xfe is not UTF-8"),
        (b"a,b\n1,2\n3,\0\n", "3:3", "NUL byte"),
        (b"a,,b\n1,2,3\n", "1:2", "without a name"),
        (b"a,b,a\n1,2,3\n", "1:a", "'a' appears twice, first as column 1"),
        (b"a,b,c\n1,2,3\n4,5\n", "3:c", "2 values, the header 3"),
        (b"a,b\n1,2\n3,4,5\n", "3:3", "3 values, the header 2"),
        (b"a,b\n1,2\n\n3,\n6\n", "5:b", "1 values, the header 2"),
        (b"a,b\n1,2,\n3,4,\n", "2:3", "every row has 3 values, the header 2"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "3:2", "a quote opens here and never closes"),
        (b'a,b\n1,"2"x\n', "2:2", "after a closing quote"),
        (b"a,b\n1,2\na,b\n3,4\n", "3:1", "the header stands here again"),
        (b'a,b\n1,2\n"  "\n3,4\n', "3:b", "1 values, the header 2"),
        (b"a,b\n1,2\n\x0b\n3,4\n", "3:b", "1 values, the header 2"),
    ],
)
def test_a_bad_shape_is_located(tmp_path: Path, content: bytes, where: str, what: str) -> None:
    (problem,) = problems_of(tmp_path, content)
    assert place(problem) == where
    assert what in problem.what


def test_a_quote_that_swallows_a_large_file_is_located(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, 'a,b\n"1,2\n' + "3,4\n" * 50_000)
    assert (place(problem), problem.what) == ("2:1", "a quote opens here and never closes")


@pytest.mark.parametrize("cell", ["v" * 200_000, '"' + "v\n," * 70_000 + '"'])
def test_a_cell_may_be_longer_than_the_csv_module_likes(tmp_path: Path, cell: str) -> None:
    usual = csv.field_size_limit()
    table = table_of(tmp_path, f"a,b\n1,{cell}\n2,w\n")
    records = table.records()
    for _ in range(2):
        next(records)
        assert csv.field_size_limit() == usual  # between two rows, too
    assert [len(cells[1]) for _, cells in table.records()] == [1, len(cell.strip('"')), 1]
    problems_of(tmp_path, f'a,b\n1,"{cell}')
    assert csv.field_size_limit() == usual


def test_the_excerpt_of_a_column_is_its_line(tmp_path: Path) -> None:
    assert table_of(tmp_path, "a,b\n1,2\n").excerpt(2, "b") == ("    2 | 1,2",)


def test_a_missing_column_stands_at_the_header_with_what_may_be_meant(tmp_path: Path) -> None:
    table = table_of(tmp_path, "\n\nday,temperature\n1,2\n")
    assert table.header_line == 3
    problem = table.no_column("temprature", "--column")
    assert (place(problem), problem.what) == ("3:1", "no column 'temprature' (--column)")
    assert problem.cure == "did you mean 'temperature'?"
    assert "';'" in table_of(tmp_path, "a;b\n1;2\n").no_column("b", "target").cure


def test_all_problems_come_at_once_and_never_more_than_ten(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "a,a\n" + "1,2\n" + "3\n" * 500)
    assert [place(problem) for problem in problems[:3]] == ["1:a", "3:a", "4:a"]
    assert len(problems) == 11
    assert problems[-1].what == "and 491 more like these"


def test_the_excerpt_is_safe_and_shows_the_place(tmp_path: Path) -> None:
    row = ",".join(["1"] * 300 + ["\x1b]0;evil\x07"])
    (problem,) = problems_of(tmp_path, ",".join(f"c{i}" for i in range(302)) + "\n" + row + "\n" + "1," * 301 + "1\n")
    (line,) = problem.excerpt
    assert line.startswith("    2 | …")
    assert "\\x1b]0;evil\\x07" in line
    assert line.isprintable()
    assert len(line) < 120
