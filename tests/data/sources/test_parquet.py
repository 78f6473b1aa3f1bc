import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.data.labels import encode_labels
from dlrun.data.raw import RawData
from dlrun.data.sources.csv import Csv
from dlrun.data.sources.parquet import Parquet
from dlrun.errors import InvalidInput

COLUMNS = {"a": [1, 2, 3], "w": ["u", None, "v"], "y": ["no", "yes", "no"]}


def write(path: Path, **columns: Any) -> str:
    pq.write_table(pa.table(columns), path)
    return str(path)


def load(tmp_path: Path, columns: dict[str, Any], **keys: Any) -> RawData:
    return Parquet(path=write(tmp_path / "t.parquet", **columns), target="y", **keys).load(0)


def problems_of(source: Parquet) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        source.load(0)
    return {Path(problem.where).name: problem.what for problem in caught.value.problems}


NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.none() | st.text("abcXYZ", min_size=1, max_size=4)
ROWS = st.lists(st.tuples(NUMBERS, WORDS, st.booleans(), st.sampled_from(["no", "yes"])), max_size=12)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_a_table_is_the_same_as_text_and_with_types(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    rows = [(1.0, "ab", True, "no"), *rows]
    columns = {name: pa.array([row[i] for row in rows]) for i, name in enumerate(["n", "w", "f", "y"])}
    text = "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)
    (tmp_path / "t.csv").write_text("n,w,f,y\n" + text)
    typed, plain = load(tmp_path, columns), Csv(path=str(tmp_path / "t.csv"), target="y").load(0)
    assert (typed.features, typed.categories, typed.columns) == (plain.features, plain.categories, plain.columns)
    for name in ("x", "codes", "y"):
        np.testing.assert_array_equal(getattr(typed.parts["all"], name), getattr(plain.parts["all"], name))
    for column in ("w", "f", "y"):
        assert typed.key("all", column) == plain.key("all", column)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (pa.array([1, None, 3], pa.int8()), [1, np.nan, 3]),
        (pa.array([1, 2, 3], pa.uint64()), [1, 2, 3]),
        (pa.array([1.5, float("nan"), None], pa.float32()), [1.5, np.nan, np.nan]),
        (pa.array([Decimal("1.25"), None, Decimal("-3.00")]), [1.25, np.nan, -3]),
    ],
)
def test_numbers_of_any_type(tmp_path: Path, cells: Any, numbers: list[float]) -> None:
    np.testing.assert_array_equal(load(tmp_path, {"a": cells, "y": [0, 1, 0]}).parts["all"].x[:, 0], numbers)


@pytest.mark.parametrize(
    ("cells", "words", "codes"),
    [
        (pa.array(["v", None, "u"]), ("u", "v"), [1, -1, 0]),
        (pa.array(["v", "v", "u"], pa.large_string()), ("u", "v"), [1, 1, 0]),
        (pa.array(["v", None, "u"]).dictionary_encode(), ("u", "v"), [1, -1, 0]),
        (pa.array([True, False, None]), ("False", "True"), [1, 0, -1]),
        (pa.nulls(3), (), [-1, -1, -1]),
    ],
)
def test_words_of_any_type(tmp_path: Path, cells: Any, words: tuple[str, ...], codes: list[int]) -> None:
    raw = load(tmp_path, {"a": cells, "b": [1, 2, 3], "y": [0, 1, 0]})
    assert raw.categories[0].words == words
    assert raw.parts["all"].codes is not None
    assert raw.parts["all"].codes[:, 0].tolist() == codes


def test_numbers_may_be_names(tmp_path: Path) -> None:
    raw = load(tmp_path, {"a": [10, 9, 10], "y": [0, 1, 0]}, categorical=("a",))
    assert raw.categories[0].words == ("10", "9")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([3, 1, 3], ("1", "3")),
        ([True, False, True], ("False", "True")),
        (["10", "9", "9"], ("10", "9")),
        (pa.array(["b", "a", "a"]).dictionary_encode(), ("a", "b")),
        (pa.array([Decimal(1), Decimal(2), Decimal(1)]), ("1", "2")),
    ],
)
def test_labels_have_their_own_type(tmp_path: Path, labels: Any, classes: tuple[str, ...]) -> None:
    assert encode_labels(load(tmp_path, {"a": [1, 2, 3], "y": labels}), regression=False)[1] == classes


@pytest.mark.parametrize(
    ("column", "where", "what"),
    [
        ([date(2026, 3, 1)] * 3, "t.parquet:b", "the column holds dates (date32[day])"),
        ([datetime(2026, 3, 1)] * 3, "t.parquet:b", "the column holds dates (timestamp[us])"),
        ([[1], [2], [3]], "t.parquet:b", "the column holds lists or structures (list<"),
        ([{"k": 1}] * 3, "t.parquet:b", "the column holds lists or structures (struct<"),
        ([b"1"] * 3, "t.parquet:b", "the column holds bytes (binary)"),
        ([1.0, np.inf, -np.inf], "t.parquet:b[1]", "inf is not a finite number; 2 such cells in all"),
    ],
)
def test_what_no_network_can_take_is_located(tmp_path: Path, column: Any, where: str, what: str) -> None:
    path = write(tmp_path / "t.parquet", **COLUMNS, b=column)
    ((found_where, found_what),) = problems_of(Parquet(path=path, target="y")).items()
    assert found_where == where
    assert found_what.startswith(what)
    assert Parquet(path=path, target="y", drop=("b",)).load(0).columns == ("a", "w")


