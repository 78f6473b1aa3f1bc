"""What a crew of threads does: the work of one kernel, cut into parts that whoever is free takes, the next one first.

Nobody is given a part, so nobody waits for a thread that the system has put aside before it took one. How work is cut depends on
its size and the number of threads, never on who does it: the same bits every time. A part must not fail, so it allocates nothing:
whoever asked would wait for it for ever.

Orders stand on a desk (dlrun/kernels/playing/desk.py), numbers of another kind behind it, `figures`.
"""

import numpy as np

from dlrun.arrays import Array, IntArray
from dlrun.kernels.numba_column import attendance, blas, updates
from dlrun.kernels.numba_column.addresses import matrix_at, vector_at
from dlrun.kernels.numba_column.atomics import exchange, increment, load, pause, sleep_us, store, yield_core
from dlrun.kernels.numba_column.batches import gather_rows
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.playing.desk import (
    A_TURNED,
    ADAGRAD,
    ADAM,
    B_TURNED,
    BOOK,
    BYTE,
    CLOSED,
    DONE,
    GATHER,
    GRADIENT_DESCENT,
    KERNEL,
    LEAST_GATHER,
    LEAST_PRODUCT,
    LEAST_UPDATE,
    MOMENTUM,
    NESTEROV,
    PRODUCT,
    RMSPROP,
    THREADS,
    TICKET,
    TURNED,
    A,
    B,
    C,
    D,
    K,
    M,
    N,
)  # fmt: skip

EACH = 16  # multiplications of a product that take as long as to gather a number, or to update a parameter
TILE = 16  # rows or columns that a product is cut at: OpenBLAS works on so many at once
LINE = 64 // 4  # numbers that a vector is cut at: where it begins on a cache line, no two threads write to the same one
SPINS, NAP = 100_000, 50  # how often a helper looks for work, a millisecond or two, before it sleeps for so many µs at a time
PATIENCE = 5_000  # how often a leader looks whether all parts are done before it lets others have its core
GONE = 200  # µs that a helper sleeps at a time who is not wanted


@compiled
def product(
    desk: IntArray, figures: Array, kind: Array, a: int, b: int, c: int, m: int, n: int, k: int, turned: int,
) -> None:  # fmt: skip
    """Write C (m, n) = A (m, k) B (k, n), each at its address, together if it is large enough."""
    if desk[THREADS] > 1 and m > 1 and n > 1 and m * n * k >= LEAST_PRODUCT:
        desk[KERNEL], desk[TURNED] = PRODUCT, turned
        desk[A], desk[B], desk[C] = a, b, c
        desk[M], desk[N], desk[K] = m, n, k
        lead(desk, figures, kind, m * n * k)
    else:
        blas.product(kind.itemsize, a, b, c, m, n, k, turned & A_TURNED != 0, turned & B_TURNED != 0)


@compiled
def gather(desk: IntArray, figures: Array, kind: Array, x: int, rows: int, out: int, m: int, n: int, rows_of_x: int) -> None:
    """Write x[rows], of an x with so many rows, into out (m, n), together if it is large enough."""
    if desk[THREADS] > 1 and m * n * kind.itemsize >= LEAST_GATHER:
        desk[KERNEL], desk[A], desk[B], desk[C] = GATHER, x, rows, out
        desk[M], desk[N], desk[K] = m, n, rows_of_x
        lead(desk, figures, kind, EACH * m * n)
    else:
        gather_rows(matrix_at(x, kind, rows_of_x, n), vector_at(rows, np.int64, m), matrix_at(out, kind, m, n))


@compiled
def update(desk: IntArray, figures: Array, kind: Array, order: int, a: int, b: int, c: int, d: int, n: int) -> None:
    """Make a step of an optimizer on vectors (n,) at these addresses, together if they are large enough."""
    if desk[THREADS] > 1 and n >= LEAST_UPDATE:
        desk[KERNEL], desk[A], desk[B], desk[C], desk[D] = order, a, b, c, d
        desk[N] = n
        lead(desk, figures, kind, EACH * n)
    else:
        _update(order, figures, vector_at(a, kind, n), vector_at(b, kind, n), vector_at(c, kind, n), vector_at(d, kind, n))


