"""A team computes what one thread computes, the same bits every time, whoever of it happens to be there."""

import time
from collections.abc import Iterator
from copy import copy
from itertools import product
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.kernels import Kernels, at_work, column
from dlrun.kernels.numba_column import blas, crew
from dlrun.kernels.numba_column.team import UPDATES, Team
from tests.kernels.calls import CALLS, OPTIMIZERS, Call, Room, each_call
from tests.laws import each_dtype

pytestmark = pytest.mark.skipif(not blas.IS_FOUND, reason="NumPy has another BLAS")
NUMBA = column("numba")
each_size = pytest.mark.parametrize("threads", [2, 3, 5])
ORDERS = 2_000
SHARED = {name: call for name, call in CALLS.items() if call.kernel in {"product", "gather", *UPDATES}}


@pytest.fixture
def at_two_threads() -> Iterator[None]:
    before = blas.threads()
    blas.hold_at(2)
    yield
    blas.hold_at(before)


def helped(team: Team) -> Team:
    """Return the team at work."""
    team.begin()
    return team


def factors(m: int, n: int, k: int, a_turned: bool, b_turned: bool, dtype: Any) -> tuple[Array, Array]:
    """Return a (m, k) and b (k, n); a turned one lies in memory as its transpose does."""
    rng = np.random.default_rng(m + 7 * n + 49 * k)
    a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
    return np.asfortranarray(a) if a_turned else a, np.asfortranarray(b) if b_turned else b


@each_dtype
@each_size
@pytest.mark.parametrize(("a_turned", "b_turned"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_product_is_that_of_numpy(a_turned: bool, b_turned: bool, threads: int, dtype: Any) -> None:
    """Some of these are large enough to be shared, some have fewer rows and columns than there are threads."""
    team = helped(Team(threads, dtype))
    for m, n, k in product((1, 2, 17, 64, 200), (1, 2, 10, 64, 130), (1, 3, 784)):
        a, b = factors(m, n, k, a_turned, b_turned, dtype)
        out = np.full((m, n), np.nan, dtype)
        team.product(a, b, out)
        expected = a.astype(np.float64) @ b.astype(np.float64)
        np.testing.assert_allclose(out, expected, rtol=0, atol=32 * k**0.5 * np.finfo(dtype).eps, err_msg=f"{m} {n} {k}")
    team.end()


@each_size
def test_arrays_with_gaps_are_left_to_numpy(threads: int) -> None:
    team, rng = helped(Team(threads, np.float64)), np.random.default_rng(0)
    a, b, out = rng.random((200, 200))[:, ::2], rng.random((200, 150))[::2], np.zeros((200, 150))
    for left, right in product((a, a.copy()), (b, b.copy())):
        team.product(left, right, out)
        np.testing.assert_allclose(out, a @ b)
    team.end()


@each_dtype
@each_size
@pytest.mark.parametrize("n", [1, 63, 64, 784])
def test_rows_are_gathered(n: int, threads: int, dtype: Any) -> None:
    team, rng = helped(Team(threads, dtype)), np.random.default_rng(0)
    x, rows = rng.random((300, n)).astype(dtype), rng.integers(0, 300, 257)
    for kernels, kept in ((team, rows), (team, rows[:1]), (NUMBA, rows), (NUMBA, rows[:0])):
        kernels.gather(x, kept, out := np.full((len(kept), n), np.nan, dtype))
        np.testing.assert_array_equal(out, x[kept])
    team.gather(x[:, ::-1], rows, out := np.zeros((257, n), dtype))
    np.testing.assert_array_equal(out, x[:, ::-1][rows])
    team.end()


@each_dtype
@each_size
@each_call(OPTIMIZERS)
def test_an_update_is_that_of_one_thread_to_the_last_bit(call: Call, threads: int, dtype: Any) -> None:
    team = helped(Team(threads, dtype))
    for n in (7, crew.LEAST_UPDATE - 1, crew.LEAST_UPDATE, crew.LEAST_UPDATE + 23):
        pairs = zip(results(call, shared_kernels(team), n, dtype), results(call, NUMBA, n, dtype), strict=True)
        for found, expected in pairs:
            np.testing.assert_array_equal(found, expected)
    team.end()


def shared_kernels(team: Team) -> Kernels:
    kernels = copy(NUMBA)
    vars(kernels).update(team.shared(NUMBA))
    return kernels


def results(call: Call, kernels: Kernels, n: int, dtype: Any) -> list[Any]:
    return call.results(kernels, call.arguments(Room(1, n, dtype)))


@each_size
def test_who_is_there_does_not_matter(threads: int) -> None:
    """Nobody but the leader, helpers who are awake, helpers who sleep: the same bits."""
    a, b = factors(784, 128, 128, True, False, np.float32)
    team, found = Team(threads, np.float32), []
    for helpers in ("absent", "called", "awake", "asleep"):
        if helpers == "called":
            team.begin()
        time.sleep(0.05 if helpers == "asleep" else 0)
        team.product(a, b, out := np.full((784, 128), np.nan, np.float32))
        found.append(out)
    team.end()
    for out in found[1:]:
        np.testing.assert_array_equal(out, found[0])


@each_size
def test_every_order_is_carried_out_once(threads: int) -> None:
    """Twice would go one way along the gradient twice."""
    team, n = helped(Team(threads, np.float64)), crew.LEAST_UPDATE
    kernels, theta, ones = shared_kernels(team), np.zeros(n), np.ones(n)
    for _ in range(ORDERS):
        kernels.gradient_descent(theta, ones, theta, -1.0)
    np.testing.assert_array_equal(theta, ORDERS)
    team.end()


@pytest.mark.usefixtures("at_two_threads")
def test_a_team_is_at_work_for_a_while() -> None:
    """As many as OpenBLAS had threads, which rests meanwhile; also when something breaks in."""
    kernels, alone = copy(NUMBA), vars(copy(NUMBA))
    with pytest.raises(ZeroDivisionError), at_work(kernels, np.float32):
        assert blas.threads() == 1
        assert kernels.team is not None
        assert kernels.team.desk[crew.THREADS] == 2
        (helper,) = kernels.team.helpers
        assert helper.is_alive()
        assert all((getattr(kernels, call.kernel) != alone[call.kernel]) for call in SHARED.values())
        raise ZeroDivisionError
    assert vars(kernels) == alone
    assert blas.threads() == 2
    helper.join(10)
    assert not helper.is_alive()


def test_one_thread_is_no_team() -> None:
    before, kernels = blas.threads(), copy(NUMBA)
    blas.hold_at(1)
    with at_work(kernels, np.float32):
        assert vars(kernels) == vars(NUMBA)
    blas.hold_at(before)
