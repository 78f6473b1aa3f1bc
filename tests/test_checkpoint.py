"""Checkpoints: what is saved comes back, and damage is found, not loaded."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from dlrun import checkpoint
from dlrun.errors import DlrunError
from dlrun.kernels import NUMPY
from dlrun.nn.layers import BatchNorm, Dense
from dlrun.nn.metrics import Score
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Adam
from dlrun.rundir.paths import RunPaths
from dlrun.training.state import State


def fresh(n_out: int = 3) -> State:
    network = Network([Dense(units=n_out, bias=False), BatchNorm()], 2, 4, "float32", NUMPY)
    network.initialize(1)
    return State.start(network.params, Adam(), 5)


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    made = RunPaths(tmp_path / "run")
    made.checkpoints.mkdir(parents=True)
    return made


@pytest.fixture
def trained() -> State:
    state = fresh()
    state.begin_epoch(5)
    for step in range(7):
        state.params.theta[...] += 0.25
        state.params.stats[...] += 0.5
        state.slots["v"] += step
        state.step_done(4, 8, 1.0, 1.0)
        if step == 2:
            state.best.offer(Score(0.5, 0.1, 4), 1.5, state.step, state.params)
    return state


def test_last_holds_the_whole_state_and_best_its_parameters(paths: RunPaths, trained: State) -> None:
    checkpoint.save(paths, trained)
    back = fresh()
    checkpoint.load_state(paths, back)
    assert back.scalars() == trained.scalars()
    for name, array in trained.arrays().items():
        assert back.arrays()[name].tobytes() == array.tobytes()

    params = fresh().params
    checkpoint.load_params(paths, "best", params)
    np.testing.assert_array_equal(params.theta, trained.best.theta)
    np.testing.assert_array_equal(params.stats, trained.best.stats)
    checkpoint.load_params(paths, "last", params)
    np.testing.assert_array_equal(params.theta, trained.params.theta)
    np.testing.assert_array_equal(params.stats, trained.params.stats)
    assert params.stats.any()

    manifest = json.loads(paths.manifest.read_text())
    assert (manifest["last"]["step"], manifest["best"]["step"]) == (7, 3)
    assert sorted(path.name for path in paths.checkpoints.glob("*.npz")) == ["00000003.npz", "00000007.npz"]


def test_without_a_best_the_last_stands_for_it(paths: RunPaths) -> None:
    state = fresh()
    checkpoint.save(paths, state)
    params = fresh().params
    params.theta[...] = 0
    checkpoint.load_params(paths, "best", params)
    np.testing.assert_array_equal(params.theta, state.params.theta)


def test_equal_states_are_equal_bytes(paths: RunPaths, trained: State) -> None:
    checkpoint.save(paths, trained)
    first = {path.name: path.read_bytes() for path in paths.checkpoints.iterdir()}
    checkpoint.save(paths, trained)
    assert {path.name: path.read_bytes() for path in paths.checkpoints.iterdir()} == first


@pytest.mark.parametrize("name", ["00000003.npz", "manifest.json"])
def test_no_changed_byte_is_ever_loaded(paths: RunPaths, trained: State, name: str) -> None:
    checkpoint.save(paths, trained)
    path = paths.checkpoints / name
    whole = path.read_bytes()
    params = fresh().params
    params.theta[...] = 0
    step = max(1, len(whole) // 150)
    for place in range(0, len(whole), step):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with pytest.raises(DlrunError):
            checkpoint.load_params(paths, "best", params)
        path.write_bytes(whole[:place])
        with pytest.raises(DlrunError):
            checkpoint.load_params(paths, "best", params)
    assert not params.theta.any()


def test_parameters_of_another_network_are_refused(paths: RunPaths, trained: State) -> None:
    checkpoint.save(paths, trained)
    with pytest.raises(DlrunError, match="not those of this network"):
        checkpoint.load_params(paths, "best", fresh(40).params)


def test_a_file_that_might_unpack_without_end_is_refused(paths: RunPaths, trained: State) -> None:
    checkpoint.save(paths, trained)
    manifest = json.loads(paths.manifest.read_text())
    manifest.pop("sha256")
    path = paths.checkpoints / manifest["best"]["file"]
    with np.load(path) as arrays:
        np.savez_compressed(path, **arrays)
    manifest["best"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    paths.manifest.write_text(json.dumps(manifest | {"sha256": checkpoint.checksum(manifest)}))
    with pytest.raises(DlrunError, match="its arrays are compressed"):
        checkpoint.load_params(paths, "best", fresh().params)


def test_a_manifest_cannot_lead_out_of_its_directory(paths: RunPaths, trained: State) -> None:
    checkpoint.save(paths, trained)
    outside = paths.root / "00000003.npz"
    (paths.checkpoints / "00000003.npz").rename(outside)
    manifest = json.loads(paths.manifest.read_text())
    manifest.pop("sha256")
    manifest["best"]["file"] = f"../{outside.name}"
    paths.manifest.write_text(json.dumps(manifest | {"sha256": checkpoint.checksum(manifest)}))
    with pytest.raises(DlrunError, match="cannot read"):
        checkpoint.load_params(paths, "best", fresh().params)
