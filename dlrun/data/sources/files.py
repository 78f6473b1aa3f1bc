"""Data files: opened only when they are regular files, and named in messages the way the user sees them."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Annotated, TypeAlias

from annotated_types import MinLen

from dlrun.data.messages import did_you_mean, shown
from dlrun.errors import InvalidInput, Problem
from dlrun.memory import require


@dataclass(frozen=True)
class NamesAFile:
    """Marks a key of the spec that holds the path of a file: a relative one starts at the file that names it."""


FilePath: TypeAlias = Annotated[str, MinLen(1), NamesAFile()]


def shown_path(path: str) -> str:
    """Return the path as messages show it: relative where it lies below the current directory."""
    here = Path.cwd()
    return shown(str(Path(path).relative_to(here) if Path(path).is_relative_to(here) else path), width=1000)


def open_file(path: str) -> BufferedReader:
    """Open a regular file for reading; anything else is InvalidInput, found before a pipe or a device could block."""
    name = shown_path(path)
    try:
        found = Path(path).stat()
        mode = found.st_mode
        if S_ISREG(mode):
            require(
                3 * found.st_size, f"the {found.st_size:,} bytes of this file", name, "give a part of it"
            )  # bytes, text, numbers
            # what the kernel makes while it is read, as /proc/kmsg, has no size and may have no end
            return Path(path if found.st_size else os.devnull).open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidInput(Problem(what="no such file", where=name, cure=_neighbour(Path(path)))) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte inside the path
        reason = (error.strerror or "") if isinstance(error, OSError) else str(error)
        raise InvalidInput(Problem(what=f"cannot be read: {reason}", where=name)) from None
    kind = "a directory" if S_ISDIR(mode) else "not a regular file"
    raise InvalidInput(Problem(what=f"is {kind}", where=name, cure="give the path of one data file"))


def _neighbour(path: Path) -> str:
    """Suggest a file beside the one that is missing."""
    try:
        beside = sorted(file.name for file in path.parent.iterdir() if file.is_file())
    except OSError:
        return f"there is no directory {shown(str(path.parent))}"
    cure = did_you_mean(path.name, beside)
    return cure if cure.startswith("did you mean") else "relative paths start at the file that names them"


def sha256_of_all(digests: Sequence[str]) -> str:
    """Return the digest of the one file a source reads, or of several files that of their digests."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
