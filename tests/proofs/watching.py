"""What a piece of work does to the file system, as the interpreter's audit events tell."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATHS = {  # of each event, which arguments are paths
    "open": (0,), "os.mkdir": (0,), "os.rmdir": (0,), "os.remove": (0,), "os.rename": (0, 1), "os.link": (0, 1),
    "os.symlink": (1,), "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "os.utime": (0,), "os.listdir": (0,),
    "os.scandir": (0,), "shutil.rmtree": (0,), "shutil.move": (0, 1), "shutil.copyfile": (0, 1),
}  # fmt: skip
FORBIDDEN = {"os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "os.fork", "socket.connect"}

_seen: list[str] | None = None  # None: nobody is watching; a hook cannot be taken off again


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _seen is None:
        return
    if event in FORBIDDEN:
        _seen.append(event)
    for place in PATHS.get(event, ()):
        if isinstance(path := arguments[place], str | bytes | os.PathLike):
            _seen.append(os.fsdecode(path))


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect every path that is opened, listed, made, renamed or removed in the block, and every process started."""
    global _seen
    seen: list[str] = []
    _seen = seen
    try:
        yield seen
    finally:
        _seen = None


def outside(seen: list[str], folder: Path) -> list[str]:
    """Return what lies outside a folder once links are followed; a process is always outside."""
    return [path for path in seen if path in FORBIDDEN or not Path(os.path.realpath(path)).is_relative_to(folder)]
