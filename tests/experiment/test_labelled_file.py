"""A file of labelled examples: judged as a part of the run is, its labels known, a look at test counted by its bytes."""

from pathlib import Path

import numpy as np
import pytest

from dlrun.errors import InvalidInput
from dlrun.experiment.labelled_file import evaluate_file
from dlrun.experiment.stored import evaluate_part, scores_of
from dlrun.rundir.record import RunRecord
from tests.experiments import REGRESSION, train_run, write_table, write_words

WORDS = """
    data:
      source: {kind: csv, path: table.csv, dev: dev.csv, test: test.csv, target: y}
      missing: impute
    architecture: {hidden: [6]}
    training: {epochs: 2}
"""
CLASSES = """
    data: {source: {kind: csv, path: table.csv, target: y}}
    training: {epochs: 1}
"""


@pytest.mark.parametrize("missing", ["impute", "drop"])
def test_a_file_is_judged_as_the_part_it_is(tmp_path: Path, missing: str) -> None:
    for seed, name in enumerate(("table.csv", "dev.csv", "test.csv")):
        write_words(tmp_path / name, 60, seed=seed)
    run, _ = train_run(tmp_path, WORDS, f"data.missing={missing}")
    part, _ = evaluate_part(run.paths, "dev")
    judged = evaluate_file(run.paths, str(tmp_path / "dev.csv"))
    np.testing.assert_array_equal(judged.judgement.losses, part.losses)
    assert judged.judgement.error == part.error
    assert scores_of(run.paths, judged.judgement).macro_f1 == scores_of(run.paths, part).macro_f1  # type: ignore[union-attr]
    assert not judged.looked
    assert "the run's dev file" in judged.notes[-1]


def test_the_test_file_is_a_look_by_whatever_name_and_the_training_file_is_refused(tmp_path: Path) -> None:
    for seed, name in enumerate(("table.csv", "dev.csv", "test.csv", "other.csv")):
        write_words(tmp_path / name, 60, seed=seed)
    run, _ = train_run(tmp_path, WORDS)
    assert not evaluate_file(run.paths, str(tmp_path / "other.csv")).looked
    assert RunRecord.load(run.paths).test_looks == ()
    (tmp_path / "test.csv").rename(tmp_path / "renamed.csv")
    (tmp_path / "test.csv").write_bytes((tmp_path / "renamed.csv").read_bytes())
    judged = evaluate_file(run.paths, str(tmp_path / "renamed.csv"))
    assert judged.looked
    (look,) = RunRecord.load(run.paths).test_looks
    assert (look.part, look.error) == ("test", judged.judgement.error.value)
    with pytest.raises(InvalidInput, match="the file the run was trained on"):
        evaluate_file(run.paths, str(tmp_path / "table.csv"))


def test_a_label_that_is_no_class_has_its_place(tmp_path: Path) -> None:
    for seed, name in enumerate(("table.csv", "dev.csv", "test.csv", "new.csv")):
        write_words(tmp_path / name, 60, seed=seed)
    run, _ = train_run(tmp_path, WORDS)
    lines = (tmp_path / "new.csv").read_text().splitlines()
    (tmp_path / "new.csv").write_text("\n".join([*lines[:3], "Rome,1,2,maybe", *lines[4:]]) + "\n")
    with pytest.raises(InvalidInput, match=r"(?s)new\.csv:4:y: the label 'maybe' is none.*the classes are 'no', 'yes'"):
        evaluate_file(run.paths, str(tmp_path / "new.csv"))


def test_a_regression_is_judged_in_the_units_of_its_target(tmp_path: Path) -> None:
    lines = write_table(tmp_path).read_text().splitlines()
    run, _ = train_run(tmp_path, REGRESSION)
    (tmp_path / "new.csv").write_text("\n".join(lines[:30]) + "\n")
    judged = evaluate_file(run.paths, str(tmp_path / "new.csv"))
    scores = scores_of(run.paths, judged.judgement)
    y = np.array([float(line.split(",")[2]) for line in lines[1:30]])
    assert judged.judgement.metric == "rmse"
    r2 = scores.r2  # type: ignore[union-attr]
    assert r2
    assert r2.value == pytest.approx(1 - judged.judgement.error.value**2 / y.var(), rel=1e-4)
    (tmp_path / "new.csv").write_text("\n".join([*lines[:30], "1,2,tall"]) + "\n")
    with pytest.raises(InvalidInput, match=r"new\.csv:31:y: the label 'tall' is not a finite number"):
        evaluate_file(run.paths, str(tmp_path / "new.csv"))


@pytest.mark.parametrize(
    ("labels", "new", "place"), [(["0", "1"], "1.0", 1), (["True", "False"], "True", 0), (["007", "1"], "007", 0)]
)
def test_labels_are_the_same_classes_as_in_training(tmp_path: Path, labels: list[str], new: str, place: int) -> None:
    rows = [f"{k},{k % 7},{labels[k % 2]}" for k in range(40)]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
    run, _ = train_run(
        tmp_path, REGRESSION.replace("loss: squared_error", "").replace("train: 40, dev: 15", "train: 20, dev: 15")
    )
    (tmp_path / "new.csv").write_text(f"a,b,y\n1,2,{new}\n")
    y = evaluate_file(run.paths, str(tmp_path / "new.csv")).judgement.examples.y
    assert y.tolist() == [sorted(labels).index(labels[place])]


def test_an_archive_brings_x_and_y(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((90, 3)), np.arange(90) % 2 == 0
    np.savez(tmp_path / "data.npz", x=x, y=y)
    run, _ = train_run(tmp_path, "data: {source: {kind: npz, path: data.npz}}\ntraining: {epochs: 1}\n")
    np.savez(tmp_path / "new.npz", x=x[:5], y=y[:5])
    assert evaluate_file(run.paths, str(tmp_path / "new.npz")).judgement.examples.y.tolist() == [1, 0, 1, 0, 1]
    with pytest.raises(InvalidInput, match="the file the run was trained on"):
        evaluate_file(run.paths, str(tmp_path / "data.npz"))
    np.savez(tmp_path / "new.npz", x=x[:5], y=["True", "yes", "False", "no", "no"])
    with pytest.raises(InvalidInput, match=r"(?s)new\.npz:y\[1\]: the label 'yes' is none.*3 such labels in all"):
        evaluate_file(run.paths, str(tmp_path / "new.npz"))
