"""How much memory there is, asked before much is taken: the kernel promises more than it has, and kills whoever believes it."""

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path

from dlrun.errors import InvalidInput, Problem

GIB = 2**30
GROUP_LIMITS = (  # of a container: versions 2 and 1 of control groups
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def total_bytes() -> int:
    """Return the memory this process may have: of the machine, of its control group, of `ulimit -v`; the least of them.

    What other processes hold is not subtracted: whether a spec is valid should not depend on them.
    """
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in GROUP_LIMITS:
        with suppress(OSError, ValueError):  # there is no such group, or its limit is the word max
            found.append(int(path.read_text()))
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return min([*found, limit] if limit != resource.RLIM_INFINITY else found)


def require(needed: int, what: str, where: str, cure: str) -> None:
    """Raise InvalidInput at a key if this many bytes are more than there can be; what says what needs them."""
    if needed > (total := total_bytes()):
        words = f"does not fit into memory: {what} need about {_gib(needed)}, this machine has {_gib(total)}"
        raise InvalidInput(Problem(what=words, where=where, cure=cure))


def give_back() -> None:
    """Return to the system what the C library keeps for later use; only glibc is asked, others return it by themselves."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _gib(n_bytes: int) -> str:
    return f"{n_bytes / GIB:,.1f} GiB"
