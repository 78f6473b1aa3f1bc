"""Saving: what is kept, what goes, and that nothing that was good is lost when it fails."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from dlrun import checkpoint
from dlrun.checkpoint.manifest import Manifest
from dlrun.errors import DlrunError
from dlrun.rundir import disk
from dlrun.rundir.paths import RunPaths
from tests.checkpoint.states import advance, equal, fresh, made, names, trained


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return made(tmp_path / "run")


def manifest(paths: RunPaths) -> dict[str, int]:
    return {role: entry["step"] for role, entry in json.loads(paths.manifest.read_text()).items() if isinstance(entry, dict)}


def test_last_previous_and_best_are_kept_and_no_others(paths: RunPaths) -> None:
    state = advance(fresh(), 2, best_at=2)
    seen = []
    for _ in range(4):
        checkpoint.save(paths, state, {})
        seen.append((manifest(paths), names(paths)))
        advance(state, 5, best_at=12)
    assert seen == [
        ({"last": 2, "best": 2}, ["00000002.best.npz", "00000002.npz"]),
        ({"last": 7, "previous": 2, "best": 2}, ["00000002.best.npz", "00000002.npz", "00000007.npz"]),
        ({"last": 12, "previous": 7, "best": 12}, ["00000007.npz", "00000012.best.npz", "00000012.npz"]),
        ({"last": 17, "previous": 12, "best": 12}, ["00000012.best.npz", "00000012.npz", "00000017.npz"]),
    ]
    assert paths.manifest.read_bytes() == paths.manifest_copy.read_bytes()


def test_without_a_best_the_last_stands_for_it(paths: RunPaths) -> None:
    checkpoint.save(paths, fresh(), {})
    assert manifest(paths) == {"last": 0, "best": 0}
    assert names(paths) == ["00000000.npz"]


def test_equal_states_are_equal_bytes_and_written_once(paths: RunPaths, tmp_path: Path) -> None:
    checkpoint.save(paths, trained(), {})
    first = {path.name: (path.read_bytes(), path.stat().st_ino) for path in paths.checkpoints.iterdir()}
    checkpoint.save(paths, trained(), {})
    assert {path.name: (path.read_bytes(), path.stat().st_ino) for path in paths.checkpoints.iterdir()} == first
    elsewhere = made(tmp_path / "elsewhere")
    checkpoint.save(elsewhere, trained(), {})
    assert {path.name: path.read_bytes() for path in elsewhere.checkpoints.iterdir()} == {k: v[0] for k, v in first.items()}


@pytest.mark.parametrize("array", ["theta", "stats", "slot_m", "best_theta"])
def test_what_is_not_finite_is_not_written_as_a_state(paths: RunPaths, array: str) -> None:
    state = trained()
    checkpoint.save(paths, state, {})
    advance(state, 3)
    state.arrays()[array][...] = np.nan
    checkpoint.save(paths, state, {})
    assert manifest(paths) == {"last": 7, "best": 3}


def test_the_best_alone_can_be_saved(paths: RunPaths) -> None:
    state = trained()
    state.params.theta[...] = np.nan
    checkpoint.save_best(paths, state)
    assert manifest(paths) == {"best": 3}
    params = fresh().params
    checkpoint.load_params(paths, "best", params)
    np.testing.assert_array_equal(params.theta, state.best.theta)
    with pytest.raises(DlrunError, match="no checkpoint called last"):
        checkpoint.load_params(paths, "last", params)


def test_what_cannot_be_read_back_is_not_believed(paths: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    state = trained()
    checkpoint.save(paths, state, {})
    before = paths.manifest.read_bytes()
    rename = disk.rename

    def lose_a_byte(old: Path, new: Path) -> None:
        if old.name.startswith(".00000009.npz"):
            old.write_bytes(old.read_bytes()[:-1] + b"?")
        rename(old, new)

    monkeypatch.setattr(disk, "rename", lose_a_byte)
    with pytest.raises(DlrunError, match="not what can be read back"):
        checkpoint.save(paths, advance(state, 2), {})
    assert paths.manifest.read_bytes() == before


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT])
@pytest.mark.parametrize("call", ["open_file", "write", "flush", "rename", "flush_directory", "remove"])
def test_a_save_that_fails_leaves_what_was_there(paths: RunPaths, monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    state, before = trained(), trained()
    checkpoint.save(paths, state, {})
    advance(state, 2)
    checkpoint.save(paths, state, {})
    advance(before, 2)
    advance(state, 2)

    def fail(*arguments: object) -> None:
        raise OSError(error, os.strerror(error))

    with monkeypatch.context() as patch:
        patch.setattr(disk, call, fail)
        if call == "remove":  # what is not removed costs room, no more
            checkpoint.save(paths, state, {})
            before = state
        else:
            with pytest.raises(DlrunError, match=os.strerror(error).lower()):
                checkpoint.save(paths, state, {})
    back = fresh()
    checkpoint.restore(paths, back)
    assert equal(back, before)
    checkpoint.save(paths, state, {})
    checkpoint.restore(paths, back)
    assert equal(back, state)


def test_what_the_manifest_names_goes_only_when_another_manifest_is_there(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = trained()
    checkpoint.save(paths, state, {})
    checkpoint.save(paths, advance(state, 2), {})
    rename = disk.rename

    def fail(old: Path, new: Path) -> None:
        if new == paths.manifest:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(old, new)

    monkeypatch.setattr(disk, "rename", fail)
    with pytest.raises(DlrunError, match="input/output error"):
        checkpoint.save(paths, advance(state, 2), {})
    assert Manifest.load(paths.manifest).files <= {path.name for path in paths.checkpoints.iterdir()}
