"""The first network grows with the data, and its steps do not."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.experiment.first_network import FULL_BATCH, first_network, rounded
from tests.strategies import quick


@quick
@given(m=st.integers(1, 5_000_000), n=st.integers(1, 10_000), regression=st.booleans())
def test_its_sizes_are_the_courses(m: int, n: int, regression: bool) -> None:
    network = first_network(m, n, regression=regression)
    if m <= FULL_BATCH:
        assert network.batch_size == "full"
        return
    assert network.batch_size in {64, 128, 256, 512, 1024}
    steps = ceil(m / network.batch_size) * network.epochs
    assert steps >= 4_000
    assert steps <= 4_000 + ceil(m / network.batch_size) or network.epochs == 10
    assert network.l2 > 0


@pytest.mark.parametrize(("m", "batch"), [(2_001, 64), (26_049, 128), (50_000, 256), (1_000_000, 1024)])
def test_an_epoch_has_about_two_hundred_steps(m: int, batch: int) -> None:
    assert first_network(m, 10, regression=False).batch_size == batch


def test_one_digit_is_kept() -> None:
    assert [rounded(x) for x in (0.128, 0.256, 6.0, 1.08)] == [0.1, 0.3, 6.0, 1.0]
