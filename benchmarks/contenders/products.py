"""The floor: the matrix products of a step and nothing else, each in the faster of two layouts of the weights.

For every layer z = x W and dW = xᵀ dz, and dx = dz Wᵀ but for the first; W is kept as (n_in, n_out) or as (n_out, n_in), dW as
either too. There is no data to gather, and no loss.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.work import Array, Work

Product = Callable[[], object]
TRIED = 0.15  # seconds for each layout of each product


class Contender:
    """The products at the shapes of the work."""

    def __init__(self, work: Work, threads: int) -> None:
        self.threads, self.steps = threads, work.steps
        self.limits = threadpool_limits(threads, user_api="blas")
        self.rng = np.random.default_rng(0)
        self.products: list[Product] = []
        for layer, (n_in, n_out) in enumerate(pairwise(work.widths)):
            self.products += [fastest(layouts) for layouts in self.layer(work.batch, n_in, n_out, first=layer == 0)]

    def train(self) -> None:
        """Compute all products, so many times as there are steps."""
        for _ in range(self.steps):
            for product in self.products:
                product()

    def layer(self, m: int, n_in: int, n_out: int, *, first: bool) -> list[list[Product]]:
        """Return the forward product, dW and dx, each in both layouts."""
        x, dz, W, dW = self.matrix(m, n_in), self.matrix(m, n_out), self.matrix(n_in, n_out), self.matrix(n_in, n_out)
        V, dV = self.matrix(n_out, n_in), self.matrix(n_out, n_in)
        z, dx = np.empty_like(dz), np.empty_like(x)
        return [
            [into(x, W, z), into(x, V.T, z)],
            [into(x.T, dz, dW), into(dz.T, x, dV)],
            *([] if first else [[into(dz, W.T, dx), into(dz, V, dx)]]),
        ]

    def matrix(self, rows: int, columns: int) -> Array:
        """Return random numbers."""
        return self.rng.standard_normal((rows, columns), dtype=np.float32)


def into(a: Array, b: Array, out: Array) -> Product:
    """Return the product a b, into memory that is there."""
    return partial(np.dot, a, b, out)  # the same code as np.matmul, called sooner


def fastest(layouts: list[Product]) -> Product:
    """Return the product that takes least, after trying all in turn."""
    least = dict.fromkeys(layouts, float("inf"))
    until = perf_counter() + TRIED * len(layouts)
    while perf_counter() < until:
        for product in layouts:
            began = perf_counter()
            product()
            least[product] = min(least[product], perf_counter() - began)
    return min(least, key=least.__getitem__)
