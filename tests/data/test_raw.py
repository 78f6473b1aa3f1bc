import numpy as np
import pytest

from dlrun.data.raw import RawData, RawExamples, feature_names, row_numbers


def raw_of(*parts: str, lines: list[int] | None = None) -> RawData:
    examples = RawExamples(
        x=np.zeros((3, 2)), y=np.zeros(3), ids=row_numbers(3), label="y", lines=None if lines is None else np.array(lines)
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
    assert raw_of("all").label_place("all", 2) == "file:y[2]"
    assert raw_of("all", lines=[2, 3, 7]).label_place("all", 2) == "file:7:y"


def test_columns_and_rows_without_names_are_numbered() -> None:
    assert feature_names(3) == ("x1", "x2", "x3")
    assert row_numbers(3).tolist() == [0, 1, 2]
