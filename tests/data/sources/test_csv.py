import gzip
import zipfile
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
    part = load(tmp_path, "a,b,y\n\r,2.5,u\n3,4,v\n").parts["all"]  # pandas by itself reads 2.5 into both columns
    np.testing.assert_array_equal(part.x, [[np.nan, 2.5], [3, 4]])
    assert part.lines is not None
    assert part.lines.tolist() == [3, 4]


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
        load(tmp_path, 'a,b,y\n1,2,u\n"x\n",inf,v\n2,7,\n')
    assert places(caught.value) == ["3:a", "3:b", "5:y"]


def test_problems_of_every_kind_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "a,b,b,y\n1,2,3,u\n4,5\n6,inf,7,\n8,9,10,11,12\n", drop=("colour",))
    assert places(caught.value) == ["1:b", "1:1", "3:b", "4:b", "4:y", "5:5"]


def words_of(raw: RawData, part: str = "all") -> dict[str, list[str | None]]:
    """The words of each category, row by row."""
    codes = raw.parts[part].codes
    assert codes is not None
    return {
        category.name: [category.words[code] if code >= 0 else None for code in codes[:, k]]
        for k, category in enumerate(raw.categories)
    }


def test_a_column_of_words_is_a_category(tmp_path: Path) -> None:
    content = "city,a,sunny,y\nRome,1,True,0\n Oslo ,2,False,1\nNA,,True,1\nRome,4,?,0\n"
    raw = load(tmp_path, content)
    assert raw.features == ("a",)
    assert raw.columns == ("city", "a", "sunny")
    assert words_of(raw) == {"city": ["Rome", "Oslo", None, "Rome"], "sunny": ["True", "False", "True", None]}
    np.testing.assert_array_equal(raw.parts["all"].x, [[1], [2], [np.nan], [4]])
    assert load(tmp_path, content, drop=("city",)).columns == ("a", "sunny")


