import os
from pathlib import Path

import pytest

from dlrun.errors import DlrunError, InvalidInput, RunBusy
from dlrun.rundir import disk, removal
from dlrun.rundir.ids import point_latest_at
from dlrun.rundir.listing import runs_in
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.removal import removable, remove_run, size_of
from tests.stored_runs import store_run


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_a_removed_run_is_gone_and_the_others_are_not(tmp_path: Path) -> None:
    gone, kept = store_run(tmp_path, 0), store_run(tmp_path, 1)
    gone.checkpoints.mkdir()
    (gone.checkpoints / "7.npz").write_bytes(b"weights")
    remove_run(gone)
    assert names(tmp_path) == {kept.id}
    assert names(kept.root) == {"run.json", "spec.yaml"}


def test_links_within_a_run_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis.tex").write_text("years of work")
    run = store_run(tmp_path / "runs")
    (run.root / "folder").symlink_to(outside)
    (run.root / "file").symlink_to(outside / "thesis.tex")
    (run.root / "up").symlink_to("..")
    remove_run(run)
    assert names(tmp_path / "runs") == set()
    assert (outside / "thesis.tex").read_text() == "years of work"


def test_latest_goes_to_the_newest_of_the_others_and_then_away(tmp_path: Path) -> None:
    runs = [store_run(tmp_path, minute) for minute in range(3)]
    point_latest_at(runs[2])
    remove_run(runs[2])
    assert (tmp_path / "latest").readlink() == Path(runs[1].id)
    remove_run(runs[0])
    assert (tmp_path / "latest").readlink() == Path(runs[1].id)
    remove_run(runs[1])
    assert names(tmp_path) == set()


def test_a_folder_that_somebody_called_latest_stays(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    remove_run(store_run(tmp_path))
    assert names(tmp_path) == {"latest"}


def test_a_run_that_is_written_to_stays(tmp_path: Path) -> None:
    run = store_run(tmp_path)
    with lock_run(run), pytest.raises(RunBusy):
        remove_run(run)
    assert runs_in(tmp_path) == [run]


def test_after_a_crash_there_is_no_half_run_and_the_next_removal_sweeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashed, other = store_run(tmp_path, 0), store_run(tmp_path, 1)

    def crash(path: Path) -> None:
        (path / "spec.yaml").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(disk, "remove_tree", crash)
    with pytest.raises(KeyboardInterrupt):
        remove_run(crashed)
    assert runs_in(tmp_path) == [other]
    assert any(name.startswith(removal.LEFT) for name in names(tmp_path))
    monkeypatch.undo()
    remove_run(other)
    assert names(tmp_path) == set()


def test_what_another_process_is_removing_is_left_to_it(tmp_path: Path) -> None:
    busy = store_run(tmp_path, 0)
    going = RunPaths(busy.root.rename(tmp_path / f"{removal.LEFT}{busy.id}-0"))
    with lock_run(going):
        remove_run(store_run(tmp_path, 1))
        assert going.record.exists()


def test_sweeping_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis.tex").write_text("years of work")
    runs = tmp_path / "runs"
    run = store_run(runs)
    (runs / f"{removal.LEFT}link").symlink_to(outside)
    remove_run(run)
    assert (outside / "thesis.tex").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_directory_that_may_not_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    run = store_run(tmp_path)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DlrunError, match="cannot remove"):
            remove_run(run)
    finally:
        tmp_path.chmod(0o700)
    assert run.record.exists()


def test_a_disk_that_fails_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(5, "Input/output error", str(path))

    run = store_run(tmp_path)
    monkeypatch.setattr(disk, "remove_tree", fail)
    with pytest.raises(DlrunError, match="cannot remove: input/output error"):
        remove_run(run)
    assert runs_in(tmp_path) == []


def test_a_link_is_no_run_to_remove_but_says_which_is(tmp_path: Path) -> None:
    run = store_run(tmp_path)
    (tmp_path / "latest").symlink_to(run.id)
    with pytest.raises(InvalidInput, match="link") as raised:
        removable(RunPaths(tmp_path / "latest"))
    assert raised.value.problems[0].cure == f"dlrun rm {run.root}"


@pytest.mark.parametrize("content", ["{}", '{"version": 3}', "not JSON"])
def test_a_directory_with_a_foreign_record_is_no_run(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InvalidInput, match="no run"):
        removable(RunPaths(tmp_path))


def test_damaged_runs_and_renamed_ones_can_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged, renamed = store_run(tmp_path, 0), store_run(tmp_path, 1)
    damaged.record.write_text("{")
    moved = renamed.root.rename(tmp_path / "favourite")
    monkeypatch.chdir(moved)
    assert removable(damaged).status == "damaged"
    here = removable(RunPaths(Path()))
    assert here.paths.root == moved
    remove_run(here.paths)
    remove_run(damaged)
    assert names(tmp_path) == set()


def test_the_size_counts_files_and_not_what_links_lead_to(tmp_path: Path) -> None:
    run = store_run(tmp_path / "runs")
    before = size_of(run)
    run.checkpoints.mkdir()
    (run.checkpoints / "7.npz").write_bytes(bytes(1000))
    (tmp_path / "big").write_bytes(bytes(100_000))
    (run.root / "link").symlink_to(tmp_path / "big")
    assert before + 1000 < size_of(run) < before + 2000
