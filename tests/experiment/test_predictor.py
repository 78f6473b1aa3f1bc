"""A run predicts without its data what it predicted with it, to the bit; a damaged run is an error, never a traceback."""

import csv
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.checkpoint.manifest import Manifest
from dlrun.data.raw import RawData
from dlrun.data.rows import Origin, raw_rows
from dlrun.data.sources.csv import Csv
from dlrun.data.sources.digits import Digits
from dlrun.data.sources.generators import Blobs, Moons
from dlrun.errors import DlrunError, InvalidInput
from dlrun.experiment import predictor as module
from dlrun.experiment.predictor import Predictor, load_predictor
from dlrun.rundir.paths import RunPaths
from tests.experiments import REGRESSION, SMALL, train_run, write_table

DIGITS = """
    seed: 1
    data: {source: digits, split: {train: 500, dev: 1290, test: 0}}
    architecture: {hidden: [16], batch_norm: true}
    training: {epochs: 2}
"""
FULL = """
    data: {source: {kind: blobs, examples: 2600, features: 50}, split: {train: 1300, dev: 1250, test: 50}}
    architecture: {hidden: [33]}
    training: {epochs: 2, batch_size: full}
"""
HASH = """
    data: {source: {kind: blobs, examples: 600, features: 5}, split: {by: {kind: hash, column: x1}}}
    training: {epochs: 2, batch_size: full}
"""
WORDS = """
    data: {source: {kind: csv, path: table.csv, target: y}, split: {train: 40, dev: 20, test: 0}}
    training: {epochs: 2, dtype: float64}
"""


def source_of(name: str, directory: Path) -> Array:
    """Return all the inputs of a run's source, row by id."""
    sources: dict[str, Any] = {
        "moons": Moons(examples=300, noise=0.2),
        "full batch": Blobs(examples=2600, features=50),
        "hash": Blobs(examples=600, features=5),
        "regression": Csv(path=str(directory / "table.csv"), target="y"),
        "words": Csv(path=str(directory / "table.csv"), target="y"),
    }
    source = sources.get(name, Digits())
    seed = {"moons": 3}.get(name, 0)
    return np.asarray(source.load(seed).parts["all"].x)


TEXTS = {"moons": SMALL, "regression": REGRESSION, "words": WORDS, "digits": DIGITS, "full batch": FULL, "hash": HASH}


def rows(predictor: Predictor, x: Array) -> RawData:
    return raw_rows(predictor.preparation, x, [], Origin(name="input"))


def stored(paths: RunPaths) -> list[dict[str, str]]:
    with paths.predictions_of("dev").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(params=TEXTS)
