"""Teams: threads that share the work of a step, where it is large enough, one of them the one that asks for it.

OpenBLAS can share products alone, and what stands between them takes a third of a step at medium sizes. So its own threads rest
while a team is at work, and each thread of the team has it make a part of the product. With one thread there are no helpers.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from dlrun.arrays import Array, IntArray, aligned_zeros
from dlrun.kernels.numpy_column import batches, layers
from dlrun.kernels.playing import desk, ticket
from dlrun.kernels.playing.entrance import entrance

UPDATES = {  # the orders for optimizers' kernels, and how many vectors each works on: parameters, gradient, slots
    "gradient_descent": (desk.GRADIENT_DESCENT, 2),
    "momentum": (desk.MOMENTUM, 3),
    "nesterov": (desk.NESTEROV, 3),
    "adagrad": (desk.ADAGRAD, 3),
    "rmsprop": (desk.RMSPROP, 3),
    "adam": (desk.ADAM, 4),
    "nadam": (desk.NADAM, 4),
}
SHORT = 256  # bytes: NumPy copies rows below that sooner


class Team:
    """A desk with orders, and the helpers who look at it."""

    def __init__(self, threads: int, dtype: npt.DTypeLike) -> None:
        self._bind, self._dtype = entrance(dtype), np.dtype(dtype)
        memory = aligned_zeros((desk.DESK + desk.FIGURES + desk.ORDERS * ticket.TICKET,), np.float64)
        self._place, self.figures = memory.ctypes.data, memory[desk.DESK :][: desk.FIGURES]
        self.desk: IntArray = memory[: desk.DESK].view(np.int64)
        # views all: whoever has a ticket, as a helper who is still on the way home, keeps the desk
        self._tickets: IntArray = memory[desk.DESK + desk.FIGURES :].view(np.int64).reshape(desk.ORDERS, ticket.TICKET)
        self.desk[[desk.TICKET, desk.THREADS]] = desk.BYTE, threads
        self._plays = {look: self._entrance(desk.LOOKING if look else desk.PLAY) for look in (False, True)}
        self._product, self._gather = self._entrance(desk.PRODUCT), self._entrance(desk.GATHER)
        self.helpers: list[Thread] = []

    def begin(self) -> None:
        """Start the helpers."""
        help_out = self._entrance(desk.HELP)
        self.helpers = [Thread(target=help_out, daemon=True) for _ in range(self.desk[desk.THREADS] - 1)]
        with suppress(RuntimeError):  # as many as the system lets start: whoever is there takes all parts
            for helper in self.helpers:
                helper.start()

    def end(self) -> None:
        """Send the helpers home; nobody waits for them, which would be for ever while the interpreter shuts down."""
        self.desk[desk.CLOSED] = 1

    def kernels(self) -> dict[str, Callable[..., Any]]:
        """Return the kernels that are the team's."""
        updates = {name: self._entrance(*told) for name, told in UPDATES.items()}
        return {"product": self.product, "gather": self.gather, **updates}

    def play(self, page: IntArray, x: Array, y: Array | IntArray, *, look: bool) -> None:
        """Play the tape of this page on the mini-batch x (m, n), y (m,), both without gaps."""
        self._plays[look](page, x, y)

    def product(self, a: Array, b: Array, out: Array) -> None:
        """Compute out = a b."""
        turned = desk.A_TURNED * _is_turned(a) + desk.B_TURNED * _is_turned(b)
        plain = (turned & desk.A_TURNED or a.flags.c_contiguous) and (turned & desk.B_TURNED or b.flags.c_contiguous)
        fits = (*out.shape, a.shape[1]) == (len(a), b.shape[1], len(b)) and a.dtype == b.dtype and self._fits(out)
        if plain and fits and a.dtype == self._dtype and out.size > 1:  # NumPy takes the dot of two vectors, whose sum is another
            self.desk[desk.TURNED] = turned
            self._product(a, b, out)
        else:
            layers.product(a, b, out)

    def gather(self, x: Array, rows: IntArray, out: Array) -> None:
        """Write x[rows], rows within range, into out (len(rows), n)."""
        plain = x.flags.c_contiguous and rows.flags.c_contiguous and rows.dtype == np.int64
        if plain and x.dtype == self._dtype and out.nbytes >= SHORT * len(out) and self._fits(out):
            self._gather(x, rows, out)
        else:
            batches.gather(x, rows, out)

    def _fits(self, array: Array) -> bool:
        """Say whether an array is of the team's type, without gaps."""
        return array.dtype == self._dtype and array.flags.c_contiguous

    def _entrance(self, order: int, vectors: int = 0) -> Callable[..., None]:
        """Return a function that carries out such orders at once."""
        ticket.write(self._tickets[order], self._place, order, vectors)
        return self._bind(self._tickets[order])


def _is_turned(array: Array) -> bool:
    """Say whether an array lies in memory as its transpose does."""
    return not array.flags.c_contiguous and array.flags.f_contiguous
