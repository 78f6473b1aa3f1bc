"""A run opened again: its weights, its data, its looks at test."""

from pathlib import Path

import pytest

from dlrun.errors import DlrunError, InvalidInput, RunBusy
from dlrun.experiment.opening import open_run
from dlrun.experiment.stored import evaluate_part, stored_diagnosis
from dlrun.rundir.locking import lock_run
from dlrun.rundir.record import RunRecord
from tests.experiments import REGRESSION, SMALL, experiment, train_run, write_table


def test_dev_is_judged_as_it_was_when_the_run_ended(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path)
    judgement, _ = evaluate_part(run.paths, "dev")
    assert judgement.error == diagnosis.errors.dev
    judgement, _ = evaluate_part(run.paths, "train")
    assert judgement.error == diagnosis.errors.train


def test_every_look_at_test_is_counted_and_no_other(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    evaluate_part(run.paths, "dev")
    assert RunRecord.load(run.paths).test_looks == ()
    judgement, _ = evaluate_part(run.paths, "test")
    evaluate_part(run.paths, "test")
    looks = RunRecord.load(run.paths).test_looks
    assert len(looks) == 2
    assert (looks[0].error, looks[0].n) == (judgement.error.value, 40)


def test_changed_data_is_noticed(tmp_path: Path) -> None:
    table = write_table(tmp_path)
    run, _ = train_run(tmp_path, REGRESSION)
    table.write_text(table.read_text().replace("1000.5", "1001.5", 1))
    with pytest.raises(InvalidInput, match="data has changed"):
        evaluate_part(run.paths, "test")
    assert RunRecord.load(run.paths).test_looks == ()


def test_a_part_that_is_not_there_is_said(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "data.split.test=0")
    with pytest.raises(InvalidInput, match="no test part"):
        evaluate_part(run.paths, "test")


def test_a_run_that_is_being_written_is_busy(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    with lock_run(run.paths), pytest.raises(RunBusy):
        evaluate_part(run.paths, "dev")


def test_the_stored_diagnosis_is_the_one_that_was_made(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path)
    assert stored_diagnosis(run.paths).to_json() == diagnosis.to_json()


def test_a_run_without_an_end_has_no_diagnosis(tmp_path: Path) -> None:
    with open_run(experiment(tmp_path), tmp_path / "runs") as run:
        pass
    with pytest.raises(DlrunError, match="no diagnosis: it is running"):
        stored_diagnosis(run.paths)


def test_an_edited_resolved_spec_is_noticed(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    run.paths.resolved.write_text(run.paths.resolved.read_text().replace("seed: 3", "seed: 4"))
    with pytest.raises(InvalidInput, match="not the one this run was trained with"):
        evaluate_part(run.paths, "test")


@pytest.mark.parametrize("text", ["{}", '{"data": 3, "spec": {"sha256": "x"}}', '{"data": {}, "spec": {}}', "nonsense", "[]"])
def test_damaged_provenance_is_an_error_not_a_bug(tmp_path: Path, text: str) -> None:
    run, _ = train_run(tmp_path)
    run.paths.provenance.write_text(text)
    with pytest.raises(DlrunError):
        evaluate_part(run.paths, "dev")
