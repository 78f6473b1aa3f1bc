"""Having kernels computed in machine code for a while: products, gathering and updates by a team, passes from tapes."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy.typing as npt

from dlrun.kernels.playing import desk, openblas
from dlrun.kernels.playing.team import Team
from dlrun.kernels.table import Kernels


@contextmanager
def at_work(kernels: Kernels, dtype: npt.DTypeLike) -> Iterator[None]:
    """Have as many threads as OpenBLAS is held at share the work of these kernels on numbers of this type, while its own rest."""
    with openblas.resting() as threads:
        team = Team(min(threads, desk.MOST), dtype)
        theirs = team.kernels()
        alone = {name: getattr(kernels, name) for name in theirs}
        try:
            team.begin()
            vars(kernels).update(theirs, team=team)
            yield
        finally:
            team.end()
            vars(kernels).update(alone, team=None)
