"""The run's own dev rows, in a file of their own, get exactly what the run stored; what is unlike training is said."""

import csv
from pathlib import Path

import numpy as np
import pytest

from dlrun.errors import InvalidInput
from dlrun.experiment.prediction import Prediction, predict_file
from dlrun.experiment.predictor import load_predictor
from dlrun.rundir.growing import csv_bytes
from dlrun.rundir.paths import RunPaths
from tests.experiments import REGRESSION, SMALL, train_run, write_table, write_words

WORDS = """
    data: {source: {kind: csv, path: table.csv, dev: dev.csv, target: y}, split: {test: 0}, missing: impute}
    architecture: {hidden: [6]}
    training: {epochs: 2}
"""
SPLIT = """
    data: {source: {kind: csv, path: table.csv, target: y}, split: {train: 40, dev: 30, test: 0}, missing: impute}
    architecture: {hidden: [6], batch_norm: true}
    training: {epochs: 2, batch_size: 8}
"""
ARRAYS = """
    data: {source: {kind: npz, path: data.npz}, split: {test: 0}}
    training: {epochs: 1}
"""


def stored(paths: RunPaths) -> list[tuple[str, str]]:
    with paths.predictions_of("dev").open(newline="") as file:
        return [(row["prediction"], row["probability"]) for row in csv.DictReader(file)]


def answer(prediction: Prediction) -> list[dict[str, str]]:
    text = csv_bytes([prediction.columns, *(row for block in prediction.blocks() for row in block)]).decode()
    return list(csv.DictReader(text.splitlines()))


def predicted(paths: RunPaths, path: Path, array: str | None = None) -> Prediction:
    return predict_file(load_predictor(paths), str(path), array)


def same(paths: RunPaths, prediction: Prediction) -> bool:
    return [(row["prediction"], row.get("probability", "")) for row in answer(prediction)] == stored(paths)


@pytest.mark.parametrize("missing", ["impute", "drop"])
def test_a_table_of_words_and_gaps_gets_what_the_run_stored(tmp_path: Path, missing: str) -> None:
    for name, seed in (("table.csv", 0), ("dev.csv", 1)):
        write_words(tmp_path / name, 60, seed=seed)
    run, _ = train_run(tmp_path, WORDS, f"data.missing={missing}")
    prediction = predicted(run.paths, tmp_path / "dev.csv")
    rows = [row for row in answer(prediction) if row["prediction"]]
    assert [(row["prediction"], row["probability"]) for row in rows] == stored(run.paths)
    assert prediction.columns == ("id", "prediction", "probability", "probability_no", "probability_yes")
    with run.paths.predictions_of("dev").open(newline="") as file:
        assert [row["id"] for row in rows] == [row["id"] for row in csv.DictReader(file)]
    notes = " ".join(prediction.notes())
    if missing == "drop":
        assert 0 < len(rows) < 60 == len(prediction)
        assert f"{60 - len(rows)} of 60 rows miss a cell: they have no prediction" in notes
    else:
        assert len(rows) == 60
        assert "stand in for missing ones" in notes
        assert "missing words: 'city' (" in notes


def test_rows_drawn_from_a_table_get_what_the_run_stored(tmp_path: Path) -> None:
    lines = write_words(tmp_path / "table.csv", 70, seed=0).read_text().splitlines()
    run, _ = train_run(tmp_path, SPLIT)
    with run.paths.predictions_of("dev").open(newline="") as file:
        ids = [int(row["id"]) for row in csv.DictReader(file)]
    (tmp_path / "new.csv").write_text("\n".join([lines[0], *(lines[1 + k] for k in ids)]) + "\n")
    assert same(run.paths, predicted(run.paths, tmp_path / "new.csv"))


