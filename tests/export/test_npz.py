"""What is exported is enough to predict with NumPy alone, written here without a line of dlrun's networks."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.experiment.stored import reopen
from dlrun.export.npz import write_npz
from tests.experiments import REGRESSION, SMALL, train_run, write_table, write_words

TEXTS = {
    "dropout": SMALL,
    "batch norm": SMALL.replace("hidden: [8]", "hidden: [8, 5], batch_norm: true"),
    "regression": REGRESSION.replace("tanh", "relu"),
    "no hidden layer": SMALL.replace("[8]", "[]").replace(", keep_prob: 0.9", ""),
}


def predict(arrays: Any, x: Any) -> Any:
    """Return the network's outputs: relu everywhere, batch norm where there is a gamma."""
    a = (x - arrays["x_mean"]) / arrays["x_divisor"]
    layers = sum(name.startswith("W") for name in arrays)
    for k in range(1, layers + 1):
        z = a @ arrays[f"W{k}"] + arrays.get(f"b{k}", 0)
        if f"gamma{k}" in arrays:
            z = (z - arrays[f"mean{k}"]) / np.sqrt(arrays[f"var{k}"] + 1e-5) * arrays[f"gamma{k}"] + arrays[f"beta{k}"]
        a = np.maximum(z, 0) if k < layers else z
    return a * arrays["y_deviation"] + arrays["y_mean"] if "y_mean" in arrays else a


@pytest.mark.parametrize("name", TEXTS)
def test_predictions_can_be_made_from_the_file_alone(tmp_path: Path, name: str) -> None:
    write_table(tmp_path)
    run, _ = train_run(tmp_path, TEXTS[name])
    experiment = reopen(run.paths)
    shapes = write_npz(experiment.network, experiment.splits.preparation, tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    assert {key: array.shape for key, array in arrays.items()} == shapes

    dev, normalization = experiment.splits.dev, experiment.splits.normalization
    assert dev
    raw = dev.x * normalization.divisor + normalization.mean  # back to what the source holds
    outputs = predict(arrays, raw)[:, 0]
    with run.paths.predictions_of("dev").open(newline="") as file:
        stored = list(csv.DictReader(file))
    if "y_mean" in arrays:
        np.testing.assert_allclose(outputs, [float(row["prediction"]) for row in stored], rtol=1e-5)
    else:
        np.testing.assert_allclose(
            1 / (1 + np.exp(-outputs)), [float(row["probability"]) for row in stored], rtol=1e-4, atol=1e-6
        )
        assert [arrays["classes"][int(z > 0)] for z in outputs] == [row["prediction"] for row in stored]


TABLE = """
    data: {source: {kind: csv, path: table.csv, dev: dev.csv, target: y}, split: {test: 0}, missing: impute}
    architecture: {hidden: [6]}
    training: {epochs: 3}
"""


def test_words_and_gaps_can_be_encoded_by_the_names_in_the_file(tmp_path: Path) -> None:
    write_words(tmp_path / "table.csv", 60, seed=0)
    write_words(tmp_path / "dev.csv", 25, seed=1)
    run, _ = train_run(tmp_path, TABLE)
    experiment = reopen(run.paths)
    write_npz(experiment.network, experiment.splits.preparation, tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    features, columns = arrays["features"].tolist(), arrays["x_columns"].tolist()
    assert features[: len(columns)] == columns
    assert arrays["W1"].shape[0] == len(features)
    inputs = []
    with (tmp_path / "dev.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            raw = np.array([float(row[name] or "nan") for name in columns])
            numbers = (np.where(np.isnan(raw), arrays["x_fill"], raw) - arrays["x_mean"]) / arrays["x_divisor"]
            cells = {f"{name}={cell or '(missing)'}" for name, cell in row.items()}
            inputs.append([*numbers, *(float(name in cells) for name in features[len(columns) :])])
    dev = experiment.splits.dev
    assert dev
    np.testing.assert_allclose(np.array(inputs), dev.x, rtol=1e-6, atol=1e-6)


def test_the_initial_network_and_the_last_weights_can_be_had(tmp_path: Path) -> None:
    first, _ = train_run(tmp_path, SMALL, "training.epochs=0")
    trained, _ = train_run(tmp_path)
    networks = {
        "initial": reopen(first.paths).network,
        "best": reopen(trained.paths, "best").network,
        "last": reopen(trained.paths, "last").network,
    }
    W = {name: network.params.views["W1"].value for name, network in networks.items()}
    np.testing.assert_array_equal(W["initial"], first.experiment.network.params.views["W1"].value)
    assert not np.array_equal(W["initial"], W["last"])
    assert not networks["initial"].params.views["b1"].value.any()