def trained(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[RunPaths, Array]:
    """Return a finished run, moved to where its data is not, and the inputs of its dev examples."""
    table = write_table(tmp_path)
    if request.param == "words":
        table.write_text("a,b,y\n" + "".join(f"{k % 7},{k % 5},{'low' if k % 7 < 3 else 'high'}\n" for k in range(60)))
    run, _ = train_run(tmp_path, TEXTS[request.param])
    x = source_of(request.param, tmp_path)
    table.unlink()
    moved = RunPaths(tmp_path / "elsewhere" / run.paths.id)
    shutil.move(run.paths.root, moved.root)
    return moved, x[[int(row["id"]) for row in stored(moved)]]


def test_the_dev_examples_get_the_predictions_they_had(trained: tuple[RunPaths, Array]) -> None:
    paths, x = trained
    predictor, told = load_predictor(paths), stored(paths)
    raw = rows(predictor, x)
    assert [str(label) for label in predictor.predict(raw).tolist()] == [row["prediction"] for row in told]
    if predictor.preparation.classes:
        p = predictor.probabilities(raw)
        probability = p[:, 1] if p.shape[1] == 2 else p.max(axis=1)
        assert probability.tolist() == [float(row["probability"]) for row in told]


def test_one_by_one_is_in_bulk(trained: tuple[RunPaths, Array]) -> None:
    paths, x = trained[0], trained[1][:100]
    predictor = load_predictor(paths)
    values = predictor.probabilities if predictor.preparation.classes else predictor.predict
    bulk = values(rows(predictor, x))
    single = np.concatenate([values(rows(predictor, row[None, :])) for row in x])
    np.testing.assert_allclose(single, bulk, rtol=1e-5, atol=1e-5)
    assert values(rows(predictor, x[:0])).shape == (0, *bulk.shape[1:])


def test_blocks_decide_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = train_run(tmp_path)
    predictor = load_predictor(run.paths)
    raw = rows(predictor, np.random.default_rng(0).standard_normal((5000, 2)))
    at_once = predictor.probabilities(raw)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    assert len(list(predictor.outputs(raw, predictor.rows(raw)))) == 5
    np.testing.assert_array_equal(predictor.probabilities(raw), at_once)


GAP = np.array([[0.0, 0.0], [np.nan, 0.0]])


def test_a_gap_is_an_error_where_training_took_none(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    predictor = load_predictor(run.paths)
    with pytest.raises(InvalidInput, match=r"(?s)input:X\[1, 0\]: no value in 1 of 2 rows.*fill it, or remove the row"):
        predictor.predict(rows(predictor, GAP))


def test_where_training_dropped_rows_with_gaps_they_are_not_predicted(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "data.missing=drop")
    predictor = load_predictor(run.paths)
    assert predictor.rows(rows(predictor, GAP)).tolist() == [0]
    with pytest.raises(InvalidInput, match="1 of 2 rows miss a cell"):
        predictor.predict(rows(predictor, GAP))


def test_probabilities_of_numbers_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path)
    run, _ = train_run(tmp_path, REGRESSION)
    with pytest.raises(InvalidInput, match=r"squared_error\): there are no classes"):
        predictor = load_predictor(run.paths)
        predictor.probabilities(rows(predictor, np.zeros((1, 2))))


def test_the_last_weights_can_be_had_and_are_others(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "training.epochs=40", "learning_rate=0.1")
    best, last = (load_predictor(run.paths, which).network.params.theta for which in ("best", "last"))
    np.testing.assert_array_equal(best, run.state.best.theta)
    assert run.state.best.step < run.state.step
    assert not np.array_equal(best, last)


def test_a_value_too_large_is_said_with_its_place(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    with pytest.raises(InvalidInput, match=r"input:X\[1, 0\]: 1e\+39 is too large for float32"):
        predictor = load_predictor(run.paths)
        predictor.predict(rows(predictor, np.array([[0.0, 0.0], [1e39, 0.0]])))


def test_an_early_run_is_refused_with_a_sentence(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    run.paths.preparation.unlink()
    with pytest.raises(DlrunError, match="does not hold how its examples were prepared"):
        load_predictor(run.paths)


def adopt(paths: RunPaths, name: str, text: str) -> None:
    """Write a file and its checksum, as somebody who means harm would."""
    import hashlib

    path = {"preparation": paths.preparation, "spec": paths.resolved}[name]
    path.write_text(text)
    provenance = json.loads(paths.provenance.read_text())
    provenance[name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    paths.provenance.write_text(json.dumps(provenance))


def test_an_edited_preparation_is_noticed(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    tree = json.loads(run.paths.preparation.read_text())
    tree["normalization"]["mean"][0] += 0.5
    run.paths.preparation.write_text(json.dumps(tree))
    with pytest.raises(DlrunError, match="not the one this run was trained with"):
        load_predictor(run.paths)


@pytest.mark.parametrize("forged", [False, True], ids=["damaged", "forged"])
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("preparation", '"float32"', '"float64"'),
        ("preparation", '"x2"', '"x2", "x3"'),
        ("preparation", "{", "["),
        ("preparation", "0", "NaN"),
        ("spec", "hidden: [8]", "hidden: [9]"),
        ("spec", "hidden: [8]", "hidden: [1000000, 1000000]"),
        ("spec", "sigmoid_cross_entropy", "squared_error"),
        ("spec", "  threads: 1", "  threads: auto"),
    ],
)
def test_a_damaged_or_forged_run_is_an_error_not_a_bug(tmp_path: Path, name: str, old: str, new: str, forged: bool) -> None:
    run, _ = train_run(tmp_path)
    path = {"preparation": run.paths.preparation, "spec": run.paths.resolved}[name]
    text = path.read_text()
    assert old in text
    if forged:
        adopt(run.paths, name, text.replace(old, new))
    else:
        path.write_text(text.replace(old, new))
    with pytest.raises(DlrunError):
        load_predictor(run.paths)


@pytest.mark.parametrize(
    ("hidden", "what"),
    [
        ("[1000000, 1000000]", "resolved.yaml: does not fit into memory: this network and its batches of 1,024 need about"),
        (f"[{'4, ' * 1_001}4]", "architecture.hidden has 1,002 layers, more than 1,000 are not built"),
    ],
    ids=["wide", "deep"],
)
def test_a_network_that_no_machine_builds_is_refused_before_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: str, what: str
) -> None:
    run, _ = train_run(tmp_path)
    adopt(run.paths, "spec", run.paths.resolved.read_text().replace("hidden: [8]", f"hidden: {hidden}"))
    monkeypatch.setattr(module, "Network", lambda *_: pytest.fail("it was built"))
    with pytest.raises(DlrunError, match=re.escape(what)) as caught:
        load_predictor(run.paths)
    assert caught.value.exit_code == 1


def test_a_checkpoint_too_large_for_the_network_is_not_read(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    for path in run.paths.checkpoints.glob("*.npz"):
        os.truncate(path, 1 << 32)
    with pytest.raises(DlrunError, match="this file is larger than 4 MiB"):
        load_predictor(run.paths)


def test_checkpoints_elsewhere_are_not_read(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    run.paths.checkpoints.rename(tmp_path / "elsewhere")
    run.paths.checkpoints.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DlrunError, match="this is a link, and links within a run are not followed"):
        load_predictor(run.paths)


def test_a_run_that_does_not_say_what_it_was_trained_on_says_so(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    provenance = json.loads(run.paths.provenance.read_text())
    del provenance["data"]["examples"]
    run.paths.provenance.write_text(json.dumps(provenance))
    with pytest.raises(DlrunError, match="the number of training examples is missing"):
        load_predictor(run.paths)


def test_a_run_without_weights_says_so(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    Manifest().save(run.paths)
    with pytest.raises(DlrunError, match="no checkpoint called best"):
        load_predictor(run.paths)
    run.paths.manifest.unlink()
    run.paths.manifest_copy.unlink()
    with pytest.raises(DlrunError, match=r"manifest\.json: cannot read"):
        load_predictor(run.paths)
