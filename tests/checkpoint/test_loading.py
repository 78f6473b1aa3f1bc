"""Loading: the newest that is whole, and the best parameters wherever they still are."""

from pathlib import Path

import numpy as np
import pytest

from dlrun import checkpoint
from dlrun.checkpoint.saving import known
from dlrun.errors import DlrunError
from dlrun.rundir.growing import AppendFile
from dlrun.rundir.paths import RunPaths
from dlrun.training.state import State
from tests.checkpoint.states import advance, equal, forge, fresh, made, names, trained


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return made(tmp_path / "run")


@pytest.fixture
def saved(paths: RunPaths) -> State:
    """A state at step 9, the one at step 7 before it; the best is of step 3."""
    state = trained()
    checkpoint.save(paths, state, {})
    checkpoint.save(paths, advance(state, 2), {})
    return state


def file_of(restored: checkpoint.Restored) -> str | None:
    return restored.entry.file if restored.entry else None


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_state_comes_back_whole(paths: RunPaths, saved: State) -> None:
    back = fresh()
    assert checkpoint.restore(paths, back) == checkpoint.Restored(known(paths).last, {}, ())
    assert equal(back, saved)
    assert back.dropout_rng.random() == saved.dropout_rng.random()


def test_without_a_checkpoint_a_state_stays_as_it_is(paths: RunPaths) -> None:
    back = fresh()
    assert file_of(checkpoint.restore(paths, back)) is None
    assert equal(back, fresh())


def test_a_damaged_last_is_passed_over_and_removed(paths: RunPaths, saved: State) -> None:
    spoil(paths.checkpoints / "00000009.npz")
    back = fresh()
    restored = checkpoint.restore(paths, back)
    assert file_of(restored) == "00000007.npz"
    assert "00000009.npz cannot be used: the checkpoint is damaged" in restored.passed_over[0]
    assert equal(back, trained())
    checkpoint.settle(paths, restored, fresh())
    assert names(paths) == ["00000003.best.npz", "00000007.npz"]
    checkpoint.save(paths, saved, {})  # and the step is written again, under its old name
    checkpoint.restore(paths, back)
    assert equal(back, saved)


def test_when_none_is_whole_nothing_is_left_of_them(paths: RunPaths, saved: State) -> None:
    for name in ("00000007.npz", "00000009.npz"):
        spoil(paths.checkpoints / name)
    back = fresh()
    restored = checkpoint.restore(paths, back)
    assert (file_of(restored), len(restored.passed_over)) == (None, 2)
    assert equal(back, fresh())
    checkpoint.settle(paths, restored, fresh())
    assert names(paths) == []


@pytest.mark.parametrize("name", ["manifest.json", "manifest.copy.json"])
def test_one_of_the_two_manifests_is_enough(paths: RunPaths, saved: State, name: str) -> None:
    spoil(paths.checkpoints / name)
    back = fresh()
    restored = checkpoint.restore(paths, back)
    assert file_of(restored) == "00000009.npz"
    assert [told.split(":")[0] for told in restored.passed_over] == [f"{name} cannot be used"]
    checkpoint.settle(paths, restored, back)
    assert checkpoint.restore(paths, back) == checkpoint.Restored(known(paths).last, {}, ())  # it is written again


def test_the_best_is_found_in_a_state_when_its_own_file_is_damaged(paths: RunPaths, saved: State) -> None:
    spoil(paths.checkpoints / "00000003.best.npz")
    params = fresh().params
    checkpoint.load_params(paths, "best", params)
    np.testing.assert_array_equal(params.theta, saved.best.theta)
    np.testing.assert_array_equal(params.stats, saved.best.stats)
    restored = checkpoint.restore(paths, fresh())
    checkpoint.settle(paths, restored, fresh())
    checkpoint.save(paths, saved, {})
    assert "00000003.best.npz" in names(paths)  # written anew


@pytest.mark.parametrize(("until", "file"), [(None, "00000009.npz"), (4, "00000007.npz"), (3, None), (5, "00000009.npz")])
def test_a_state_before_some_epoch(paths: RunPaths, saved: State, until: int | None, file: str | None) -> None:
    assert (saved.epoch, saved.position) == (4, 4)
    assert file_of(checkpoint.restore(paths, fresh(), until=until)) == file


def test_a_checkpoint_counts_only_while_the_growing_files_begin_as_they_did(paths: RunPaths, saved: State) -> None:
    with AppendFile(paths.metrics, ["epoch"]) as metrics:
        metrics.append([1])
        checkpoint.save(paths, advance(saved, 1), {"metrics.csv": metrics.prefix})
        metrics.append([2])
        checkpoint.save(paths, advance(saved, 1), {"metrics.csv": metrics.prefix})
    whole = paths.metrics.read_bytes()
    for size, file in (
        (len(whole), "00000011.npz"),
        (len(whole) - 1, "00000010.npz"),
        (len(whole) - 2, "00000010.npz"),
        (5, None),
    ):
        paths.metrics.write_bytes(whole[:size])
        assert file_of(checkpoint.restore(paths, fresh())) == file
    paths.metrics.write_bytes(whole.replace(b"2", b"3") + b"more")
    restored = checkpoint.restore(paths, fresh())
    assert (file_of(restored), restored.files["metrics.csv"].size) == ("00000010.npz", len(whole) - 2)
    assert restored.passed_over == ("00000011.npz cannot be used: metrics.csv has lost what it held then",)


def test_parameters_of_another_network_are_refused(paths: RunPaths, saved: State) -> None:
    with pytest.raises(DlrunError, match="not those of this network"):
        checkpoint.load_params(paths, "best", fresh(40).params)
    other = fresh(40)
    assert file_of(checkpoint.restore(paths, other)) is None
    assert equal(other, fresh(40))


@pytest.mark.parametrize("file", ["../00000007.npz", "/etc/passwd", "00000007.npz\n", "", 7, None, "x.npz"])
def test_a_manifest_cannot_lead_out_of_its_directory(paths: RunPaths, saved: State, file: object) -> None:
    forge(paths, best={"file": file, "step": 7, "sha256": "0"})
    with pytest.raises(DlrunError, match="names no file of a checkpoint"):
        checkpoint.load_params(paths, "best", fresh().params)
