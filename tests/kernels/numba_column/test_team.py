"""A team computes what one thread computes, the same bits every time, whoever of it happens to be there."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import copy
from itertools import product
from typing import Any, TypeAlias

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
each_number = pytest.mark.parametrize("threads", [2, 3])
ORDERS = 2_000
Hire: TypeAlias = Callable[[int, Any], Team]
SHARED = {name: call for name, call in CALLS.items() if call.kernel in {"product", "gather", *UPDATES}}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = blas.threads()
    yield
    blas.hold_at(before)


@pytest.fixture
def hire() -> Iterator[Hire]:
    """Return what makes teams that are at work until the test is over."""
    with ExitStack() as stack:

        def team(threads: int, dtype: Any) -> Team:
            made = Team(threads, dtype)
            stack.callback(made.end)
            made.begin()
            return made

        yield team


def factors(m: int, n: int, k: int, a_turned: bool, b_turned: bool, dtype: Any) -> tuple[Array, Array]:
    """Return a (m, k) and b (k, n); a turned one lies in memory as its transpose does."""
    rng = np.random.default_rng(m + 7 * n + 49 * k)
    a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
    return np.asfortranarray(a) if a_turned else a, np.asfortranarray(b) if b_turned else b


@each_dtype
@each_number
@pytest.mark.parametrize(("a_turned", "b_turned"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_product_is_that_of_numpy(a_turned: bool, b_turned: bool, threads: int, dtype: Any, hire: Hire) -> None:
    """Some of these are large enough to be shared, some have fewer rows and columns than there are threads."""
    team = hire(threads, dtype)
    for m, n, k in product((1, 2, 17, 64, 200), (1, 2, 10, 64, 130), (1, 3, 784)):
        a, b = factors(m, n, k, a_turned, b_turned, dtype)
        out = np.full((m, n), np.nan, dtype)
        team.product(a, b, out)
        expected = a.astype(np.float64) @ b.astype(np.float64)
        np.testing.assert_allclose(out, expected, rtol=0, atol=32 * k**0.5 * np.finfo(dtype).eps, err_msg=f"{m} {n} {k}")


@each_number
def test_arrays_with_gaps_are_left_to_numpy(threads: int, hire: Hire) -> None:
    team, rng = hire(threads, np.float64), np.random.default_rng(0)
    a, b, out = rng.random((200, 200))[:, ::2], rng.random((200, 150))[::2], np.zeros((200, 150))
    for left, right in product((a, a.copy()), (b, b.copy())):
        team.product(left, right, out)
        np.testing.assert_allclose(out, a @ b)
    for wrong in (out[:, ::2], out[:150], out.astype(np.float32), np.zeros((200, 300))[:, ::2]):
        with pytest.raises(ValueError, match="output array"):
            team.product(a, b, wrong)


@each_dtype
@each_number
@pytest.mark.parametrize("n", [1, 63, 64, 784])
def test_rows_are_gathered(n: int, threads: int, dtype: Any, hire: Hire) -> None:
    team, rng = hire(threads, dtype), np.random.default_rng(0)
    x, rows = rng.random((300, n)).astype(dtype), rng.integers(0, 300, 257)
    for kernels, kept in ((team, rows), (team, rows[:1]), (NUMBA, rows), (NUMBA, rows[:0])):
        kernels.gather(x, kept, out := np.full((len(kept), n), np.nan, dtype))
        np.testing.assert_array_equal(out, x[kept])
    team.gather(x[:, ::-1], rows, out := np.zeros((257, n), dtype))
    np.testing.assert_array_equal(out, x[:, ::-1][rows])


@each_dtype
@each_number
@each_call(OPTIMIZERS)
def test_an_update_is_that_of_one_thread_to_the_last_bit(call: Call, threads: int, dtype: Any, hire: Hire) -> None:
    team = hire(threads, dtype)
    for n in (7, crew.LEAST_UPDATE - 1, crew.LEAST_UPDATE, crew.LEAST_UPDATE + 23):
        pairs = zip(results(call, shared_kernels(team), n, dtype), results(call, NUMBA, n, dtype), strict=True)
        for found, expected in pairs:
            np.testing.assert_array_equal(found, expected)


def shared_kernels(team: Team) -> Kernels:
    kernels = copy(NUMBA)
    vars(kernels).update(team.shared(NUMBA))
    return kernels


def results(call: Call, kernels: Kernels, n: int, dtype: Any, m: int = 1) -> list[Any]:
    return call.results(kernels, call.arguments(Room(m, n, dtype)))


@each_number
def test_who_is_there_does_not_matter(threads: int) -> None:
    """Nobody but the leader, helpers who are awake, who sleep, who have been sent away: the same bits."""
    a, b = factors(784, 128, 128, True, False, np.float32)
    team, found = Team(threads, np.float32), []
    for helpers in ("absent", "called", "awake", "asleep", "sent away", "back"):
        if helpers == "called":
            team.begin()
        team.desk[crew.BOOK] = helpers == "sent away"
        time.sleep(0.05 if helpers == "asleep" else 0)
        team.product(a, b, out := np.full((784, 128), np.nan, np.float32))
        found.append(out)
    team.end()
    for out in found[1:]:
        np.testing.assert_array_equal(out, found[0])


@each_number
def test_every_order_is_carried_out_once(threads: int, hire: Hire) -> None:
    """Twice would go one way along the gradient twice."""
    team, n = hire(threads, np.float64), crew.LEAST_UPDATE
    kernels, theta, ones = shared_kernels(team), np.zeros(n), np.ones(n)
    for _ in range(ORDERS):
        kernels.gradient_descent(theta, ones, theta, -1.0)
    np.testing.assert_array_equal(theta, ORDERS)


def test_a_team_is_at_work_for_a_while() -> None:
    """As many as OpenBLAS had threads, which rests meanwhile; also when something breaks in."""
    blas.hold_at(2)
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
    kernels = copy(NUMBA)
    blas.hold_at(1)
    with at_work(kernels, np.float32):
        assert vars(kernels) == vars(NUMBA)
    assert blas.threads() == 1


def test_two_trainings_at_once_are_both_teams() -> None:
    """The second finds OpenBLAS at rest, and is no smaller for that; the last restores it, whichever began first."""
    first, second = copy(NUMBA), copy(NUMBA)
    blas.hold_at(2)
    one, other = at_work(first, np.float32), at_work(second, np.float32)
    one.__enter__()
    other.__enter__()
    assert [kernels.team.desk[crew.THREADS] for kernels in (first, second)] == [2, 2]
    one.__exit__(None, None, None)
    assert blas.threads() == 1
    other.__exit__(None, None, None)
    assert blas.threads() == 2


@each_call({name: CALLS[name] for name in ("product", "gather", *UPDATES)})
def test_helpers_do_what_the_leader_would_do(call: Call, hire: Hire) -> None:
    """The leader publishes the order and does nothing: all parts are done by helpers, who know no arrays, only addresses."""
    m, n = 70, 45
    team, arguments = hire(3, np.float32), call.arguments(Room(m, n, np.float32))
    numbers = [argument for argument in arguments if isinstance(argument, float)]
    arrays = {id(argument): argument for argument in arguments if isinstance(argument, np.ndarray)}  # each once
    addresses = [array.ctypes.data for array in arrays.values()][: UPDATES[call.kernel][1] if call.kernel in UPDATES else None]
    desk, team.figures[: len(numbers)] = team.desk, numbers
    desk[crew.A : crew.A + len(addresses)] = addresses
    desk[crew.M], desk[crew.N], desk[crew.K] = m, n, m if call.kernel == "gather" else n
    desk[crew.KERNEL], desk[crew.TURNED] = getattr(crew, call.kernel.upper()), 0
    desk[crew.TICKET] = (desk[crew.TICKET] | crew.BYTE) + 1
    until = time.monotonic() + 20
    while desk[crew.DONE] < 3:
        assert time.monotonic() < until, "nobody helps"
    kept = [value for k, value in enumerate(arguments) if k not in call.spoilt and isinstance(value, np.ndarray)]
    for found, expected in zip(kept, results(call, NUMBA, n, np.float32, m), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 if call.kernel == "product" else 0)
