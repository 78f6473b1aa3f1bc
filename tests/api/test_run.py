"""A run as an object: what the files hold, as the data names it, and errors of the house."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dlrun
from dlrun.errors import DlrunError, InvalidInput
from dlrun.experiment.opening import open_run
from dlrun.experiment.stored import stored_diagnosis
from tests.experiments import REGRESSION, SMALL, experiment, train_run, write_table

TUMOURS = """
    data: {source: {kind: csv, path: table.csv, target: kind}, split: {train: 40, dev: 20, test: 0}}
    training: {epochs: 30, batch_size: 8}
    learning_rate: 1e-2
"""


def table() -> pd.DataFrame:
    rows = [(k % 7, k % 5, "benign" if k % 7 < 3 else "malignant", k) for k in range(60)]
    return pd.DataFrame(rows, columns=["size", "age", "kind", "patient"])


def tumours(directory: Path) -> dlrun.Run:
    table().drop(columns="patient").to_csv(directory / "table.csv", index=False)
    run, _ = train_run(directory, TUMOURS)
    (directory / "table.csv").unlink()
    return dlrun.load(run.paths.root)


def test_a_table_gets_the_names_of_its_classes_whatever_the_order_of_its_columns(tmp_path: Path) -> None:
    run = tumours(tmp_path)
    frame = table()
    labels = run.predict(frame[["patient", "age", "kind", "size"]])
    np.testing.assert_array_equal(labels, run.predict(frame[["size", "age"]].to_numpy()))
    assert set(labels.tolist()) == {"benign", "malignant"}
    assert (labels == frame["kind"]).mean() > 0.9
    assert run.features == ("size", "age")
    dev = run.predictions
    np.testing.assert_array_equal(run.predict(frame.iloc[dev["id"]]), dev["prediction"])
    assert dev["label"].tolist() == frame["kind"].iloc[dev["id"]].tolist()


def test_probabilities_stand_in_the_order_of_the_classes(tmp_path: Path) -> None:
    run = tumours(tmp_path)
    p = run.predict_proba(table())
    assert p.shape == (60, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert run.classes is not None
    np.testing.assert_array_equal(run.classes[p.argmax(axis=1)], run.predict(table()))


def test_numbers_are_in_the_units_of_the_target_and_have_no_classes(tmp_path: Path) -> None:
    write_table(tmp_path)
    made, diagnosis = train_run(tmp_path, REGRESSION)
    run = dlrun.load(made.paths.root)
    x = pd.read_csv(tmp_path / "table.csv")
    assert diagnosis.errors.dev
    dev = run.predictions
    rmse = np.sqrt(np.square(run.predict(x.iloc[dev["id"]]) - dev["label"]).mean())
    assert rmse == pytest.approx(diagnosis.errors.dev.value)
    assert run.classes is None
    with pytest.raises(InvalidInput, match="predicts numbers"):
        run.predict_proba(x)


def test_what_a_run_tells_is_what_its_files_hold(tmp_path: Path) -> None:
    made, _ = train_run(tmp_path)
    run = dlrun.load(made.paths.id, runs_dir=tmp_path / "runs")
    assert (run.id, run.path, run.status) == (made.paths.id, made.paths.root, "completed")
    assert run.metrics["epoch"].tolist() == [1, 2, 3]
    assert run.steps.shape == (21, 4)
    assert run.summary["best_epoch"] == made.record.summary["best_epoch"]
    assert run.spec["architecture"]["hidden"][0]["units"] == 8
    assert run.diagnosis.to_json() == stored_diagnosis(made.paths).to_json()
    classes = run.classes
    assert classes is not None
    assert classes.tolist() == [0, 1]
    assert run.predictions["label"].isin(classes).all()


def test_the_spec_of_a_run_trains_the_same_run_again(tmp_path: Path) -> None:
    made, _ = train_run(tmp_path)
    again = dlrun.train(dlrun.load(made.paths.root).spec, runs_dir=tmp_path / "again")
    assert (again.path / "metrics.csv").read_bytes() == made.paths.metrics.read_bytes()
    assert (again.path / "resolved.yaml").read_bytes() == made.paths.resolved.read_bytes()


def test_its_name_says_how_it_went(tmp_path: Path) -> None:
    made, diagnosis = train_run(tmp_path)
    assert diagnosis.errors.dev
    told = repr(dlrun.load(made.paths.root))
    assert told.startswith(f"<dlrun.Run {made.paths.id}: completed, train error ")
    assert f"dev error {100 * diagnosis.errors.dev.value:.2f} %" in told
    assert len(told) < 200


def test_a_run_without_an_end_says_so_and_shows_what_there_is(tmp_path: Path) -> None:
    with open_run(experiment(tmp_path), tmp_path / "runs") as made:
        run = dlrun.load(made.paths.root)
        assert repr(run) == f"<dlrun.Run {run.id}: running>"
        assert run.summary == {}
        for ask in ("metrics", "predictions", "diagnosis"):
            with pytest.raises(DlrunError, match="no "):
                getattr(run, ask)
        with pytest.raises(DlrunError, match="cannot read"):
            run.predict([[0, 0]])


def test_runs_are_found_as_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train_run(tmp_path)
    second, _ = train_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLRUN_RUNS", raising=False)
    assert dlrun.load("@last").id == second.paths.id
    monkeypatch.setenv("DLRUN_RUNS", str(tmp_path / "nowhere"))
    with pytest.raises(InvalidInput, match="no runs yet"):
        dlrun.load("@last")
    assert dlrun.load("@last", runs_dir="runs").path.is_absolute()


@pytest.mark.parametrize(
    "name", ["run.json", "preparation.json", "diagnosis.json", "metrics.csv", "steps.csv", "predictions/dev.csv", "resolved.yaml"]
)
@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "\0\xff", "a,b\n1\n", '{"schema": 1}'])
def test_a_damaged_run_is_an_error_not_a_bug(tmp_path: Path, finished: Path, name: str, text: str) -> None:
    shutil.copytree(finished, tmp_path / finished.name)
    (tmp_path / finished.name / name).write_text(text, encoding="latin-1")
    run, failed = dlrun.load(tmp_path / finished.name), []
    assert run.id in repr(run)
    for ask in ("status", "spec", "summary", "metrics", "steps", "predictions", "diagnosis", "features", "classes"):
        try:
            getattr(run, ask)
        except DlrunError:
            failed.append(ask)
    assert failed


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made, _ = train_run(tmp_path_factory.mktemp("finished"), SMALL)
    return made.paths.root
