"""The files of a run as DataFrames: to the last bit, with labels of their own type."""

from pathlib import Path

import numpy as np
import pytest

from dlrun.api.tables import read_predictions, read_rows
from dlrun.data.labels import LabelType
from dlrun.data.preparation import Classes, Preparation
from dlrun.data.preprocessing import Normalization, TargetScale
from dlrun.errors import DlrunError
from dlrun.rundir.growing import AppendFile


def preparation(labels: LabelType | None, *names: str) -> Preparation:
    return Preparation(
        columns=("x",), numbers=("x",), images=False, dtype="float32",
        normalization=Normalization(mean=np.zeros(1), divisor=np.ones(1)),
        classes=Classes(names=names, labels=labels) if labels else None,
        target_scale=None if labels else TargetScale(mean=0, deviation=1),
    )  # fmt: skip


def test_numbers_read_back_to_the_last_bit(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).standard_normal((2000, 2)) * 10.0 ** np.arange(-1000, 1000)[:, None].clip(-300, 300)
    with AppendFile(tmp_path / "metrics.csv", ("cost", "dev_error")) as file:
        file.append(*numbers.tolist(), (1.0, None))
    table = read_rows(tmp_path / "metrics.csv", ["cost", "dev_error"])
    np.testing.assert_array_equal(table.to_numpy()[:-1], numbers)
    assert np.isnan(table["dev_error"].iloc[-1])


@pytest.mark.parametrize(
    ("labels", "names"),
    [("text", ("NA", "007")), ("text", ("None", " a,\"b' ")), ("integer", ("-1", "7")), ("boolean", ("False", "True"))],
)
def test_labels_are_of_the_type_they_have_in_the_data(tmp_path: Path, labels: LabelType, names: tuple[str, ...]) -> None:
    prepared = preparation(labels, *names)
    with AppendFile(tmp_path / "dev.csv", ("id", "label", "prediction", "probability", "loss")) as file:
        file.append((0, names[0], names[1], 0.25, 1.5), (1, names[1], names[1], 0.5, None))
    table = read_predictions(tmp_path / "dev.csv", prepared)
    assert prepared.classes
    values = prepared.classes.values().tolist()
    assert table["label"].tolist() == values
    assert table["prediction"].tolist() == [values[1], values[1]]
    assert table["probability"].tolist() == [0.25, 0.5]


def test_numbers_predicted_have_no_probability(tmp_path: Path) -> None:
    with AppendFile(tmp_path / "dev.csv", ("id", "label", "prediction", "probability", "loss")) as file:
        file.append((0, 1.0, 2.0, None, 1.5))
    table = read_predictions(tmp_path / "dev.csv", preparation(None))
    assert table["label"].dtype == np.float64
    assert table["probability"].isna().all()


@pytest.mark.parametrize("text", ["", "id,label\n0,a,b,c\n0,\n", 'id,"label\n', "id,label,prediction\n1,tall,2\n", "\0"])
def test_damage_is_an_error_not_a_bug(tmp_path: Path, text: str) -> None:
    (tmp_path / "dev.csv").write_text(text)
    with pytest.raises(DlrunError, match="damaged"):
        read_predictions(tmp_path / "dev.csv", preparation("integer", "1", "2"))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DlrunError, match=r"no steps\.csv"):
        read_rows(tmp_path / "steps.csv", ["step"])
