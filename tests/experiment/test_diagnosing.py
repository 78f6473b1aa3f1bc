import json
from pathlib import Path

import pytest

from dlrun.data.findings import Finding
from dlrun.errors import InvalidInput
from dlrun.experiment.diagnosing import _extremes
from dlrun.experiment.stored import evaluate_part, stored_diagnosis
from tests.experiments import REGRESSION, SMALL, experiment, train_run, write_table


@pytest.mark.parametrize("metric", ["loss", "macro_f1", "auc"])
def test_the_ladder_is_in_the_metric_asked_for(tmp_path: Path, metric: str) -> None:
    run, found = train_run(tmp_path, SMALL, f"diagnosis.metric={metric}", 'gates={variance: "< 90 points"}')
    assert found.other
    assert found.rungs.rung_metric == metric
    assert found.errors.metric == "error_rate"
    assert list(found.rungs.parts) == ["train", "dev"]
    assert all(0 <= part.low <= part.value <= part.high for part in found.rungs.parts.values())
    assert found.variance
    assert found.rungs.dev
    assert found.variance.value == pytest.approx(found.rungs.dev.value - found.rungs.train.value)
    (gate,) = run.record.summary["gates"]
    assert found.errors.dev
    assert gate["value"] == pytest.approx(found.errors.dev.value - found.errors.train.value), "gates keep to errors"
    assert stored_diagnosis(run.paths) == found


def test_a_regression_has_a_ladder_of_losses(tmp_path: Path) -> None:
    write_table(tmp_path)
    run, found = train_run(tmp_path, REGRESSION, "diagnosis.metric=loss")
    assert found.other
    assert found.other.scale == pytest.approx(1.0)
    assert (found.errors.metric, found.beside.calibration) == ("rmse", None)
    assert stored_diagnosis(run.paths) == found


@pytest.mark.parametrize("metric", ["macro_f1", "auc"])
def test_a_regression_has_no_score_of_classes(tmp_path: Path, metric: str) -> None:
    write_table(tmp_path)
    with pytest.raises(InvalidInput, match=f"diagnosis.metric is {metric}, which is of classes"):
        experiment(tmp_path, REGRESSION, f"diagnosis.metric={metric}")


def test_a_part_of_one_class_has_no_area(tmp_path: Path) -> None:
    rows = [f"{k},{'a' if k < 45 else 'b'}" for k in range(60)]
    (tmp_path / "table.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    (tmp_path / "dev.csv").write_text("x,y\n" + "\n".join(rows[:20]) + "\n")
    spec = "data: {source: {kind: csv, path: table.csv, dev: dev.csv, target: y}, checks: off}\n"
    with pytest.raises(InvalidInput, match="all examples of dev are of one class"):
        experiment(tmp_path, spec, "diagnosis.metric=auc")


def test_the_target_is_in_the_metric(tmp_path: Path) -> None:
    experiment(tmp_path, SMALL, "diagnosis.metric=loss", "diagnosis.target_error=1.5")
    with pytest.raises(InvalidInput, match="an error rate is at most 1"):
        experiment(tmp_path, SMALL, "diagnosis.metric=macro_f1", "diagnosis.target_error=1.5")


def test_test_is_on_the_ladder_once_somebody_has_looked(tmp_path: Path) -> None:
    run, found = train_run(tmp_path, SMALL)
    assert found.errors.test is None
    assert "nobody has" in found.notes[-1]
    before = run.paths.diagnosis.read_bytes()
    judgement, _ = evaluate_part(run.paths, "test")
    once = stored_diagnosis(run.paths)
    assert once.errors.test == judgement.error
    assert once.dev_overfitting
    assert once.errors.dev
    assert once.dev_overfitting.value == pytest.approx(judgement.error.value - once.errors.dev.value)
    assert not any("nobody has" in note for note in once.notes)
    evaluate_part(run.paths, "test")
    assert any("looked at 2 times" in note for note in stored_diagnosis(run.paths).notes)
    assert run.paths.diagnosis.read_bytes() == before, "the file is as the run left it"


def test_what_stands_beside_the_ladder_is_stored(tmp_path: Path) -> None:
    run, found = train_run(tmp_path, SMALL, "training.epochs=4")
    tree = json.loads(run.paths.diagnosis.read_text())
    assert [one["kind"] for one in tree["baselines"]] == ["most_frequent", "softmax_regression"]
    assert set(tree["calibration"]) == {"ece", "brier", "n", "bins"}
    lines = [line.split(",") for line in run.paths.metrics.read_text().splitlines()]
    place = lines[0].index("dev_error")
    assert tree["last_dev_errors"] == {
        "median": sorted(float(line[place]) for line in lines[-3:])[1], "rows": 3, "from_epoch": 2.0
    }  # fmt: skip
    assert "the median of the last 3 evaluations" in found.notes[-1]


def test_columns_of_dev_that_lie_far_out_are_kept() -> None:
    def extreme(part: str) -> Finding:
        return Finding(
            check="extreme_values", severity="warning", message="", parts=(part,), facts={"columns": {"a\x1b": 3, "b": 1}}
        )

    assert _extremes([extreme("test")]) == ()
    assert _extremes([extreme("test"), extreme("dev")]) == (("a\N{REPLACEMENT CHARACTER}", 3), ("b", 1))


def test_a_run_repeated_has_the_same_diagnosis(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (train_run(tmp_path / name, SMALL)[0].paths.diagnosis.read_bytes() for name in "ab")
    assert one == other
