from datetime import UTC, datetime
from pathlib import Path

from dlrun.experiment.preview.past import diagnosis_of, facts_of, specs_of
from dlrun.experiment.stored import evaluate_part
from dlrun.rundir.record import RunRecord
from dlrun.spec.differences import differences
from tests.experiments import SMALL, train_run


def test_what_a_run_was(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path, SMALL, "training.epochs=2")
    judgement, _ = evaluate_part(run.paths, "test")
    record = RunRecord.load(run.paths)
    facts = facts_of(run.paths, record, diagnosis_of(run.paths))
    test = facts["errors"].pop("test")
    assert facts["errors"] == diagnosis.to_json()["errors"]
    assert (test["error"], test["n"]) == (judgement.error.value, 40)
    assert (facts["status"], facts["stop_reason"], facts["epochs"]) == ("completed", "all epochs done", 2)
    assert facts["overrides"] == ["training.epochs=2"]
    assert datetime.fromisoformat(facts["started"]) <= datetime.fromisoformat(facts["ended"]) <= datetime.now(UTC)
    (look,) = facts["test_looks"]
    assert look["n"] == 40


def test_what_dlrun_had_chosen_is_still_known(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "training.epochs=2")
    resolved, given = specs_of(run.paths, run.record)
    assert resolved == run.experiment.spec
    assert given.training.epochs == 2, "an override is what the user said too"
    chosen = {found.key for found in differences(resolved, given) if found.chosen}
    assert {"training.threads", "training.kernels", "loss.kind"} <= chosen
    assert "training.epochs" not in chosen


def test_a_spec_that_cannot_be_read_again_hides_nothing_but_the_choices(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL)
    run.paths.spec.write_text("extends: gone.yaml\n")
    resolved, given = specs_of(run.paths, run.record)
    assert resolved == given == run.experiment.spec


def test_a_run_without_a_diagnosis_has_no_errors(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL)
    run.paths.diagnosis.unlink()
    assert diagnosis_of(run.paths) is None
    assert facts_of(run.paths, run.record, None)["errors"] is None
