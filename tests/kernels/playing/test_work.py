"""Kernels are computed in machine code for a while, and are what they were before afterwards."""

from collections.abc import Iterator
from copy import copy

import numpy as np
import pytest

from dlrun.kernels import PLAYED, at_work
from dlrun.kernels.playing import desk, openblas
from dlrun.kernels.playing.team import UPDATES

pytestmark = pytest.mark.skipif(not openblas.ADDRESSES, reason="NumPy has another BLAS")


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = openblas.threads()
    yield
    openblas.hold_at(before)


def test_a_team_is_at_work_for_a_while() -> None:
    """As many as OpenBLAS had threads, which rests meanwhile; also when something breaks in."""
    openblas.hold_at(2)
    kernels, alone = copy(PLAYED), vars(copy(PLAYED))
    with pytest.raises(ZeroDivisionError), at_work(kernels, np.float32):
        assert openblas.threads() == 1
        assert kernels.team is not None
        assert kernels.team.desk[desk.THREADS] == 2
        (helper,) = kernels.team.helpers
        assert helper.is_alive()
        assert all(getattr(kernels, name) != alone[name] for name in ("product", "gather", *UPDATES))
        raise ZeroDivisionError
    assert vars(kernels) == alone
    assert openblas.threads() == 2
    helper.join(10)
    assert not helper.is_alive()


def test_one_thread_has_no_helpers() -> None:
    kernels = copy(PLAYED)
    openblas.hold_at(1)
    with at_work(kernels, np.float32):
        assert kernels.team.helpers == []
    assert openblas.threads() == 1


def test_two_trainings_at_once_are_both_teams() -> None:
    """The second finds OpenBLAS at rest, and is no smaller for that; the last restores it, whichever began first."""
    first, second = copy(PLAYED), copy(PLAYED)
    openblas.hold_at(2)
    one, other = at_work(first, np.float32), at_work(second, np.float32)
    one.__enter__()
    other.__enter__()
    assert [kernels.team.desk[desk.THREADS] for kernels in (first, second)] == [2, 2]
    one.__exit__(None, None, None)
    assert openblas.threads() == 1
    other.__exit__(None, None, None)
    assert openblas.threads() == 2


def test_without_an_openblas_all_is_left_to_numbas_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.kernels.numba_column import NUMBA

    monkeypatch.setattr(openblas, "ADDRESSES", {})
    kernels = copy(PLAYED)
    with at_work(kernels, np.float32):
        assert vars(kernels) == vars(NUMBA)