@compiled
def lead(desk: IntArray, figures: Array, kind: Array, work: int) -> None:
    """Have the order on the desk carried out, about so many multiplications of a product, and take part in it."""
    at, looks, book = desk.ctypes.data, 0, desk[BOOK:]
    began = attendance.now(book)
    store(at + 8 * DONE, 0)
    store(at + 8 * TICKET, (load(at + 8 * TICKET) | BYTE) + 1)
    take_parts(desk, figures, kind)
    while load(at + 8 * DONE) < desk[THREADS]:
        looks += 1
        if looks < PATIENCE:
            pause()
        else:
            yield_core()
    attendance.enter(book, attendance.now(book) - began, work)


@compiled
def help_out(desk: IntArray, figures: Array, kind: Array) -> None:
    """Take parts of every order until the desk is closed."""
    at, looks = desk.ctypes.data, 0
    while load(at + 8 * CLOSED) == 0:
        if load(at + 8 * BOOK):
            sleep_us(GONE)
            continue
        if take_parts(desk, figures, kind):
            looks = 0
        looks += 1
        if looks < SPINS:
            pause()
        else:
            sleep_us(NAP)


@compiled
def take_parts(desk: IntArray, figures: Array, kind: Array) -> int:
    """Carry out parts of the order on the desk while there are some that nobody has taken; return how many."""
    at, taken = desk.ctypes.data, 0
    while True:
        ticket = load(at + 8 * TICKET)
        if ticket & BYTE >= desk[THREADS]:
            return taken
        if exchange(at + 8 * TICKET, ticket, ticket + 1):
            _carry_out(desk, figures, kind, ticket & BYTE)
            increment(at + 8 * DONE)
            taken += 1


@compiled
def _carry_out(desk: IntArray, figures: Array, kind: Array, part: int) -> None:
    """Do this part of the order."""
    kernel, parts, m, n, k = desk[KERNEL], desk[THREADS], desk[M], desk[N], desk[K]
    a, b, c, size = desk[A], desk[B], desk[C], kind.itemsize
    if kernel == PRODUCT:
        a_turned, b_turned = desk[TURNED] & A_TURNED != 0, desk[TURNED] & B_TURNED != 0
        if m > n:
            first, last = _cut(m, TILE, part, parts)
            blas.rows_of_product(size, a, b, c, m, n, k, a_turned, b_turned, first, last)
        else:
            first, last = _cut(n, TILE, part, parts)
            blas.columns_of_product(size, a, b, c, m, n, k, a_turned, b_turned, first, last)
    elif kernel == GATHER:
        first, last = _cut(m, 1, part, parts)
        rows = vector_at(b, np.int64, m)[first:last]
        gather_rows(matrix_at(a, kind, k, n), rows, matrix_at(c, kind, m, n)[first:last])
    else:
        first, last = _cut(n, LINE, part, parts)
        _update(kernel, figures, vector_at(a, kind, n)[first:last], vector_at(b, kind, n)[first:last],
                vector_at(c, kind, n)[first:last], vector_at(desk[D], kind, n)[first:last])  # fmt: skip


@compiled
def _cut(size: int, step: int, part: int, parts: int) -> tuple[int, int]:
    """Return where a part of so many begins and ends: all but the last end at a multiple of step."""
    first, last = part * size // parts // step * step, (part + 1) * size // parts // step * step
    return first, size if part + 1 == parts else last


@compiled
def _update(kernel: int, f: Array, theta: Array, grad: Array, first: Array, second: Array) -> None:
    """Make a step of an optimizer with one slot or two, hyperparameters f, on a stretch of the parameters."""
    if kernel == GRADIENT_DESCENT:
        updates.gradient_descent(theta, grad, theta, f[0])
    elif kernel == MOMENTUM:
        updates.momentum(theta, grad, first, theta, f[0], f[1])
    elif kernel == NESTEROV:
        updates.nesterov(theta, grad, first, theta, f[0], f[1])
    elif kernel == ADAGRAD:
        updates.adagrad(theta, grad, first, theta, f[0], f[1])
    elif kernel == RMSPROP:
        updates.rmsprop(theta, grad, first, theta, f[0], f[1], f[2])
    elif kernel == ADAM:
        updates.adam(theta, grad, first, second, theta, f[0], f[1], f[2], f[3], f[4], f[5])
    else:
        updates.nadam(theta, grad, first, second, theta, f[0], f[1], f[2], f[3], f[4], f[5], f[6])
