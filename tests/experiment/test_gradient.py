"""Gradient checks of the matrix and of a spec; a fault in any backward kernel is found and named."""

from dataclasses import replace
from pathlib import Path

import pytest

from dlrun.arrays import Array, BoolArray
from dlrun.experiment.gradient import check_matrix, check_spec
from dlrun.kernels import NUMPY
from dlrun.spec import read_spec
from tests.experiments import REGRESSION, SMALL, write_spec, write_table


def test_the_matrix_passes_and_its_largest_error_is_great() -> None:
    checks = check_matrix(epsilon=1e-5, difference="centred")
    worst = max(check.relative_error for check in checks.values())
    print(f"{len(checks)} cases, largest relative error {worst:.2e}")
    assert len(checks) == 150
    assert worst <= 1e-7


@pytest.mark.parametrize("text", [SMALL, REGRESSION], ids=["classification", "regression"])
def test_a_spec_is_checked_on_its_own_data(tmp_path: Path, text: str) -> None:
    write_table(tmp_path)
    (check,) = check_spec(read_spec(write_spec(tmp_path, text)), epsilon=1e-5, difference="centred").values()
    assert check.passed
    assert check.relative_error <= 1e-7
    assert [block.name for block in check.blocks] == ["W1", "b1", "W2", "b2"]


def test_a_fault_in_a_backward_kernel_names_the_block_before_it(tmp_path: Path) -> None:
    def faulty(dz: Array, mask: BoolArray) -> None:
        dz *= 0.99

    broken = replace(NUMPY, relu_backward=faulty)
    (check,) = check_spec(read_spec(write_spec(tmp_path)), epsilon=1e-5, difference="centred", kernels=broken).values()
    assert not check.passed
    wrong = {block.name for block in check.blocks if block.relative_error > 1e-5}
    assert wrong == {"W1", "b1"}  # what comes after the fault is right
