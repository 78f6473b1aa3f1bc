"""Leaks: planted ones are found, honest columns are not accused."""

import numpy as np
import pytest

from dlrun.data.inspection import Cells
from dlrun.data.leaks import agreement, find_leak, linear
from dlrun.data.raw import RawArray
from dlrun.data.targets import Target

RNG = np.random.default_rng(0)
M = 300


def cells(name: str, column: RawArray) -> Cells:
    words, codes = np.unique(column.astype(np.str_), return_inverse=True)
    return Cells(name=name, words=tuple(map(str, words)), train=codes.astype(np.int64), everywhere=codes.astype(np.int64))


def classes(labels: RawArray, name: str = "grade") -> Target:
    names, values = np.unique(labels, return_inverse=True)
    counts = {str(k): int(v) for k, v in zip(names, np.bincount(values), strict=True)}
    return Target(name=name, classes=counts, values=values.astype(np.int64), reason="")


def real(values: RawArray, name: str = "price") -> Target:
    return Target(name=name, classes={}, values=values.astype(np.float64), reason="")


@pytest.mark.parametrize("names", [["a", "b"], ["x", "y", "z"], ["0", "1"]])
def test_a_copy_of_the_target_is_found(names: list[str]) -> None:
    y = RNG.choice(names, M)
    leak = find_leak(cells("other", y), classes(y))
    assert leak
    assert leak.copy


def test_a_renamed_target_and_one_in_ranges_tell_the_classes_apart() -> None:
    y = RNG.choice(["a", "b", "c"], M)
    renamed = np.array([{"a": "3", "b": "1", "c": "2"}[label] for label in y])
    ranges = np.array([{"a": 0.0, "b": 2.0, "c": 1.0}[label] for label in y]) + RNG.uniform(0, 0.9, M)
    for column in (renamed, ranges):
        leak = find_leak(cells("code", column), classes(y))
        assert leak
        assert "alone" in leak.reason
        assert not leak.copy


def test_honest_columns_are_not_accused() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = rng.choice(3, M, p=[0.9, 0.07, 0.03])
        strong = y + rng.normal(0, 0.5, M)
        for column in (rng.normal(size=M), strong, rng.integers(0, 2, M), rng.choice(["a", "b"], M)):
            assert find_leak(cells("x", column), classes(y)) is None


def test_agreement_is_0_for_chance_and_1_for_knowing() -> None:
    y = RNG.choice(2, 20_000, p=[0.8, 0.2]).astype(np.int64)
    assert agreement(y.astype(np.float64), y) == 1
    assert agreement(RNG.normal(size=len(y)), y) == pytest.approx(0, abs=0.03)
    assert agreement(np.zeros(len(y)), y) == pytest.approx(0, abs=0.03)
    assert agreement(np.full(len(y), np.nan), y) == 0


def test_few_rows_prove_nothing() -> None:
    y = np.array([0, 1] * 5)
    assert find_leak(cells("x", y * 2.5), classes(y)) is None


def test_a_line_through_the_target() -> None:
    y = RNG.normal(100, 20, M)
    for column, found in ((y * 1.8 + 32, True), (-y + RNG.normal(0, 0.1, M), True), (y + RNG.normal(0, 5, M), False)):
        leak = find_leak(cells("x", column), real(y))
        assert (leak is not None) == found
    copied = find_leak(cells("x", y), real(y))
    assert copied
    assert copied.copy


def test_correlation_is_numpys() -> None:
    x, y = RNG.normal(size=(2, 50))
    assert linear(x, y) == pytest.approx(abs(np.corrcoef(x, y)[0, 1]), rel=1e-12)
    assert linear(np.zeros(50), y) == 0


@pytest.mark.parametrize(("name", "told"), [("grade_code", True), ("finalGrade", True), ("degraded", False), ("upgrade", False)])
def test_a_name_that_contains_the_targets(name: str, told: bool) -> None:
    leak = find_leak(cells(name, RNG.normal(size=M)), classes(RNG.choice(["a", "b"], M)))
    assert (leak is not None) == told


def test_a_target_of_one_letter_is_in_no_name() -> None:
    assert find_leak(cells("pos_y", RNG.normal(size=M)), real(RNG.normal(size=M), name="y")) is None
