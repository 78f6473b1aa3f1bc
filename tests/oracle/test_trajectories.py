"""dlrun against what PyTorch came to: every weight after 50 steps, every rate. `make oracle` does the same with PyTorch live."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.layers import Activation
from dlrun.nn.losses import Loss
from dlrun.nn.optimizers import Optimizer
from dlrun.nn.schedules import Schedule
from tests.laws import each_column, kind, members
from tests.oracle import cases, ours, rates
from tests.oracle.compare import RATE_TOLERANCE, TOLERANCE, parity, rate_parity
from tests.oracle.recording import Recording, fingerprint

RECORDED = Recording.read()


def test_the_recording_is_of_this_table() -> None:
    assert RECORDED.fingerprint == fingerprint(), "the table has changed: make oracle RECORD=--write"


@pytest.mark.parametrize(
    ("registry", "table"),
    [
        (Optimizer, set(cases.OPTIMIZERS)),
        (Activation, set(cases.ACTIVATIONS)),
        (Loss, set(cases.LOSSES)),
        (Schedule, {told.kind for told in rates.SCHEDULES.values()}),
    ],
    ids=["optimizers", "activations", "losses", "schedules"],
)
def test_every_member_of_a_registry_is_in_the_table(registry: Any, table: set[str]) -> None:
    """Whoever adds one that PyTorch has too puts it there; one that it has not, is named here with the reason."""
    assert {kind(member) for member in members(registry)} == table


@each_column
@pytest.mark.parametrize("group", cases.GROUPS)
def test_every_weight_after_50_steps_is_pytorchs(
    kernels: Kernels, group: str, record_property: Callable[[str, object], None]
) -> None:
    """With compiled kernels a fourth of the cases, in which every optimizer meets every activation, variant and loss."""
    recorded = list(RECORDED.cases(group))[:: 1 if kernels is NUMPY else 4]
    sides = ((case, ours.trajectory(case, RECORDED.inputs, kernels)[-1], end) for case, end in recorded)
    row = parity(group if kernels is NUMPY else f"{group}, {kernels.name}", sides)
    record_property("parity", str(row))
    assert not row.over, f"{len(row.over)} blocks are further away than {TOLERANCE}: {row.over[:10]}"


def test_every_rate_is_pytorchs(record_property: Callable[[str, object], None]) -> None:
    row = rate_parity((name, rates.ours(told), RECORDED.rates[name]) for name, told in rates.SCHEDULES.items())
    record_property("parity", str(row))
    assert not row.over, f"rates are further away than {RATE_TOLERANCE}: {row.over}"


def test_every_word_of_a_case_makes_a_difference() -> None:
    """No two cases end alike: what a case switches on was felt."""
    ends = {case: tuple(np.round(end, 6)) for group in cases.GROUPS for case, end in RECORDED.cases(group)}
    assert len(set(ends.values())) == len(ends)
    assert len(ends) == sum(len(group) for group in cases.GROUPS.values())


@pytest.mark.parametrize("group", cases.GROUPS)
def test_every_block_was_trained(group: str) -> None:
    """Agreement in a block that never moves would prove nothing."""
    for case, end in RECORDED.cases(group):
        for block, moved in _movement(case, end).items():
            if case.batch_norm and case.activation == "identity" and block == "beta1":
                assert moved < 1e-9, f"{case}: nothing but identity between it and a mean that is subtracted"
            else:
                assert moved > 1e-3, f"{case}: {block} moved by {moved:.1e} of its size"


def _movement(case: cases.Case, end: Any) -> dict[str, float]:
    found, place = {}, 0
    for block, shape in case.blocks.items():
        value = end[place : (place := place + int(np.prod(shape)))]
        if block != "predicted":
            start = RECORDED.inputs[block][..., : shape[-1]].flatten()
            found[block] = float(np.abs(value - start).max() / np.abs(start).max())
    return found