def test_numbers_can_be_read_as_the_words_they_are(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("code,a,y\n007,1,u\n7,2,v\n7.0,3,u\n,4,v\n")
    raw = Csv(path=str(path), target="y", categorical=("code",)).load(0)
    assert words_of(raw) == {"code": ["007", "7", "7.0", None]}


def test_mostly_numbers_with_slips_is_a_column_of_numbers_with_slips(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "a,b,y\n1,x,0\nunknown,y,1\n3,1,0\n")
    (problem,) = caught.value.problems
    assert (problem.where.rpartition("t.csv:")[2], problem.what) == ("3:a", "'unknown' is not a number")
    assert "categorical: [a]" in problem.cure


def test_the_training_file_decides_what_a_column_holds(tmp_path: Path) -> None:
    for name, content in {"t": "a,b,y\n1,,u\n2,,v\n", "dev": "a,b,y\n1 kg,3,u\n2 kg,4,v\n", "train": "a,b,y\n1,x,u\n"}.items():
        (tmp_path / f"{name}.csv").write_text(content)
    with pytest.raises(InvalidInput) as caught:
        Csv(path=str(tmp_path / "t.csv"), dev=str(tmp_path / "dev.csv"), target="y").load(0)
    (problem,) = caught.value.problems
    assert problem.where.endswith("dev.csv:2:a")
    assert problem.what == "'1 kg' is not a number; no cell of this column is a finite number"
    raw = Csv(path=str(tmp_path / "train.csv"), dev=str(tmp_path / "t.csv"), target="y").load(0)
    assert raw.features == ("a",)
    assert words_of(raw, "dev") == {"b": [None, None]}


def test_parts_in_files_of_their_own(tmp_path: Path) -> None:
    for name, city in {"train": "Oslo", "dev": "Rome", "test": "Bonn", "held": "Oslo"}.items():
        (tmp_path / f"{name}.csv").write_text(f"y,extra,a,city\n0,9,1,{city}\n1,9,2,{city}\n")
    paths = {name: str(tmp_path / f"{name}.csv") for name in ("train", "dev", "test", "held")}
    source = Csv(path=paths["train"], train_dev=paths["held"], dev=paths["dev"], test=paths["test"], target="y", drop=("extra",))
    raw = source.load(0)
    assert list(raw.parts) == ["train", "train_dev", "dev", "test"]
    assert raw.pool == "train"
    assert [words_of(raw, part)["city"][0] for part in raw.parts] == ["Oslo", "Oslo", "Rome", "Bonn"]
    assert raw.cell_problem("dev", 1, "city", "odd", "").where.endswith("dev.csv:3:city")
    assert len(raw.sha256) == 64


def test_every_file_has_the_columns_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,u\n3,4,v\n")
    (tmp_path / "dev.csv").write_text("more,y,B,a\n1,u,2,3\n")
    (tmp_path / "test.csv").write_text("y,b,a,more\nu,2,3\n")
    with pytest.raises(InvalidInput) as caught:
        Csv(path=str(tmp_path / "t.csv"), dev=str(tmp_path / "dev.csv"), test=str(tmp_path / "test.csv"), target="y").load(0)
    first, second = caught.value.problems
    assert first.where.endswith("dev.csv:1:1")
    assert (first.what, first.cure) == ("no column 'b', which the training part has", "did you mean 'B'?")
    assert second.where.endswith("test.csv:2:more")
    (tmp_path / "dev.csv").write_text("more,y,b,a\n1,u,2,3\n")
    raw = Csv(path=str(tmp_path / "t.csv"), dev=str(tmp_path / "dev.csv"), target="y").load(0)
    assert raw.parts["dev"].x.tolist() == [[3, 2]]
    assert [note.rpartition("dev.csv")[2] for note in raw.notes] == [
        f": columns that {raw.name} does not have are left out: 'more'"
    ]


def test_categorical_must_be_a_feature(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n1,2,u\n3,4,v\n")
    with pytest.raises(InvalidInput) as caught:
        Csv(path=str(path), target="y", drop=("b",), categorical=("b", "y", "c")).load(0)
    assert sorted(problem.what for problem in caught.value.problems) == [
        "'b' is in `categorical`, but it is in `drop`, too",
        "'y' is in `categorical`, but it is the target",
        "no column 'c' (categorical)",
    ]


@pytest.mark.parametrize("cell", ["-999.0", "-9.99e2", "-999.00"])
def test_a_word_for_missing_is_compared_as_a_word(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,y\n1,u\n-999,v\n{cell},u\n")
    x = Csv(path=str(path), target="y", empty=("-999",)).load(0).parts["all"].x
    np.testing.assert_array_equal(x, [[1], [np.nan], [-999]])


def test_labels_are_words_and_never_missing(tmp_path: Path) -> None:
    assert load(tmp_path, "a,y\n1,NA\n2,?\n3, NA \n").parts["all"].y.tolist() == ["NA", "?", "NA"]
    with pytest.raises(InvalidInput, match="the label is empty"):
        load(tmp_path, "a,y\n1,u\n2, \n")


def test_a_repeated_header_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, "a,city,y\n1,Rome,u\na,city,y\n2,Oslo,v\n")
    assert places(caught.value) == ["3:1"]


def test_tables_may_be_compressed(tmp_path: Path) -> None:
    content = "a\ty\n1\tu\n2\tv\n"
    (tmp_path / "t.tsv.gz").write_bytes(gzip.compress(content.encode()))
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("inside/t.tsv", content)
    for name in ("t.tsv.gz", "t.zip"):
        assert Csv(path=str(tmp_path / name), target="y").load(0).parts["all"].x.tolist() == [[1], [2]]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1, max_size=20))
def test_every_number_is_read_exactly(tmp_path: Path, rows: list[tuple[float, ...]]) -> None:
    content = "a,b,c,y\n" + "".join(",".join(map(repr, row)) + ",0\n" for row in rows)
    read = load(tmp_path, content).parts["all"].x
    assert read.tobytes() == (np.array(rows) + 0.0).tobytes() or read.tolist() == [list(row) for row in rows]
