"""Helpers are there while orders take less time with them than without, and where that changes, so do they."""

import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import pytest

from dlrun.arrays import IntArray
from dlrun.kernels.numba_column import attendance
from dlrun.kernels.numba_column.attendance import AWAY
from dlrun.kernels.playing.desk import PAGES

MULTIPLICATIONS = 2_000_000
ALONE = 30_000  # nanoseconds that an order takes without helpers
SECOND = 1_000_000_000
Took: TypeAlias = Iterator[int]  # the nanoseconds of each order with helpers


def steady(nanoseconds: int) -> Took:
    while True:
        yield nanoseconds


def stalled(every: int, stall: int = 4_000_000) -> Took:
    """With helpers it takes 20 µs, but for each so-manieth order."""
    while True:
        yield from [20_000] * (every - 1)
        yield 20_000 + stall


def noisy(mean: int) -> Took:
    rng = np.random.default_rng(0)
    while True:
        yield from (mean * rng.lognormal(-0.02, 0.2, 1000)).astype(int).tolist()


def spent(book: IntArray, took: Took, nanoseconds: int = SECOND, alone: int = ALONE) -> tuple[float, float]:
    """Enter orders until so much time has passed; return the part of it without helpers, and the mean of an order."""
    away = passed = orders = 0
    while passed < nanoseconds:
        now_away = book[AWAY]
        order = alone if now_away else next(took)
        attendance.enter(book, order, MULTIPLICATIONS)
        passed, away, orders = passed + order, away + now_away * order, orders + 1
    return away / passed, passed / orders


@pytest.mark.parametrize("took", [steady(20_000), noisy(20_000), steady(28_000), stalled(10_000)])
def test_helpers_who_help_stay(took: Took) -> None:
    away, _ = spent(np.zeros(PAGES, np.int64), took)
    assert 0 < away < 0.1


@pytest.mark.parametrize("took", [steady(60_000), noisy(60_000), stalled(100), stalled(20)])
def test_helpers_who_keep_others_waiting_are_sent_away(took: Took) -> None:
    away, mean = spent(np.zeros(PAGES, np.int64), took)
    assert 0.85 < away < 1
    assert mean < 1.1 * ALONE


@pytest.mark.parametrize(("before", "after"), [(20_000, 90_000), (90_000, 20_000)])
def test_a_change_is_noticed(before: int, after: int) -> None:
    book = np.zeros(PAGES, np.int64)
    spent(book, steady(before))
    spent(book, steady(after), SECOND // 3)  # until the other way is tried
    away, _ = spent(book, steady(after))
    assert away > 0.85 if after > before else away < 0.1


def test_large_orders_are_compared_over_whole_steps() -> None:
    """Longer than a spell each: those of one kind would be compared with those of another."""
    book, costs = np.zeros(PAGES, np.int64), [5_000_000, 50_000_000]
    gone = []
    for k in range(40 * attendance.LEAST_ORDERS):
        gone.append(book[AWAY])
        attendance.enter(book, costs[k % 2] * (2 if book[AWAY] else 1), MULTIPLICATIONS)
    assert 0 < np.mean(gone) < 0.1


def seconds(clock: Callable[[], float], slept: float) -> float:
    began = clock()
    time.sleep(slept)
    return clock() - began


def test_the_clock_goes_as_others_do() -> None:
    book = np.zeros(PAGES, np.int64)
    passed, expected = seconds(lambda: attendance.now(book) / SECOND, 0.02), seconds(time.perf_counter, 0.02)
    assert 0.02 <= passed < 5 + expected
    assert not book[: attendance.CLOCK].any()
