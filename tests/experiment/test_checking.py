import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.errors import DlrunError, InvalidInput
from dlrun.experiment.checking import stored_findings
from dlrun.experiment.stored import evaluate_part
from tests.experiments import experiment, train_run

SPEC = """
    data: {source: {kind: npz, path: parts.npz}}
    architecture: {hidden: [4]}
    training: {epochs: 1}
"""


def write_parts(directory: Path, *, leak: bool = False, shift: float = 0.0) -> None:
    """Write parts of one distribution; or with a row of train in dev, or with a test part elsewhere."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part in ("train", "dev", "test"):
        arrays[f"x_{part}"] = rng.standard_normal((200, 3))
        arrays[f"y_{part}"] = np.arange(200) % 2
    if leak:
        arrays["x_dev"][7] = arrays["x_train"][5]
    arrays["x_test"] += shift
    np.savez(directory / "parts.npz", **arrays)


def test_what_is_found_is_told_and_stored(tmp_path: Path) -> None:
    write_parts(tmp_path, leak=True)
    run, _ = train_run(tmp_path, SPEC)
    (note,) = run.experiment.notes
    assert note.startswith("1 of 200 rows of dev (0.5 %) stands in train too, 1 with the same label: ")
    assert "parts.npz:x_dev[7] and :x_train[5]; within train: 0 % → " in note
    assert note in run.paths.log.read_text()
    stored = json.loads(run.paths.checks.read_text())
    assert (stored["schema"], stored["checks"]) == (1, "warn")
    assert [finding["check"] for finding in stored["findings"]] == ["shared_rows", "drift", "drift"]
    assert [finding.to_json() for finding in stored_findings(run.paths)] == stored["findings"]


def test_strict_ends_it_with_every_error_where_the_spec_names_the_source(tmp_path: Path) -> None:
    write_parts(tmp_path, leak=True, shift=2.0)
    with pytest.raises(InvalidInput) as caught:
        experiment(tmp_path, SPEC, "data.checks=strict")
    leak, drift = caught.value.problems
    assert leak.where.endswith("small.yaml:2:8")
    assert "stands in train too" in leak.what
    assert drift.what.startswith("dev and test do not come from one distribution: of 4 compared")
    assert "the columns and the label, 3 differ" in drift.what
    write_parts(tmp_path)
    assert experiment(tmp_path, SPEC, "data.checks=strict").notes == ()


def test_off_looks_at_nothing(tmp_path: Path) -> None:
    write_parts(tmp_path, leak=True, shift=2.0)
    found = experiment(tmp_path, SPEC, "data.checks=off")
    assert (found.findings, found.notes) == ((), ())


def test_the_checks_change_no_training_byte_and_are_the_same_again(tmp_path: Path) -> None:
    write_parts(tmp_path, leak=True, shift=2.0)
    (one, _), (off, _) = train_run(tmp_path, SPEC), train_run(tmp_path, SPEC, "data.checks=off")
    assert one.paths.metrics.read_bytes() == off.paths.metrics.read_bytes()
    assert train_run(tmp_path, SPEC)[0].paths.checks.read_bytes() == one.paths.checks.read_bytes()


def test_a_stored_run_is_evaluated_without_a_second_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parts(tmp_path)
    run, _ = train_run(tmp_path, SPEC, "data.checks=strict")
    monkeypatch.setattr("dlrun.experiment.checking._findings", None)
    assert evaluate_part(run.paths, "dev")[0].error.n == 200


@pytest.mark.parametrize("kind", ["minmax", "none"])
def test_extremes_are_found_under_every_normalization(tmp_path: Path, kind: str) -> None:
    write_parts(tmp_path)
    with np.load(tmp_path / "parts.npz") as arrays:
        changed = dict(arrays)
    changed["x_dev"][3, 1] = 1e4
    np.savez(tmp_path / "parts.npz", **changed)
    (note,) = experiment(tmp_path, SPEC, f"data.normalize={kind}").notes
    assert note.endswith("by column: 'x2' (1)")
    changed["x_dev"][3, 1], changed["x_train"][0, 0] = 0, 1e300  # too large to have a deviation, and yet a number
    np.savez(tmp_path / "parts.npz", **changed)
    assert experiment(tmp_path, SPEC, f"data.normalize={kind}", "training.dtype=float64").notes == ()


@pytest.mark.parametrize("damage", ["{}", '{"schema": 2}', '{"schema": 1, "findings": [{}]}', '{"schema": 1, "findings": 3}'])
def test_damaged_checks_are_a_sentence(tmp_path: Path, damage: str) -> None:
    run, _ = train_run(tmp_path)
    assert stored_findings(run.paths) == ()
    run.paths.checks.write_text(damage)
    with pytest.raises(DlrunError, match=r"damaged|schema 2"):
        stored_findings(run.paths)
    run.paths.checks.unlink()
    assert stored_findings(run.paths) == ()  # a run from before there were checks
