"""The oracle is tracemalloc, which sees every array NumPy allocates."""

from pathlib import Path

import pytest

from dlrun.data.batches import Batches
from dlrun.experiment.preview.memory import measure
from dlrun.experiment.setup import Experiment
from dlrun.nn.metrics import evaluate
from dlrun.nn.network import Network
from tests.experiments import experiment
from tests.laws import peak_bytes

LARGE = """
    data: {source: {kind: moons, examples: 5000}}
    architecture: {hidden: [100, {units: 80, activation: tanh}, {units: 60, activation: elu, batch_norm: true}]}
    regularization: {keep_prob: {input: 0.9, hidden: [0.5, 0.9, 0.9]}}
    training: {batch_size: 256}
"""


def built(e: Experiment) -> int:
    """What building the network and its mini-batches allocates."""
    network, plan = e.network, e.plan
    kept: list[object] = []

    def work() -> None:
        stack = [placed.layer for placed in network.placed]
        kept.append(Network(stack, network.n_in, network.max_batch, network.dtype, network.kernels))
        kept.append(Batches(e.splits.train, plan.batch_size, plan.seed, smallest=plan.smallest_batch))

    return peak_bytes(work)


@pytest.mark.parametrize("change", ["seed=1", "optimizer=gradient_descent", "training.batch_size=full", "training.dtype=float64"])
def test_what_is_counted_is_what_is_allocated(tmp_path: Path, change: str) -> None:
    e = experiment(tmp_path, LARGE, change)
    found = measure(e)
    assert found.buffers + found.parameters + found.gradient == pytest.approx(built(e), rel=0.02)
    started = peak_bytes(lambda: e.start())
    assert found.slots + found.best == pytest.approx(started, rel=0.05, abs=5_000)
    assert found.data["train"] == sum(array.nbytes for array in (e.splits.train.x, e.splits.train.y, e.splits.train.ids))
    assert found.total == sum(found.data.values()) + sum(
        (found.parameters, found.gradient, found.slots, found.best, found.buffers)
    )


def test_a_forward_pass_changes_no_count(tmp_path: Path) -> None:
    """A dense layer then remembers the data it was given, which is not its own."""
    e = experiment(tmp_path, LARGE)
    before = measure(e)
    evaluate(e.network, e.plan.loss, e.splits.train.x, e.splits.train.y)
    assert measure(e) == before


def test_slots_are_the_optimizers(tmp_path: Path) -> None:
    theta = experiment(tmp_path, LARGE).network.params.theta.nbytes
    slots = {
        name: measure(experiment(tmp_path, LARGE, f"optimizer={name}")).slots for name in ("gradient_descent", "momentum", "adam")
    }
    assert slots == {"gradient_descent": 0, "momentum": theta, "adam": 2 * theta}
