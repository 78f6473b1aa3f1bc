"""Whether helpers are there: they are while orders take less time with them than without.

Beside another program a team can be slower than its leader alone: who is put aside while it holds a part, or slowed down, keeps
everybody waiting. So the time of orders is taken, in spells of some milliseconds, now and then of one in the other way. What lies
between orders does not count. Who is there changes no bit of a result, so a clock may decide it.
"""

import time
from typing import Any

import numpy as np
from numba import types

from dlrun.arrays import IntArray
from dlrun.kernels.numba_column.atomics import store
from dlrun.kernels.numba_column.compiling import compiled

# where in the book: whether helpers are away, which they read; what a million multiplications take with them, and without them, 0
# until it is known; nanoseconds, multiplications and orders of this spell; spells since helpers came or went; the clock
AWAY, PRICES, SPENT, WORK, ORDERS, SPELLS, CLOCK = 0, 8, 10, 11, 12, 13, 14
SPELL, LEAST_ORDERS = 4_000_000, 32  # nanoseconds at least; orders at least, those of several steps
PATIENCE = 50  # spells, until the other way is tried once more
MARGIN = 8  # the other way is tried sooner if its last spell was cheaper by more than an eighth
MONOTONIC = getattr(time, "CLOCK_MONOTONIC", 1)

clock_gettime: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.voidptr))


@compiled
def now(book: IntArray) -> int:
    """Return the nanoseconds that a clock shows which only goes forward."""
    clock_gettime(np.int32(MONOTONIC), book.ctypes.data + 8 * CLOCK)
    return int(book[CLOCK] * 1_000_000_000 + book[CLOCK + 1])


@compiled
def enter(book: IntArray, nanoseconds: int, multiplications: int) -> None:
    """Enter the time of an order; at the end of a spell, decide whether helpers are there in the next one."""
    book[SPENT] += nanoseconds
    book[WORK] += multiplications
    book[ORDERS] += 1
    if book[SPENT] >= SPELL and book[ORDERS] >= LEAST_ORDERS:
        _decide(book, book[SPENT] * 1024 // (book[WORK] // 1024 + 1))
        book[SPENT] = book[WORK] = book[ORDERS] = 0


@compiled
def _decide(book: IntArray, price: int) -> None:
    """Close a spell of this price: stay, or go over to the other way; after its first spell one stays only if it is cheaper."""
    away, is_first = book[AWAY], book[SPELLS] == 0
    other = book[PRICES + 1 - away]
    here = price if is_first else (book[PRICES + away] + price) // 2
    book[PRICES + away] = here
    book[SPELLS] += 1
    if here > other + (0 if is_first else other // MARGIN) or book[SPELLS] == PATIENCE:
        book[SPELLS] = 0
        store(book.ctypes.data, 1 - away)
