"""Who is told when kernels are compiled, and which clocks stand still meanwhile; Numba's events are made up here."""

from threading import Thread
from time import monotonic, sleep

from numba.core.event import trigger_event

import dlrun.kernels.numba_column  # noqa: F401 - it listens to Numba
from dlrun.kernels import Clock, compilation, told_of_compiling

COMPILE, LOCK = "numba:compile", "numba:compiler_lock"
SECONDS = 0.05


def hold(kind: str = LOCK) -> None:
    with trigger_event(kind):
        sleep(SECONDS)


def elsewhere(kind: str) -> None:
    other = Thread(target=hold, args=[kind])
    other.start()
    other.join()


def test_a_clock_stands_still_while_the_lock_is_held_however_often_it_is_taken() -> None:
    clock = Clock()
    began, moment = monotonic(), clock()
    with clock.standing_still():
        sleep(SECONDS)
        assert clock() - moment >= SECONDS
        assert clock.stood_still == 0
        with trigger_event(LOCK):
            hold()
            hold()
        assert 2 * SECONDS <= clock.stood_still < monotonic() - began - SECONDS
        hold()
        assert (so_far := clock.stood_still) >= 3 * SECONDS
    hold()
    assert clock.stood_still == so_far  # outside the block it goes on
    assert clock() - moment <= monotonic() - began - so_far


def test_one_is_told_once_before_the_first_kernel_is_compiled() -> None:
    told: list[bool] = []
    with told_of_compiling(lambda: told.append(True)):
        hold()  # what is loaded
        assert not told
        with trigger_event(COMPILE):
            assert told == [True]
            hold(COMPILE)
        hold(COMPILE)
    assert told == [True]
    with told_of_compiling(lambda: told.append(True)):
        pass
    hold(COMPILE)
    assert told == [True]


def test_what_other_threads_compile_is_not_ours() -> None:
    clock, told = Clock(), list[bool]()
    with clock.standing_still(), told_of_compiling(lambda: told.append(True)):
        elsewhere(LOCK)
        elsewhere(COMPILE)
    assert clock.stood_still == 0
    assert not told


def test_what_is_told_without_numba_counts_too() -> None:
    clock, told = Clock(), list[bool]()
    with clock.standing_still(), told_of_compiling(lambda: told.append(True)):
        with compilation.loading():
            hold()
        assert not told
        compilation.compiling_begins()
    assert SECONDS <= clock.stood_still < 2 * SECONDS
    assert told == [True]


def test_a_teller_is_told_once_by_whoever_listens_inside() -> None:
    told: list[str] = []
    with told_of_compiling(lambda: told.append("outer")), told_of_compiling(lambda: told.append("inner")):
        compilation.compiling_begins()
        compilation.compiling_begins()
    assert sorted(told) == ["inner", "outer"]
