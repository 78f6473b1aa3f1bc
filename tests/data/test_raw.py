import numpy as np
import pytest

from dlrun.data.raw import RawData, RawExamples, Selection, feature_names, row_numbers


def raw_of(*parts: str, lines: list[int] | None = None, shape: tuple[int, ...] = ()) -> RawData:
    examples = RawExamples(
        x=np.zeros((3, 2)),
        y=np.zeros(3),
        ids=row_numbers(3),
        label="y",
        shape=shape,
        lines=None if lines is None else np.array(lines),
        excerpt=None if lines is None else lambda line, column: (f"{line} | {column}",),
    )
    return RawData(name="file", parts=dict.fromkeys(parts, examples), features=("a", "b"), images=False, sha256="")


@pytest.mark.parametrize(
    ("parts", "pool", "brought"),
    [(["all"], "all", []), (["train"], "train", []), (["train", "test"], "train", ["test"])],
)
def test_one_part_is_split_and_the_others_are_kept(parts: list[str], pool: str, brought: list[str]) -> None:
    raw = raw_of(*parts)
    assert raw.pool == pool
    assert sorted(raw.brought) == brought


def test_a_label_has_a_place() -> None:
    assert raw_of("all").label_spot("all", 2) == "y[2]"
    assert raw_of("all", lines=[2, 3, 7]).label_spot("all", 2) == "7:y"


def test_an_input_has_a_place() -> None:
    assert raw_of("all").value_spot("all", 2, 1) == "x[2, 1]"
    assert raw_of("all", shape=(2, 1)).value_spot("all", 2, 1) == "x[2, 1, 0]"
    assert raw_of("all", lines=[2, 3, 7]).value_spot("all", 2, 1) == "7:b"


def test_a_selection_points_into_its_source() -> None:
    selection = Selection(raw=raw_of("all", lines=[2, 3, 7]), part="all", rows=np.array([2, 0]))
    assert len(selection) == 2
    label, value = selection.label_problem(0, "bad", "cure"), selection.value_problem(1, 0, "bad", "cure")
    assert (label.where, label.excerpt) == ("file:7:y", ("7 | y",))
    assert (value.where, value.excerpt) == ("file:2:a", ("2 | a",))


def test_columns_and_rows_without_names_are_numbered() -> None:
    assert feature_names(3) == ("x1", "x2", "x3")
    assert row_numbers(3).tolist() == [0, 1, 2]
