"""Files find the source that reads them."""

from pathlib import Path
from typing import Any, get_args

import pytest

from dlrun.data.opening import endings, guess_target, has_columns, source_class
from dlrun.data.sources import Csv, Npz, Source
from dlrun.errors import InvalidInput


@pytest.mark.parametrize(("name", "cls"), [("a.csv", Csv), ("a.TSV", Csv), ("a.csv.gz", Csv), ("a.zip", Csv), ("a.npz", Npz)])
def test_a_source_is_found_by_the_ending(tmp_path: Path, name: str, cls: Any) -> None:
    (tmp_path / name).write_text("")
    assert source_class({"path": str(tmp_path / name)}) is cls


def test_every_source_of_files_says_its_endings() -> None:
    files = {cls for cls in get_args(Source) if "path" in cls.__dataclass_fields__}
    assert files == set(endings().values())
    assert all(hasattr(cls, "header") for cls in files if has_columns(cls))


def test_a_missing_file_comes_first(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        source_class({"path": str(tmp_path / "a.docx")})


def test_a_table_of_one_column_has_nothing_to_predict_from() -> None:
    with pytest.raises(InvalidInput, match="one column only"):
        guess_target("a.csv", ("y",))
