"""How many threads the matrix products use: chosen once from shapes and cores, then held, because it decides the last bits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

OPERATIONS_A_THREAD = 3e7  # of a step, for every thread but the first: see benchmarks/NOTES.md


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_threads(n_weights: int, batch_size: int, n_cores: int) -> int:
    """Return 1 for small products, up to all cores for larger ones: a step does 2 · batch · weights operations three times."""
    return min(n_cores, round(1 + 6 * batch_size * n_weights / OPERATIONS_A_THREAD))


@contextmanager
def pinned(threads: int) -> Iterator[None]:
    """Hold the BLAS library at this many threads."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=threads, user_api="blas"):
        yield
