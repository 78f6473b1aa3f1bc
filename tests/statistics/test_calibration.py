import numpy as np
import pytest

from dlrun.statistics.calibration import brier, calibration, expected_error


def drawn(seed: int, n: int, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities, and events whose true probability is slope times as far from a half."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(size=n)
    return p, rng.uniform(size=n) < 0.5 + slope * (p - 0.5)


def test_the_expected_error_is_what_its_formula_says() -> None:
    p = np.array([0.1] * 20 + [0.9] * 20)
    happened = np.array([True] * 6 + [False] * 14 + [True] * 20)
    found = expected_error(p, happened, 2, seed=0)
    assert found.value == pytest.approx(0.5 * 0.2 + 0.5 * 0.1)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_brier_score_is_the_mean_square() -> None:
    p, happened = drawn(1, 500)
    found = brier(p, happened, seed=0)
    assert found.value == pytest.approx(np.mean((p - happened) ** 2))
    assert 0 <= found.low < found.value < found.high <= 1


def test_where_chance_explains_it_the_limits_reach_down_to_0() -> None:
    none = [calibration(*drawn(seed, 1_000), seed=seed).ece for seed in range(40)]
    half = [calibration(*drawn(seed, 1_000, slope=0.5), seed=seed).ece for seed in range(40)]
    assert sum(ece.low == 0 for ece in none) >= 36
    assert sum(ece.low <= 0.125 <= ece.high for ece in half) >= 35  # ∫ |p − ½|/2 dp = 1/8
    assert max(ece.value for ece in none) < min(ece.value for ece in half)


@pytest.mark.parametrize("n", [1, 2, 19, 20, 45])
def test_few_examples_are_no_error(n: int) -> None:
    found = calibration(np.linspace(0.2, 0.8, n), np.arange(n) % 2 == 0, seed=3)
    assert found.bins == max(1, n // 20)
    assert found.ece.n == n
    assert 0 <= found.ece.low <= found.ece.value <= found.ece.high <= 1
    with pytest.raises(ValueError, match="no example"):
        calibration(np.empty(0), np.empty(0, dtype=np.bool_), seed=0)


def test_the_seed_decides_the_limits() -> None:
    p, happened = drawn(5, 300)
    assert calibration(p, happened, seed=1) == calibration(p, happened, seed=1)
