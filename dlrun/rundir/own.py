"""What lies in a run directory itself, and not where a link in it leads: the directory may come from a stranger."""

import stat
from pathlib import Path

from dlrun.errors import DlrunError, Problem
from dlrun.rundir.files import explained

LONGEST_LINE = 2**16  # bytes of a header: how many columns a table has, and what they cost, is decided by its first lines
LINK = "this is a link, and links within a run are not followed"
CURE = "if you trust where it leads, put a copy in its place"


def own_folder(folder: Path) -> Path:
    """Return a folder of a run.

    Errors: DlrunError if it is a link; what else may be wrong with it is said by who reads in it.
    """
    if folder.is_symlink():
        raise DlrunError(Problem(what=LINK, where=str(folder), cure=CURE))
    return folder


def own_file(path: Path, largest: int) -> Path:
    """Return a file of a run, for a reader that opens it by its name and takes all of it.

    Errors: DlrunError if it is not there, a link, not a regular file, or larger than `largest` bytes.
    """
    with explained("read", path):
        found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise DlrunError(Problem(what=LINK, where=str(path), cure=CURE))
    if not stat.S_ISREG(found.st_mode):
        raise DlrunError(Problem(what="not a regular file", where=str(path)))
    if found.st_size > largest:
        raise DlrunError(Problem(what=f"this file is larger than {largest // 2**20} MiB", where=str(path)))
    return path


def own_table(path: Path, largest: int) -> Path:
    """Return a table of a run, for a reader that opens it by its name.

    Errors: DlrunError as in `own_file`, or if its first line is longer than any header.
    """
    with explained("read", own_file(path, largest)), path.open("rb") as file:
        line = file.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise DlrunError(Problem(what="this file is damaged: its rows are too long", where=str(path)))
    return path
