"""The compiled exponential against NumPy's in more digits."""

import numpy as np

from dlrun.arrays import Array
from dlrun.kernels.numba_column.exponential import LOWEST, exponentials


def exponential(x: Array) -> Array:
    """Return eˣ of (m,)."""
    out = x.copy()
    exponentials(out.reshape(1, -1))
    return out


def test_it_is_within_one_unit_in_the_last_place() -> None:
    x = np.concatenate([np.linspace(LOWEST, 0, 2_000_001), -np.logspace(-45, 1.9, 100_001)]).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    assert (np.abs(exponential(x) - exact) / np.spacing(exact.astype(np.float32))).max() < 1


def test_e_to_zero_is_one_and_what_is_too_small_for_a_normal_number_is_zero() -> None:
    x = np.array([0, -0.0, -87.34, -88, -1e4, np.finfo(np.float32).min, -np.inf], np.float32)
    np.testing.assert_array_equal(exponential(x), [1, 1, 0, 0, 0, 0, 0])


def test_what_is_not_a_number_stays_it_and_spoils_nothing_beside() -> None:
    np.testing.assert_array_equal(np.isnan(exponential(np.array([-1, np.nan, -2], np.float32))), [False, True, False])


def test_doubles_are_those_of_the_mathematical_library() -> None:
    x = -np.abs(np.random.default_rng(0).standard_normal(1000)) * 100
    np.testing.assert_allclose(exponential(x), np.exp(x), rtol=5e-16)
