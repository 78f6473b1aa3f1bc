"""Who is told when kernels are compiled, and which clocks stand still meanwhile; Numba's events are made up here."""

from threading import Thread
from time import monotonic, sleep

from numba.core.event import trigger_event

from dlrun.kernels import NUMPY, Clock, column, told_of_compiling

NUMBA = column("numba")
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
    with clock.standing_still(NUMBA):
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
    with told_of_compiling(NUMBA, lambda: told.append(True)):
        hold()  # what is loaded
        assert not told
        with trigger_event(COMPILE):
            assert told == [True]
            hold(COMPILE)
        hold(COMPILE)
    assert told == [True]
    with told_of_compiling(NUMBA, lambda: told.append(True)):
        pass
    hold(COMPILE)
    assert told == [True]


def test_what_other_threads_compile_is_not_ours() -> None:
    clock, told = Clock(), list[bool]()
    with clock.standing_still(NUMBA), told_of_compiling(NUMBA, lambda: told.append(True)):
        elsewhere(LOCK)
        elsewhere(COMPILE)
    assert clock.stood_still == 0
    assert not told


def test_numpys_kernels_are_compiled_by_nobody() -> None:
    clock, told = Clock(), list[bool]()
    with clock.standing_still(NUMPY), told_of_compiling(NUMPY, lambda: told.append(True)):
        hold()
        hold(COMPILE)
    assert clock.stood_still == 0
    assert not told
