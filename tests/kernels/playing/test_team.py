"""A team computes what one thread computes, the same bits every time, whoever of it happens to be there."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import copy
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.lib.array_utils import byte_bounds

from dlrun.arrays import Array
from dlrun.kernels import Kernels
from dlrun.kernels.numba_column import NUMBA
from dlrun.kernels.playing import calls, desk, openblas, ticket
from dlrun.kernels.playing.tape import Tape
from dlrun.kernels.playing.team import UPDATES, Team
from tests.kernels.calls import CALLS, OPTIMIZERS, Call, Room, each_call
from tests.laws import each_dtype

pytestmark = pytest.mark.skipif(not openblas.ADDRESSES, reason="NumPy has another BLAS")
each_number = pytest.mark.parametrize("threads", [2, 3])
ORDERS = 2_000
Hire: TypeAlias = Callable[[int, Any], Team]
SHARED = {name: call for name, call in CALLS.items() if call.kernel in {"product", "gather", *UPDATES}}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = openblas.threads()
    yield
    openblas.hold_at(before)


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
    for n in (7, desk.LEAST_UPDATE - 1, desk.LEAST_UPDATE, desk.LEAST_UPDATE + 23):
        pairs = zip(results(call, shared_kernels(team), n, dtype), results(call, NUMBA, n, dtype), strict=True)
        for found, expected in pairs:
            np.testing.assert_array_equal(found, expected)


def shared_kernels(team: Team) -> Kernels:
    kernels = copy(NUMBA)
    vars(kernels).update(team.kernels())
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
        team.desk[desk.BOOK] = helpers == "sent away"
        time.sleep(0.05 if helpers == "asleep" else 0)
        team.product(a, b, out := np.full((784, 128), np.nan, np.float32))
        found.append(out)
    team.end()
    for out in found[1:]:
        np.testing.assert_array_equal(out, found[0])


@each_number
def test_every_order_is_carried_out_once(threads: int, hire: Hire) -> None:
    """Twice would go one way along the gradient twice."""
    team, n = hire(threads, np.float64), desk.LEAST_UPDATE
    kernels, theta, ones = shared_kernels(team), np.zeros(n), np.ones(n)
    for _ in range(ORDERS):
        kernels.gradient_descent(theta, ones, theta, -1.0)
    np.testing.assert_array_equal(theta, ORDERS)


@each_call({name: CALLS[name] for name in ("product", "gather", *UPDATES)})
def test_helpers_do_what_the_leader_would_do(call: Call, hire: Hire) -> None:
    """The leader publishes the order and does nothing: all parts are done by helpers, who know no arrays, only addresses."""
    m, n = 70, 45
    team, arguments = hire(3, np.float32), call.arguments(Room(m, n, np.float32))
    numbers = [argument for argument in arguments if isinstance(argument, float)]
    arrays = {id(argument): argument for argument in arguments if isinstance(argument, np.ndarray)}  # each once
    addresses = [array.ctypes.data for array in arrays.values()][: UPDATES[call.kernel][1] if call.kernel in UPDATES else None]
    orders, team.figures[: len(numbers)] = team.desk, numbers
    orders[desk.A : desk.A + len(addresses)] = addresses
    orders[desk.M], orders[desk.N], orders[desk.K] = m, n, m if call.kernel == "gather" else n
    orders[desk.KERNEL], orders[desk.TURNED] = getattr(desk, call.kernel.upper()), 0
    orders[desk.TICKET] = (orders[desk.TICKET] | desk.BYTE) + 1
    until = time.monotonic() + 20
    while orders[desk.DONE] < 3:
        assert time.monotonic() < until, "nobody helps"
    kept = [value for k, value in enumerate(arguments) if k not in call.spoilt and isinstance(value, np.ndarray)]
    for found, expected in zip(kept, results(call, NUMBA, n, np.float32, m), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 if call.kernel == "product" else 0)


def test_whoever_may_look_at_a_desk_keeps_it() -> None:
    """As a helper does who is still at work when nobody remembers the team; the desk is memory of NumPy's."""
    adam: Any = Team(2, np.float64).kernels()["adam"]
    told = adam.__self__
    first, end = byte_bounds(told.base)
    assert first <= told[ticket.PLACE]
    assert told[ticket.PLACE] + 8 * (desk.DESK + desk.FIGURES) <= end


def test_vectors_that_do_not_fit_are_refused(hire: Hire) -> None:
    """Of another length, another type, or with gaps; nothing is changed."""
    update, theta = hire(2, np.float32).kernels()["gradient_descent"], np.ones(10, np.float32)
    for grad in (np.ones(9, np.float32), np.ones(10), np.ones(20, np.float32)[::2]):
        with pytest.raises(TypeError):
            update(theta, grad, theta, 0.1)
    assert (theta == 1).all()


@pytest.mark.parametrize("columns", [600, 5])
def test_a_mini_batch_of_another_size_is_not_played(columns: int, hire: Hire) -> None:
    team = hire(1, np.float32)
    x, y = np.zeros((4, columns), np.float32), np.zeros(4, np.int64)
    tape = Tape(team, x, y)
    tape.note(calls.LOOK, x, n=x.size)
    tape.close()
    rng = np.random.default_rng(0)
    assert tape.play(x, y, rng, look=True) == (0, 0, 0, True)
    for wrong in (x[:3], x[:, 1:]):
        with pytest.raises(ValueError, match="a tape for 4 examples"):
            tape.play(wrong, y[: len(wrong)], rng, look=True)
    x[2, 3] = np.inf
    assert tape.play(x, y, rng, look=True) == (0, 0, 0, False)
    assert tape.play(x, y, rng, look=False) == (0, 0, 0, True)
