import contextlib
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.data.labels import encode_labels
from dlrun.data.raw import RawData
from dlrun.data.sources.csv import Csv
from dlrun.errors import InvalidInput


def load(tmp_path: Path, content: str, target: str = "y", drop: tuple[str, ...] = (), name: str = "t.csv") -> RawData:
    path = tmp_path / name
    path.write_bytes(content.encode())
    return Csv(path=str(path), target=target, drop=drop).load(0)


def places(error: InvalidInput) -> list[str]:
    return [problem.where.rpartition("t.csv:")[2] for problem in error.problems]


def test_reads_features_labels_and_lines(tmp_path: Path) -> None:
    raw = load(tmp_path, "a,y,b,c\n1,u,2.5,?\n\n-3,v,1e-3,?\n", drop=("c",))
    part = raw.parts["all"]
    assert raw.features == ("a", "b")
    np.testing.assert_array_equal(part.x, [[1, 2.5], [-3, 0.001]])
    assert part.y.tolist() == ["u", "v"]
    assert part.ids.tolist() == [0, 1]
    assert raw.label_spot("all", 1) == "4:y"
    assert not raw.images


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["1", "0", "-3"], "i"),
        (["1", " 2", "-30"], "i"),
        (["01", "1", "+1"], "U"),
        (["1", "02", "-3"], "U"),
        (["1", "-02", "-3"], "U"),
        (["1", "+2", "-3"], "U"),
        (["0.5", "2.0", "1e+3"], "f"),
        (["1", "2.0", "1e3"], "f"),
        (["1", "2", "cat"], "U"),
        (["1_2", "12", "3"], "U"),
        (["True", "False", "True"], "U"),
        (["1", "nan", "2"], "f"),
        (["1", "99999999999999999999", "2"], "f"),
    ],
)
def test_labels_are_numbers_if_all_of_them_are(tmp_path: Path, labels: list[str], kind: str) -> None:
    raw = load(tmp_path, "a,y\n" + "".join(f"1,{label}\n" for label in labels))
    assert raw.parts["all"].y.dtype.kind == kind


def test_a_carriage_return_alone_shifts_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:  # pandas by itself reads 2.5 into both columns
        load(tmp_path, "a,b,y\n\r,2.5,u\n3,4,v\n")
    assert places(caught.value) == ["3:a"]


def test_tabs_separate_tsv_files(tmp_path: Path) -> None:
    np.testing.assert_array_equal(load(tmp_path, "a\ty\n1\t2\n3\t4\n", name="t.tsv").parts["all"].x, [[1], [3]])


def test_columns_that_are_not_there_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "\nsize,species\n1,u\n", target="Speces", drop=("siz", "colour"))
    first, second, third = caught.value.problems
    assert first.what == "no column 'Speces' (target)"
    assert first.cure == "did you mean 'species'?"
    assert second.cure == "did you mean 'size'?"
    assert third.cure == "there are 'size', 'species'"
    assert first.where.endswith("t.csv:2:1")


@pytest.mark.parametrize(
    ("content", "name", "cure"),
    [
        ("x1;x2;y\n1;2;a\n", "t.csv", "the header holds ';': the delimiter must be ',' (a tab only in a '.tsv' file)"),
        ("x1\tx2\ty\n1\t2\ta\n", "t.csv", "the header holds a tab: the delimiter must be ',' (a tab only in a '.tsv' file)"),
        ("x1|x2|z\n1|2|a\n", "t.csv", "the header holds '|': the delimiter must be ','"),
        ("size, cm; y\n1,5; 2\n", "t.csv", "the header holds ';'"),
        ("x1,x2,y\n1,2,a\n", "t.tsv", "the header holds ',': the delimiter must be a tab in a '.tsv' file"),
        ("size (cm; mean),yy\n1,2\n", "t.csv", "did you mean 'yy'?"),
    ],
)
def test_another_delimiter_is_named(tmp_path: Path, content: str, name: str, cure: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, content, name=name)
    problem = caught.value.problems[0]
    assert problem.what == "no column 'y' (target)"
    assert problem.cure.startswith(cure)


