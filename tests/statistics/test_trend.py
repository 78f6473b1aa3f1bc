import numpy as np
import pytest

from dlrun.statistics.trend import block_means, scatter, slope


def test_blocks_hold_equal_shares_in_order() -> None:
    assert block_means(np.arange(40.0), 20).tolist() == [2 * k + 0.5 for k in range(20)]
    assert block_means(np.array([1.0, 2.0]), 20).tolist() == [1.0, 2.0]


def test_blocks_of_whole_periods_do_not_see_the_period() -> None:
    values = np.tile([0.0, 1.0, 5.0], 30)
    assert np.ptp(block_means(values, 20, period=3)) == 0
    assert np.ptp(block_means(values, 20)) > 0
    assert len(block_means(np.arange(100.0), 20, period=7)) == 14
    assert len(block_means(np.arange(100.0), 20, period=60)) == 20, "one period is no basis for blocks"


def test_the_slope_of_a_line_is_known_exactly() -> None:
    found = slope(np.array([5.0, 4.0, 3.0, 2.0, 1.0]))
    assert found is not None
    assert (found.value, found.low, found.high) == (-1.0, -1.0, -1.0)
    assert slope(np.ones(4)) is None


@pytest.mark.parametrize(("memory", "least"), [(0.0, 0.92), (0.5, 0.80)])
def test_limits_hold_the_truth_with_noise_that_remembers(memory: float, least: float) -> None:
    rng, inside = np.random.default_rng(0), 0
    for _ in range(1_000):
        noise = rng.normal(size=30)
        for k in range(1, 30):
            noise[k] += memory * noise[k - 1]
        found = slope(0.3 * np.arange(30) + noise)
        assert found is not None
        inside += found.low <= 0.3 <= found.high
    assert least <= inside / 1_000 <= 0.99


def test_scatter_is_the_noise_around_a_straight_course() -> None:
    noise = np.random.default_rng(0).normal(size=5_000)
    assert scatter(noise + 0.1 * np.arange(5_000)) == pytest.approx(1.0, abs=0.05)
    assert scatter(np.arange(10.0)) == 0
    assert scatter(np.ones(3)) == 0
