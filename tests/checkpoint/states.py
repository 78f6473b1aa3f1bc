"""Small states to save, and where."""

import json
from pathlib import Path
from typing import Any

from dlrun.checkpoint.manifest import checksum
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


def advance(state: State, steps: int, best_at: int | None = None) -> State:
    """Move everything in a state by so many steps; at one of them, counted from the run's first, dev is better than before."""
    for _ in range(steps):
        state.begin_epoch(5)
        state.params.theta[...] += 0.25
        state.params.stats[...] += 0.5
        state.slots["v"] += state.step
        state.dropout_rng.random(3)
        state.step_done(4, 8, 1.0, 1.0)
        if state.step == best_at:
            state.best.offer(Score(0.5, 0.1 / state.step, 4), 1.5, state.step, state.params)
    return state


def trained() -> State:
    return advance(fresh(), 7, best_at=3)


def made(root: Path) -> RunPaths:
    paths = RunPaths(root)
    paths.checkpoints.mkdir(parents=True)
    return paths


def names(paths: RunPaths) -> list[str]:
    return sorted(path.name for path in paths.checkpoints.glob("*.npz"))


def forge(paths: RunPaths, **changes: Any) -> None:
    """Change the manifest as somebody would who knows how its checksum is made; without the copy."""
    tree = json.loads(paths.manifest.read_text()) | changes
    tree.pop("sha256", None)
    paths.manifest.write_text(json.dumps(tree | {"sha256": checksum(tree)}))
    paths.manifest_copy.unlink(missing_ok=True)


def equal(one: State, other: State) -> bool:
    return one.scalars() == other.scalars() and all(
        array.tobytes() == other.arrays()[name].tobytes() for name, array in one.arrays().items()
    )
