"""Going on with a run: where it starts, what it refuses, what it says."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.errors import DlrunError, InvalidInput, RunBusy
from dlrun.experiment.opening import open_run
from dlrun.experiment.resumption import resume_run
from dlrun.rundir.locking import lock_run, shared
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.experiments import SMALL, experiment, train_run
from tests.proofs.survivors import contents, go_on, train_to_the_end, unlike

LONG = ("training.epochs=6", "training.checkpoint_every=5 steps")


def stopped(directory: Path, at: int = 11, *overrides: str) -> RunPaths:
    """Return a run that was left after some steps, its state saved."""
    with open_run(experiment(directory, SMALL, *LONG, *overrides), directory / "runs") as run:
        for step in run.train():
            if step.step == at:
                break
    return run.paths


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return stopped(tmp_path)


def log(paths: RunPaths) -> str:
    return paths.log.read_text()


def test_a_run_goes_on_where_it_stopped_and_says_so(tmp_path: Path, paths: RunPaths) -> None:
    (tmp_path / "whole").mkdir()
    whole, _ = train_run(tmp_path / "whole", SMALL, *LONG)
    record = go_on(paths)
    assert record.status == "completed"
    assert [resumption.step for resumption in record.resumptions] == [11]
    assert "resumed after step 11 (epoch 1 complete) from 00000011.npz" in log(paths)
    assert unlike(paths, contents(whole.paths)) == []


def test_a_run_that_several_threads_share_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """Its layers are so large that products and updates are shared; the state saved is that in the midst of an epoch."""
    large = ("training.kernels=numba", "training.threads=2", "architecture.hidden=[300,200]", "training.batch_size=60")
    (tmp_path / "whole").mkdir()
    whole, _ = train_run(tmp_path / "whole", SMALL, *LONG, *large)
    paths = stopped(tmp_path, 10, *large)
    assert go_on(paths).resumptions[0].step == 10
    assert unlike(paths, contents(whole.paths)) == []


def test_without_a_checkpoint_it_begins_at_step_0(tmp_path: Path, paths: RunPaths) -> None:
    shutil.rmtree(paths.checkpoints)
    paths.checkpoints.mkdir()
    assert go_on(paths).resumptions[0].step == 0
    assert "resumed at step 0" in log(paths)
    assert paths.metrics.read_text().count("\n") == 7


def test_a_damaged_checkpoint_is_named_and_the_one_before_taken(paths: RunPaths) -> None:
    (paths.checkpoints / "00000011.npz").write_bytes(b"damaged")
    assert go_on(paths).resumptions[0].step == 10
    assert "00000011.npz cannot be used: the checkpoint is damaged" in log(paths)


def test_after_the_last_step_it_only_judges(tmp_path: Path) -> None:
    with open_run(experiment(tmp_path), tmp_path / "runs") as run:
        list(run.train())
    before = run.paths.metrics.read_bytes()
    record = go_on(run.paths)
    assert (record.status, record.resumptions[0].step) == ("completed", 21)
    assert run.paths.metrics.read_bytes() == before
    assert run.paths.predictions_of("dev").exists()


def test_what_early_stopping_decided_stays(tmp_path: Path) -> None:
    told = experiment(tmp_path, SMALL, "training.epochs=200", "training.early_stopping={patience: 2}")
    with open_run(told, tmp_path / "runs") as run:
        list(run.train())
    steps = run.state.step
    assert go_on(run.paths).stop_reason == "early stopping: dev no better for 2 epochs"
    assert RunRecord.load(run.paths).summary["steps"] == steps


def test_a_complete_run_has_nothing_to_go_on_with(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    with pytest.raises(InvalidInput, match="this run is complete"), resume_run(run.paths):
        pass


def test_a_run_that_would_diverge_again_is_refused_with_a_way_out(tmp_path: Path) -> None:
    told = experiment(tmp_path)
    with pytest.raises(DlrunError), open_run(told, tmp_path / "runs") as run:
        for step in run.train():
            if step.step == 10:
                told.network.params.theta[0] = np.nan
    with (
        pytest.raises(InvalidInput, match="would diverge again"),
        resume_run(run.paths),
    ):
        pass


def test_one_writer_at_a_time(paths: RunPaths) -> None:
    with lock_run(paths), pytest.raises(RunBusy), resume_run(paths):
        pass


@pytest.mark.parametrize(("hours", "busy"), [(0, True), (1, False)])
def test_another_host_may_be_at_work(paths: RunPaths, hours: int, busy: bool) -> None:
    now = datetime.now(UTC)
    record = replace(RunRecord.load(paths), status="running", host="elsewhere", heartbeat=now.replace(year=now.year - hours))
    record.save(paths)
    if busy:
        with pytest.raises(RunBusy, match="on elsewhere is writing to this run"):
            go_on(paths)
    else:
        assert go_on(paths).status == "completed"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("versions", "numpy"), "1.0", "numpy was 1.0 when the run began, and is"),
        (("blas", "threads"), 7, "the number of threads was 7 when the run began, and is 1 now"),
        (("blas", "architecture"), "Z80", "the processor that BLAS computes for was Z80"),
        (("kernels",), "numba", "the kind of kernels was numba"),
        (("data", "sha256"), "0" * 64, "the fingerprint of the data was 000000000000…"),
        (("preparation", "sha256"), "0", "preparation.json is not the one"),
    ],
)
def test_what_is_otherwise_is_named_and_refused_or_allowed(paths: RunPaths, path: tuple[str, ...], value: Any, said: str) -> None:
    tree = json.loads(paths.provenance.read_text())
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    paths.provenance.write_text(json.dumps(tree))
    before = {file: file.read_bytes() for file in paths.root.rglob("*") if file.is_file()}
    with pytest.raises(InvalidInput, match=said) as raised, resume_run(paths):
        pass
    assert "--allow-changes" in raised.value.problems[-1].cure
    assert all(file.read_bytes() == data for file, data in before.items() if file != paths.lock)
    with resume_run(paths, allow_changes=True) as run:
        list(run.train())
    assert said in RunRecord.load(paths).resumptions[0].allowed[0]
    assert f"allowed: {said}" in log(paths)


def test_an_edited_spec_is_refused(paths: RunPaths) -> None:
    paths.resolved.write_text(paths.resolved.read_text().replace("epochs: 6", "epochs: 7"))
    with pytest.raises(InvalidInput, match="not the one this run was trained with"), resume_run(paths, allow_changes=True):
        pass


def test_what_a_killed_process_left_is_swept(paths: RunPaths) -> None:
    left = [paths.root / ".run.json.0123abcd.tmp", paths.checkpoints / ".00000012.npz.0123abcd.tmp"]
    mine = paths.root / ".notes.tmp"
    for path in [*left, mine]:
        path.write_text("half of it")
    go_on(paths)
    assert not any(path.exists() for path in left)
    assert mine.exists()


def test_seconds_and_the_time_limit_count_all_processes(tmp_path: Path) -> None:
    paths = stopped(tmp_path, 11, "training.time_limit=1 hour")
    replace(RunRecord.load(paths), seconds=3_599.999).save(paths)
    record = go_on(paths)
    assert (record.status, record.stop_reason) == ("completed", "time limit: 1 hour of training")
    assert record.summary["steps"] <= 13
    assert record.seconds
    assert record.seconds > 3_599


def test_rows_that_every_checkpoint_counts_on_are_not_done_without(paths: RunPaths) -> None:
    whole = paths.steps.read_bytes()
    paths.steps.unlink()
    before = {file: file.read_bytes() for file in paths.checkpoints.iterdir()}
    with pytest.raises(InvalidInput, match="this file is not as it was") as raised, resume_run(paths):
        pass
    assert raised.value.problems[0].where == str(paths.steps)
    assert {file: file.read_bytes() for file in paths.checkpoints.iterdir()} == before
    paths.steps.write_bytes(whole)
    assert go_on(paths).resumptions[-1].step == 11


def test_other_columns_are_not_taken_for_the_ones_that_were_trained_on(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b,y\n" + "".join(f"{k % 9},{k % 5},{'yes' if k % 9 > 4 else 'no'}\n" for k in range(90)))
    text = "data: {source: {kind: csv, path: table.csv, target: y}}\ntraining: {epochs: 5}"
    with open_run(experiment(tmp_path, text), tmp_path / "runs") as run:
        next(run.train())
    table.write_text(table.read_text().replace("a,b,y", "b,a,y"))
    with pytest.raises(InvalidInput, match="its weights mean nothing here"), resume_run(run.paths, allow_changes=True):
        pass


def test_a_link_that_moves_leads_nobody_astray(tmp_path: Path, paths: RunPaths) -> None:
    """`latest` leads to another run while this one goes on: nothing of that other run may change."""
    link = RunPaths(tmp_path / "runs" / "latest")
    with resume_run(link) as run:
        other, _ = train_run(tmp_path)
        assert link.root.resolve() == other.paths.root.resolve()
        before = {file: file.read_bytes() for file in other.paths.root.rglob("*") if file.is_file()}
        train_to_the_end(run)
    assert {file: file.read_bytes() for file in before} == before
    assert RunRecord.load(paths).status == "completed"


@pytest.mark.parametrize("held", [lock_run, shared])
def test_whoever_holds_a_run_has_its_own_paths(tmp_path: Path, paths: RunPaths, held: Any) -> None:
    with held(RunPaths(tmp_path / "runs" / "latest")) as own:
        assert own.root == paths.root.resolve()
    with held(paths) as own:
        assert own == paths