def test_labels_that_are_null_or_dates_are_errors(tmp_path: Path) -> None:
    null = write(tmp_path / "t.parquet", a=[1, 2, 3], y=["u", None, None])
    assert problems_of(Parquet(path=null, target="y")) == {"t.parquet:y[1]": "the label is null; 2 such labels in all"}
    dates = write(tmp_path / "t.parquet", a=[1, 2], y=[date(2026, 1, 1)] * 2)
    assert problems_of(Parquet(path=dates, target="y")) == {"t.parquet:y": "the target holds dates (date32[day])"}


def test_columns_that_are_not_there_are_all_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", **COLUMNS)
    assert problems_of(Parquet(path=path, target="Y", drop=("aa",), categorical=("z",))) == {
        "t.parquet:Y": "no column 'Y' (target)",
        "t.parquet:aa": "no column 'aa' (drop)",
        "t.parquet:z": "no column 'z' (categorical)",
    }


def test_parts_have_the_columns_and_types_of_training(tmp_path: Path) -> None:
    train = write(tmp_path / "train.parquet", **COLUMNS)
    less = write(tmp_path / "less.parquet", a=[1], y=["no"])
    other = write(tmp_path / "other.parquet", a=["1"], w=["u"], y=["no"])
    more = write(tmp_path / "more.parquet", **COLUMNS, b=[1, 2, 3])
    assert problems_of(Parquet(path=train, test=less, target="y")) == {
        "less.parquet": "no column 'w', which the training part has"
    }
    assert problems_of(Parquet(path=train, test=other, target="y")) == {
        "other.parquet:a": "the column is string here, int64 in the training part"
    }
    raw = Parquet(path=train, dev=more, target="y").load(0)
    assert {part: len(examples) for part, examples in raw.parts.items()} == {"train": 3, "dev": 3}
    assert raw.notes[0].endswith("are left out: 'b'")


def test_a_stored_index_is_no_feature(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "y": [0, 1, 0]}, index=[5, 3, 9])
    frame.to_parquet(tmp_path / "t.parquet")
    raw = Parquet(path=str(tmp_path / "t.parquet"), target="y").load(0)
    assert raw.features == ("a",)
    assert raw.parts["all"].x.tolist() == [[1], [2], [3]]


def test_places_are_columns_and_rows(tmp_path: Path) -> None:
    raw = load(tmp_path, COLUMNS)
    assert raw.value_spot("all", 2, 0) == "a[2]"
    assert raw.cell_problem("all", 1, "w", "", "").where.endswith("t.parquet:w[1]")
    assert raw.label_spot("all", 1) == "y[1]"


def test_dates_are_keys_whatever_their_unit(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 0, 250_000)
    zoned = pa.array([moment] * 3, pa.timestamp("us", tz="Europe/Zurich"))
    columns = {f"at_{unit}": pa.array([moment] * 3, pa.timestamp(unit)) for unit in ("ms", "us", "ns")}
    raw = load(tmp_path, {**COLUMNS, **columns, "z": zoned, "d": [date(2026, 3, 1)] * 3}, drop=(*columns, "z", "d"))
    assert {raw.key("all", column)[0] for column in (*columns, "z")} == {"2026-03-01 12:30:00.25"}
    assert raw.key("all", "d")[0] == "2026-03-01"


@pytest.mark.parametrize("content", [b"", b"x,y\n1,2\n", b"PAR1", b"PAR1\x00\x00\x00\x00PAR1", b"PAR1" + b"\xff" * 50 + b"PAR1"])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    ((where, what),) = problems_of(Parquet(path=str(tmp_path / "t.parquet"), target="y")).items()
    assert where == "t.parquet"
    assert what.startswith("is not a Parquet file, or damaged")


def test_a_file_cut_short_is_refused_at_every_length(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "t.parquet", **COLUMNS))
    whole = path.read_bytes()
    for length in range(0, len(whole), 29):
        path.write_bytes(whole[:length])
        problems_of(Parquet(path=str(path), target="y"))


def test_odd_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["y", "y"]), path)
    assert problems_of(Parquet(path=str(path), target="y")) == {"t.parquet": "there are two columns 'y'"}
    write(path, a=pa.array([], pa.int64()), y=pa.array([], pa.int64()))
    assert problems_of(Parquet(path=str(path), target="y")) == {"t.parquet": "the file has no row"}
    assert "is a directory" in problems_of(Parquet(path=str(tmp_path), target="y")).popitem()[1]


def test_rows_that_would_fill_the_memory_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlrun.data.sources.compressed.LARGEST", 10_000)
    path = write(tmp_path / "t.parquet", a=np.zeros(100_000), y=np.zeros(100_000, dtype=np.int8))
    assert problems_of(Parquet(path=path, target="y"))["t.parquet"].startswith("100,000 rows of 2 columns in ")


def test_without_the_package_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "t.parquet", **COLUMNS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInput, match="parquet files need the package pyarrow") as caught:
        Parquet(path=path, target="y").load(0)
    assert caught.value.problems[0].cure == "pip install 'dlrun[parquet]'"