def test_a_regression_gets_what_the_run_stored(tmp_path: Path) -> None:
    lines = write_table(tmp_path).read_text().splitlines()
    run, _ = train_run(tmp_path, REGRESSION)
    with run.paths.predictions_of("dev").open(newline="") as file:
        ids = [int(row["id"]) for row in csv.DictReader(file)]
    (tmp_path / "new.csv").write_text("\n".join([lines[0], *(lines[1 + k] for k in ids)]) + "\n")
    prediction = predicted(run.paths, tmp_path / "new.csv")
    assert prediction.columns == ("id", "prediction")
    assert same(run.paths, prediction)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_an_array_gets_what_the_run_stored(tmp_path: Path, n_classes: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((300, 4)), np.arange(300) % n_classes
    np.savez(tmp_path / "data.npz", x_train=x[:100], y_train=y[:100], x_dev=x[100:], y_dev=y[100:])
    run, _ = train_run(tmp_path, ARRAYS)
    assert same(run.paths, predicted(run.paths, tmp_path / "data.npz", "x_dev"))


def test_what_is_unlike_training_is_counted(tmp_path: Path) -> None:
    for name, seed in (("table.csv", 0), ("dev.csv", 1)):
        write_words(tmp_path / name, 60, seed=seed)
    run, _ = train_run(tmp_path, WORDS)
    (tmp_path / "new.csv").write_text("income,city,age,extra\n1e3,Mars,30,1\n1e9,Mars,,1\n5e3,Io,40,1\n5e3,Rome,1e6,1\n")
    notes = list(predicted(run.paths, tmp_path / "new.csv").notes())
    assert [note.replace(str(tmp_path / "new.csv"), "new.csv") for note in notes] == [
        "new.csv: columns that this run does not know are left out: 'extra'",
        "numbers stand in for missing ones, as training measured them: 'age' (1)",
        "'city': 3 of 4 rows hold a word that training hardly saw: 'Mars' (2), 'Io' (1)",
        "values more than 10 deviations from the training part's mean: 'age' (1), 'income' (1)",
    ]


def test_a_number_too_large_is_found_before_anything_is_predicted(tmp_path: Path) -> None:
    write_table(tmp_path)
    run, _ = train_run(tmp_path, REGRESSION)
    (tmp_path / "new.csv").write_text("a,b\n1,1\n1,1e300\n")
    with pytest.raises(InvalidInput, match=r"new\.csv:3:b: 1e\+300 is too large for float32"):
        predicted(run.paths, tmp_path / "new.csv")


def test_a_gap_is_refused_where_training_refused_it(tmp_path: Path) -> None:
    write_table(tmp_path)
    run, _ = train_run(tmp_path, REGRESSION)
    (tmp_path / "new.csv").write_text("a,b\n1,1\n1,\n")
    with pytest.raises(InvalidInput, match=r"new\.csv:3:b: "):
        predicted(run.paths, tmp_path / "new.csv")


def test_where_every_row_misses_a_cell_there_is_an_answer_without_predictions(tmp_path: Path) -> None:
    write_table(tmp_path)
    run, _ = train_run(tmp_path, REGRESSION, "data.missing=drop")
    (tmp_path / "new.csv").write_text("a,b\n,1\n1,\n")
    prediction = predicted(run.paths, tmp_path / "new.csv")
    assert answer(prediction) == [{"id": "0", "prediction": ""}, {"id": "1", "prediction": ""}]
    assert list(prediction.notes()) == ["2 of 2 rows miss a cell: they have no prediction, training left such rows out"]


def test_gaps_between_blocks_keep_their_rows(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "data.missing=drop")
    x = np.random.default_rng(0).standard_normal((40_000, 2))
    x[::1000, 1] = np.nan
    np.save(tmp_path / "new.npy", x)
    prediction = predicted(run.paths, tmp_path / "new.npy")
    rows = [row for block in prediction.blocks() for row in block]
    assert [row[0] for row in rows] == list(range(40_000))
    assert [row[0] for row in rows if row[1] is None] == list(range(0, 40_000, 1000))
