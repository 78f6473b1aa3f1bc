"""What every kernel promises in both columns: to agree, to be exact again, to write where it should, and to swallow no NaN."""

import subprocess
import sys
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.kernels import Kernels
from tests.kernels.calls import (
    ACTIVATIONS,
    BACKWARD,
    CALLS,
    FORWARD,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    SHAPES,
    Call,
    Room,
    assert_close,
    each_call,
    largest,
)
from tests.laws import COLUMNS, each_column, each_dtype, peak_bytes

M, N = 256, 512


def test_every_kernel_is_called() -> None:
    assert {call.kernel for call in CALLS.values()} == {cell.name for cell in fields(Kernels)} - {"name", "plays", "team"}


@each_dtype
@each_call(CALLS)
def test_columns_agree_to_rounding(call: Call, dtype: Any) -> None:
    """In all that means something afterwards; counts of errors, that are whole numbers, are equal."""
    for shape in SHAPES:
        each = [call.results(kernels, call.arguments(Room(*shape, dtype))) for kernels in COLUMNS]
        for numpy, numba in zip(*each, strict=True):
            if numpy.dtype.kind == "f":
                assert_close(numba, numpy, largest(each[0]), dtype)
            else:
                np.testing.assert_array_equal(numba, numpy)


@each_dtype
@each_call(FORWARD | {name: call for name, call in LAYERS.items() if call.kernel in {"add_bias", "dropout", "batch_norm"}})
def test_what_a_network_makes_of_its_inputs_is_the_same_to_the_last_bit(call: Call, dtype: Any) -> None:
    """All but the slopes that gelu keeps for the way back."""
    for shape in SHAPES:
        each = [call.results(kernels, call.arguments(Room(*shape, dtype))) for kernels in COLUMNS]
        for numpy, numba in list(zip(*each, strict=True))[: -1 if call.kernel == "gelu" else None]:
            np.testing.assert_array_equal(numba, numpy)


@each_column
@each_dtype
@each_call(CALLS)
def test_a_call_gives_the_same_bytes_again_and_writes_nothing_behind_its_rows(kernels: Kernels, dtype: Any, call: Call) -> None:
    for shape in SHAPES:
        rooms = Room(*shape, dtype), Room(*shape, dtype)
        first, again = ([result.tobytes() for result in call.results(kernels, call.arguments(room))] for room in rooms)
        assert first == again
        assert all(room.is_kept for room in rooms)


@each_column
@each_dtype
@each_call(CALLS)
def test_nothing_of_size_m_n_is_allocated(kernels: Kernels, dtype: Any, call: Call) -> None:
    """Nor by compiled code, which asks Python for memory."""
    arguments = call.arguments(Room(M, N, dtype))
    call.run(kernels, arguments)
    assert peak_bytes(lambda: call.run(kernels, arguments)) < M * N * np.dtype(dtype).itemsize / 4


def test_kernels_are_imported_without_numba() -> None:
    code = "import sys, dlrun.kernels, dlrun.nn.network; print([name for name in sys.modules if 'numba' in name])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@each_column
@each_dtype
@each_call(FORWARD)
def test_nan_stays_nan_where_it_is_and_on_no_side_of_a_kink(kernels: Kernels, dtype: Any, call: Call) -> None:
    clean = call.arguments(Room(13, 5, dtype))
    call.run(kernels, clean)
    in_x_and_b: list[tuple[int, Any, Any]] = [(0, (4, 2), (4, 2)), (1, 2, (slice(None), 2))]
    for argument, place, where in in_x_and_b[: 1 + ("units" in call.words)]:
        poisoned, hit = call.arguments(Room(13, 5, dtype)), np.zeros((13, 5), np.bool_)
        poisoned[argument][place], hit[where] = np.nan, True
        call.run(kernels, poisoned)
        np.testing.assert_array_equal(poisoned[2], np.where(hit, np.nan, clean[2]))
        if "sides" in call.words:
            np.testing.assert_array_equal(poisoned[3], clean[3] & ~hit)


@each_column
@each_dtype
@each_call(CALLS)
def test_a_nan_reaches_a_result(kernels: Kernels, dtype: Any, call: Call) -> None:
    """Of what comes in, which is the gradient for an optimizer; a sum beside is NaN too, and a loss."""
    arguments = call.arguments(Room(13, 5, dtype))
    arguments[call in OPTIMIZERS.values()].flat[3] = np.nan
    results = call.results(kernels, arguments)
    assert any(np.isnan(result).any() for result in results)
    if call in BACKWARD.values():
        assert all(np.isnan(result).sum() == 1 for result in results)
    if call in LOSSES.values():
        assert np.isnan(results[-1][0])


LIMITS = {"relu": (0, 1), "leaky_relu": (-0.2, 1), "elu": (-0.7, 1), "gelu": (0, 1), "tanh": (-1, 1), "sigmoid": (0, 1)}
UNBOUNDED_BELOW, BOUNDED_ABOVE = {"leaky_relu"}, {"tanh", "sigmoid"}


@each_column
@each_dtype
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_bear_any_number(kernels: Kernels, dtype: Any, name: str) -> None:
    """No overflow, no warning, at the largest and smallest numbers there are."""
    info = np.finfo(dtype)
    x = np.array([info.min, -1e4, -info.tiny, 0, info.tiny, 1e4, info.max], dtype)
    out, slopes = activated(kernels, name, x)
    low, high = (np.array(limit, dtype) for limit in LIMITS[name])
    assert out[0] == (-low * info.min if name in UNBOUNDED_BELOW else low)
    assert out[-1] == (high if name in BOUNDED_ABOVE else high * info.max)
    assert np.isfinite(slopes).all()


@each_column
@each_dtype
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_infinities_end_where_the_function_does(kernels: Kernels, dtype: Any, name: str) -> None:
    """But for gelu's 0 · −∞, which is no number."""
    with np.errstate(invalid="ignore"):
        out, _ = activated(kernels, name, np.array([-np.inf, np.inf], dtype))
    low, high = LIMITS[name]
    below = -np.inf if name in UNBOUNDED_BELOW else np.nan if name == "gelu" else dtype(low)
    np.testing.assert_array_equal(out, [below, high if name in BOUNDED_ABOVE else np.inf])


def activated(kernels: Kernels, name: str, x: Array) -> tuple[Array, Array]:
    """Return an activation of x (n,), and what it keeps for the way back."""
    call = FORWARD[f"{name}, no b, beside"]
    arguments = call.arguments(Room(1, len(x), x.dtype))
    arguments[0][...] = x
    call.run(kernels, arguments)
    return arguments[2][0], [value for value in arguments if isinstance(value, np.ndarray)][-1][0]
