"""Gradient checks of the matrix and of a spec; a fault in any backward kernel is found and named."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from dlrun.arrays import Array, BoolArray
from dlrun.experiment.gradient import Settings, check_matrix, check_run, check_spec, error_orders
from dlrun.experiment.setup import set_up
from dlrun.kernels import NUMPY
from dlrun.nn.gradcheck import check_gradient
from dlrun.nn.gradcheck_matrix import PENALTIES
from dlrun.nn.layers import Layer
from dlrun.nn.losses import Loss
from dlrun.spec import read_spec
from tests.experiments import REGRESSION, SMALL, train_run, write_spec, write_table


def test_the_whole_matrix_passes() -> None:
    checks = check_matrix(Settings())
    assert len(checks) == len(get_args(Layer)) ** 2 * len(get_args(Loss)) * len(PENALTIES)
    assert all(check.passed for check in checks.values())


TEXTS = {
    "classification": SMALL,
    "regression": REGRESSION,
    "batch norm": SMALL.replace("hidden: [8]", "hidden: [8, 5], batch_norm: true"),
    "l1": SMALL.replace("l2: 0.1", "l1: 0.1, include_bias: true"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_spec_is_checked_on_its_own_data_before_and_after_some_training(tmp_path: Path, name: str) -> None:
    write_table(tmp_path)
    checks = check_spec(read_spec(write_spec(tmp_path, TEXTS[name])), Settings())
    assert len(checks) == 2
    for check in checks.values():
        assert check.passed
        assert check.relative_error <= 1e-7
        assert check.blocks[0].name == "W1"


def test_a_run_is_checked_at_its_best_weights(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, TEXTS["batch norm"])
    (check,) = check_run(run.paths, Settings()).values()
    assert check.relative_error <= 1e-7


def test_a_fault_in_a_backward_kernel_names_the_block_before_it(tmp_path: Path) -> None:
    def faulty(dz: Array, mask: BoolArray, db: Array | None) -> None:
        dz *= 0.99
        NUMPY.relu_backward(dz, mask, db)

    broken = replace(NUMPY, relu_backward=faulty)
    for check in check_spec(read_spec(write_spec(tmp_path)), Settings(), kernels=broken).values():
        assert not check.passed
        wrong = {block.name for block in check.blocks if block.relative_error > 1e-5}
        assert wrong == {"W1", "b1"}  # what comes after the fault is right


def test_errors_fall_in_the_orders_of_the_course(tmp_path: Path) -> None:
    """Halving ε halves a forward error and quarters a centred one."""
    spec = read_spec(write_spec(tmp_path, SMALL.replace("hidden: [8]", "hidden: [8], activation: tanh")))
    rows = list(error_orders(spec))
    for (_, forward, centred), (_, next_forward, next_centred) in pairwise(rows):
        assert forward / next_forward == pytest.approx(2, rel=0.05)
        assert centred / next_centred == pytest.approx(4, rel=0.05)


def test_a_check_leaves_the_running_averages_of_batch_norm_alone(tmp_path: Path) -> None:
    told = set_up(read_spec(write_spec(tmp_path, TEXTS["batch norm"])), dtype="float64")
    x, y = told.splits.train.x[:16], told.splits.train.y[:16]
    before = told.network.params.stats.copy()
    check_gradient(told.network, told.plan.loss, told.plan.penalties, x, y)
    assert told.network.params.stats.tobytes() == before.tobytes()


def test_a_large_block_is_compared_in_samples_and_along_directions(tmp_path: Path) -> None:
    told = set_up(read_spec(write_spec(tmp_path, SMALL.replace("[8]", "[40]"))), dtype="float64")
    x, y = told.splits.train.x[:16], told.splits.train.y[:16]
    check = check_gradient(told.network, told.plan.loss, told.plan.penalties, x, y, limit=20, directions=4)
    compared = {block.name: block.compared + block.set_aside for block in check.blocks}
    assert compared == {"W1": 24, "b1": 24, "W2": 24, "b2": 1}
    assert check.relative_error <= 1e-7
