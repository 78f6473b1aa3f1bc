"""Folds: each is the run that its resolved.yaml trains alone; pooled, every row of the data is there once."""

import csv
from pathlib import Path

import numpy as np
import pytest

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError, InvalidInput
from dlrun.experiment.opening import open_run
from dlrun.experiment.setup import set_up
from dlrun.experiment.stored import stored_diagnosis
from dlrun.rundir.groups import key_of
from dlrun.rundir.listing import read_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.seeds.folds import Pooled, fold_jobs, pool, pooled_rows
from dlrun.seeds.jobs import Done, run_jobs
from dlrun.spec import LoadedSpec, read_spec
from tests.experiments import REGRESSION, SMALL, write_spec, write_table

SAME = ("resolved.yaml", "metrics.csv", "steps.csv", "preparation.json", "predictions/dev.csv", "diagnosis.json")


def unseen(event: object) -> None:
    pass


def folded(directory: Path, text: str, *overrides: str) -> tuple[list[Done], Pooled]:
    loaded = read_spec(write_spec(directory, text), overrides)
    finished = list(run_jobs(fold_jobs(loaded, overrides, 3), directory / "runs", workers=2, see=unseen))
    assert [done.error for done in finished] == [None] * 3
    return finished, pool(finished, loaded, directory / "runs", argv=["dlrun"], overrides=overrides)


@pytest.fixture(scope="module")
def moons(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Done], Pooled]:
    return folded(tmp_path_factory.mktemp("folds"), SMALL, "training.epochs=2")


def paths_of(done: Done) -> RunPaths:
    assert done.paths
    return done.paths


def rows_of(paths: RunPaths) -> list[list[str]]:
    with paths.predictions_of("dev").open() as file:
        return list(csv.reader(file))


def trained(loaded: LoadedSpec, runs: Path) -> RunPaths:
    with open_run(set_up(loaded), runs) as run:
        for _ in run.train():
            pass
        run.finish()
        return run.paths


def bytes_of(paths: RunPaths) -> dict[str, bytes]:
    return {name: (paths.root / name).read_bytes() for name in SAME}


def test_folds_are_what_their_resolved_specs_train_alone(moons: tuple[list[Done], Pooled], tmp_path: Path) -> None:
    for done in moons[0]:
        again = trained(read_spec(paths_of(done).resolved), tmp_path / "runs")
        assert bytes_of(again) == bytes_of(paths_of(done))


def test_folds_are_what_their_overrides_train_by_hand(moons: tuple[list[Done], Pooled], tmp_path: Path) -> None:
    done = moons[0][1]
    again = trained(read_spec(write_spec(tmp_path), done.job.overrides), tmp_path / "runs")
    assert bytes_of(again) == bytes_of(paths_of(done))
    assert RunRecord.load(again).group == RunRecord.load(paths_of(done)).group


def test_the_pooled_table_has_every_row_once_as_its_fold_predicted_it(moons: tuple[list[Done], Pooled]) -> None:
    finished, (paths, record, diagnosis) = moons
    header, *rows = rows_of(paths)
    assert header == ["id", "label", "prediction", "probability", "loss"]
    assert [int(row[0]) for row in rows] == sorted({int(row[0]) for row in rows})
    assert sorted(rows) == sorted(row for done in finished for row in rows_of(paths_of(done))[1:])
    assert len(rows) == 300 - record.summary["examples"]["test"] == 260
    wrong = sum(row[1] != row[2] for row in rows)
    assert diagnosis.errors.dev
    assert (diagnosis.errors.dev.value, diagnosis.errors.dev.n) == (wrong / 260, 260)
    trains = [one.errors.train for one in found(finished)]
    total = sum(train.n for train in trains)
    assert diagnosis.errors.train.value == pytest.approx(sum(train.value * train.n for train in trains) / total)
    assert diagnosis.errors.train.n == 260


def found(finished: list[Done]) -> list[Diagnosis]:
    return [done.diagnosis for done in finished if done.diagnosis]


def test_the_pooled_run_is_read_like_a_run(moons: tuple[list[Done], Pooled]) -> None:
    finished, (paths, record, diagnosis) = moons
    assert stored_diagnosis(paths).to_json() == diagnosis.to_json()
    listed = read_run(paths)
    assert (listed.status, listed.value("folds"), listed.value("dev_n")) == ("completed", 3, 260)
    assert RunRecord.load(paths) == record
    assert record.kind == "folds"
    assert record.summary["folds"] == [paths_of(done).id for done in finished]
    records = [RunRecord.load(paths_of(done)) for done in finished]
    assert {one.group for one in records} == {record.group} == {key_of(one) for one in (*records, record)}
    assert record.spec["data"]["split"]["fold"] is None


def test_regression_pools_squares(tmp_path: Path) -> None:
    write_table(tmp_path)
    finished, (paths, _, diagnosis) = folded(tmp_path, REGRESSION)
    rows = np.array([[float(row[1]), float(row[2])] for row in rows_of(paths)[1:]])
    assert diagnosis.errors.metric == "rmse"
    assert diagnosis.errors.dev
    assert diagnosis.errors.dev.value == pytest.approx(np.sqrt(np.mean((rows[:, 0] - rows[:, 1]) ** 2)))
    assert diagnosis.errors.train.low <= diagnosis.errors.train.value <= diagnosis.errors.train.high
    assert diagnosis.errors.train.n == len(rows) == 55
    assert len(finished) == 3


def test_a_row_in_two_folds_is_an_error(moons: tuple[list[Done], Pooled]) -> None:
    with pytest.raises(DlrunError, match="in several folds"):
        pooled_rows([moons[0][0], moons[0][0]])


def test_what_is_wrong_with_any_fold_is_said_before_the_first(tmp_path: Path) -> None:
    loaded = read_spec(write_spec(tmp_path), ["data.split={test: 290}"])
    with pytest.raises(InvalidInput, match="too few for 9 folds"):
        fold_jobs(loaded, [], 9)
    with pytest.raises(InvalidInput, match="no train-dev part"):
        fold_jobs(read_spec(write_spec(tmp_path), ["data.split={test: 10%}", "data.train_dev=5%"]), [], 3)
