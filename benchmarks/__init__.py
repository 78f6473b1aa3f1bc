"""What dlrun costs, beside its peers and beside the least that is possible; RESULTS.md has the figures, NOTES.md the lessons.

Whatever the environment says to libraries of linear algebra, threads and compilers is taken away first, and to Python about
keeping compiled modules: every contender works as it does where it is simply installed.
"""

import os

SETTINGS = ("OPENBLAS_", "GOTO_", "MKL_", "OMP_", "XLA_", "NUMBA_", "NVPL_", "PYTHONDONTWRITEBYTECODE")

for name in list(os.environ):
    if name.startswith(SETTINGS):
        del os.environ[name]
