"""Teams: threads that share the work of a kernel, where it is large enough, one of them the one that asks for it.

OpenBLAS can share products alone, and what stands between them takes a third of a step at medium sizes. So its own threads rest
while a team is at work, and each thread of the team has it make a part of the product.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, IntArray, aligned_zeros
from dlrun.kernels.numba_column import batches, blas, crew
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numpy_column import layers as numpy_layers
from dlrun.kernels.table import Kernels

UPDATES = {  # the orders for optimizers' kernels, and how many vectors each works on: parameters, gradient, slots
    "gradient_descent": (crew.GRADIENT_DESCENT, 2),
    "momentum": (crew.MOMENTUM, 3),
    "nesterov": (crew.NESTEROV, 3),
    "adagrad": (crew.ADAGRAD, 3),
    "rmsprop": (crew.RMSPROP, 3),
    "adam": (crew.ADAM, 4),
    "nadam": (crew.NADAM, 4),
}


class Team:
    """A desk with orders, and the helpers who look at it; with one thread there are none."""

    def __init__(self, threads: int, dtype: npt.DTypeLike) -> None:
        self.desk: IntArray = aligned_zeros((crew.DESK,), np.float64).view(np.int64)
        self.figures, self.kind = np.zeros(crew.FIGURES), np.zeros(0, dtype)
        self.desk[[crew.TICKET, crew.THREADS]] = crew.BYTE, threads
        self.helpers: list[Thread] = []

    def begin(self) -> None:
        """Start the helpers; what they run is compiled first."""
        told = self.desk, self.figures, self.kind
        self.desk[crew.CLOSED] = 1
        crew.help_out(*told)
        self.desk[crew.CLOSED] = 0
        self.helpers = [Thread(target=crew.help_out, args=told, daemon=True) for _ in range(self.desk[crew.THREADS] - 1)]
        with suppress(RuntimeError):  # as many as the system lets start: whoever is there takes all parts
            for helper in self.helpers:
                helper.start()

    def end(self) -> None:
        """Send the helpers home; nobody waits for them, which would be for ever while the interpreter shuts down."""
        self.desk[crew.CLOSED] = 1

    def shared(self, kernels: Kernels) -> dict[str, Callable[..., Any]]:
        """Return those of these kernels that the team shares."""
        updates = {name: self._update(getattr(kernels, name), *told) for name, told in UPDATES.items()}
        return {"product": self.product, "gather": self.gather, **updates}

    def product(self, a: Array, b: Array, out: Array) -> None:
        """Compute out = a b."""
        fits = self._fits(out) and a.dtype == b.dtype == out.dtype and (*out.shape, a.shape[1]) == (len(a), b.shape[1], len(b))
        if not (fits and _share_product(self.desk, self.figures, self.kind, a, b, out)):
            numpy_layers.product(a, b, out)

    def gather(self, x: Array, rows: IntArray, out: Array) -> None:
        """Write x[rows], rows within range, into out (len(rows), n)."""
        if out.nbytes >= crew.LEAST_GATHER and self._fits(out) and batches.is_long(x, rows, out):
            _share_gather(self.desk, self.figures, self.kind, x, rows, out)
        else:
            batches.gather(x, rows, out)

    def _fits(self, array: Array) -> bool:
        """Say whether an array is of the team's kind, without gaps."""
        return bool(array.dtype == self.kind.dtype and array.flags.c_contiguous)

    def _update(self, alone: Callable[..., None], order: int, n_vectors: int) -> Callable[..., None]:
        """Return an optimizer's kernel, as the team does it."""

        def update(*arguments: Any) -> None:
            vectors, figures = arguments[:n_vectors], arguments[n_vectors + 1 :]  # scratch between them is not needed
            if vectors[0].size >= crew.LEAST_UPDATE and all(map(self._fits, vectors)):
                _share_update(self.desk, self.figures, self.kind, order, vectors, tuple(map(float, figures)))
            else:
                alone(*arguments)

        return update


NOBODY = Team(1, np.float32)


@contextmanager
def at_work(kernels: Kernels, dtype: npt.DTypeLike) -> Iterator[None]:
    """Have as many threads as OpenBLAS is held at share the work of these kernels on numbers of this type, while its own rest."""
    if not blas.IS_FOUND:
        yield
        return
    with blas.resting() as threads:
        team = Team(min(threads, crew.MOST), dtype)
        shared = team.shared(kernels) if threads > 1 else {}
        alone = {name: getattr(kernels, name) for name in shared}
        try:
            if shared:
                team.begin()
                vars(kernels).update(shared, team=team)
            yield
        finally:
            team.end()
            vars(kernels).update(alone, team=None)


@compiled
def product(
    desk: IntArray, figures: Array, kind: Array, a: int, b: int, c: int, m: int, n: int, k: int, turned: int,
) -> None:  # fmt: skip
    """Write C (m, n) = A (m, k) B (k, n), each at its address."""
    if desk[crew.THREADS] > 1 and m > 1 and n > 1 and m * n * k >= crew.LEAST_PRODUCT:
        desk[crew.KERNEL], desk[crew.TURNED] = crew.PRODUCT, turned
        desk[crew.A], desk[crew.B], desk[crew.C] = a, b, c
        desk[crew.M], desk[crew.N], desk[crew.K] = m, n, k
        crew.lead(desk, figures, kind, m * n * k)
    else:
        blas.product(kind.itemsize, a, b, c, m, n, k, turned & crew.A_TURNED != 0, turned & crew.B_TURNED != 0)


@compiled
def _share_product(desk: IntArray, figures: Array, kind: Array, a: Array, b: Array, out: Array) -> bool:
    """Write out = a b; say whether that was possible: not if an array has gaps, nor for a dot of two vectors."""
    (m, n), k, turned = out.shape, a.shape[1], 0
    if a.strides[0] == a.itemsize and a.strides[1] == m * a.itemsize:
        turned += crew.A_TURNED
    elif a.strides[1] != a.itemsize or a.strides[0] != k * a.itemsize:
        return False
    if b.strides[0] == b.itemsize and b.strides[1] == k * b.itemsize:
        turned += crew.B_TURNED
    elif b.strides[1] != b.itemsize or b.strides[0] != n * b.itemsize:
        return False
    if m * n == 1:
        return False
    product(desk, figures, kind, a.ctypes.data, b.ctypes.data, out.ctypes.data, m, n, k, turned)
    return True


@compiled
def _share_gather(desk: IntArray, figures: Array, kind: Array, x: Array, rows: IntArray, out: Array) -> None:
    desk[crew.KERNEL], desk[crew.K] = crew.GATHER, len(x)
    desk[crew.A], desk[crew.B], desk[crew.C] = x.ctypes.data, rows.ctypes.data, out.ctypes.data
    desk[crew.M], desk[crew.N] = out.shape
    crew.lead(desk, figures, kind, crew.EACH * out.size)


@compiled
def _share_update(
    desk: IntArray, figures: Array, kind: Array, order: int, vectors: tuple[Array, ...], numbers: tuple[float, ...],
) -> None:  # fmt: skip
    for place, vector in enumerate(vectors):
        desk[crew.A + place] = vector.ctypes.data
    for place, number in enumerate(numbers):
        figures[place] = number
    desk[crew.KERNEL], desk[crew.N] = order, vectors[0].size
    crew.lead(desk, figures, kind, crew.EACH * vectors[0].size)