def test_codes_keep_their_zeros_and_still_are_numbers_to_regression(tmp_path: Path) -> None:
    raw = load(tmp_path, "a,y\n1,01\n2,1\n3,+1\n4,10\n")
    assert encode_labels(raw, regression=False)[1] == ("+1", "01", "1", "10")
    assert encode_labels(raw, regression=True)[0]["all"].tolist() == [1, 1, 1, 10]


def test_a_fault_of_a_label_has_its_line(tmp_path: Path) -> None:
    raw = load(tmp_path, "a,price \x1b\n1,2\n3,4.5\n", target="price \x1b")
    with pytest.raises(InvalidInput) as caught:
        encode_labels(raw, regression=False)
    (problem,) = caught.value.problems
    assert problem.where.endswith("t.csv:3:price \\x1b")
    assert problem.excerpt == ("    3 | 3,4.5",)


def test_a_long_text_can_be_dropped(tmp_path: Path) -> None:
    raw = load(tmp_path, f"a,text,y\n1,{'v' * 200_000},u\n2,w,v\n", drop=("text",))
    assert raw.parts["all"].x.tolist() == [[1], [2]]


def test_something_must_be_left_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no column is left"):
        load(tmp_path, "a,y\n1,2\n", drop=("a",))
    with pytest.raises(InvalidInput, match="is the target and also in `drop`"):
        load(tmp_path, "a,y\n1,2\n", drop=("y",))


def test_bad_cells_and_empty_labels_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, 'a,b,y\n1,2,u\n"x\n",inf,v\n2,,\n')
    assert places(caught.value) == ["3:a", "3:b", "5:b", "5:y"]


def test_problems_of_every_kind_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "a,b,b,y\n1,2,3,u\n4,5\n6,nan,7,\n8,9,10,11,12\n", drop=("colour",))
    assert places(caught.value) == ["1:b", "1:1", "3:b", "4:b", "4:y", "5:5"]


def test_a_text_column_can_be_dropped(tmp_path: Path) -> None:
    content = "a,city,y\n1,Rome,0\n2,Oslo,1\n"
    with pytest.raises(InvalidInput, match=r"'Rome' is not a number.*\n.*\n.*drop: \[city\]"):
        load(tmp_path, content)
    assert load(tmp_path, content, drop=("city",)).features == ("a",)


def test_a_quoted_blank_line_is_not_read_two_ways(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="one parser reads 2 rows, another 3"):
        load(tmp_path, 'y,a\n1,2\n"  "\n3,4\n')


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1, max_size=20))
def test_every_number_is_read_exactly(tmp_path: Path, rows: list[tuple[float, ...]]) -> None:
    content = "a,b,c,y\n" + "".join(",".join(map(repr, row)) + ",0\n" for row in rows)
    read = load(tmp_path, content).parts["all"].x
    assert read.tobytes() == (np.array(rows) + 0.0).tobytes() or read.tolist() == [list(row) for row in rows]


NUMBERS = st.sampled_from(["1", "-2.5", "3e2", " 4", '"5"', "18446744073709551616"])
LABELS = st.sampled_from(["u", '"6,7"', '"a\nb"', 'say "hi"', "é", " ", '"v""w"', "0", "\x0b"])
ODD = st.sampled_from(["", "nan", "x", '"', "1,2", "\t", '"7"8'])
GOOD_ROWS = st.tuples(NUMBERS, NUMBERS, LABELS)
ROWS = GOOD_ROWS | GOOD_ROWS | st.lists(NUMBERS | LABELS | ODD, min_size=1, max_size=4)
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n  \n"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, min_size=1, max_size=4), end=ENDS)
def test_reads_every_cell_as_written_or_refuses(tmp_path: Path, rows: list[Sequence[str]], end: str) -> None:
    """A slow reference: whatever loads is what the csv module says, cell by cell; whatever does not is InvalidInput."""
    content = end.join(["a,b,y", *(",".join(row) for row in rows), ""])
    with contextlib.suppress(InvalidInput):
        part = load(tmp_path, content).parts["all"]
        with (tmp_path / "t.csv").open(newline="") as file:
            _, *expected = [row for row in csv.reader(file) if row and not (len(row) == 1 and row[0].isspace())]
        assert part.x.tolist() == [[float(a), float(b)] for a, b, _ in expected]
        as_read = type(part.y[0].item())  # numbers if all of them are, else text
        assert [repr(y) for y in part.y.tolist()] == [repr(as_read(y)) for *_, y in expected]
