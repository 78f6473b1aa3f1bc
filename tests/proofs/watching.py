"""What a piece of work does to the file system, and which code it runs, as the interpreter's audit events tell."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATHS = {  # of each event, which arguments are paths
    "open": (0,), "os.mkdir": (0,), "os.rmdir": (0,), "os.remove": (0,), "os.rename": (0, 1), "os.link": (0, 1),
    "os.symlink": (1,), "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "os.utime": (0,), "os.listdir": (0,),
    "os.scandir": (0,), "shutil.rmtree": (0,), "shutil.move": (0, 1), "shutil.copyfile": (0, 1),
}  # fmt: skip
READING = {"os.listdir", "os.scandir"}
FORBIDDEN = {
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "subprocess.Popen", "pty.spawn", "socket.connect",
    "socket.bind", "pickle.find_class", "code.__new__", "ctypes.dlsym/handle", "urllib.Request", "webbrowser.open",
}  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_seen: "list[Event] | None" = None  # None: nobody is watching; a hook cannot be taken off again


@dataclass(frozen=True)
class Event:
    """One thing that was done: the name of the audit event, the path it was done to, and whether that changes anything."""

    name: str
    path: str
    writes: bool = False
    follows: bool = True  # a link in the last place of the path

    def real(self) -> Path:
        """Return the path with links followed as the event followed them."""
        if self.follows:
            return Path(os.path.realpath(self.path))
        return Path(os.path.realpath(os.path.dirname(self.path)), os.path.basename(self.path))  # noqa: PTH119, PTH120


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _seen is None:
        return
    if event in FORBIDDEN:
        _seen.append(Event(event, event, writes=True))
    elif event == "exec":  # a header that ast.literal_eval reads is compiled, and not run
        _seen.append(Event(event, getattr(arguments[0], "co_filename", "?")))
    elif event == "import":
        _seen.append(Event(event, str(arguments[0])))
    for place in PATHS.get(event, ()):
        if isinstance(path := arguments[place], str | bytes | os.PathLike):
            flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
            writes = bool(flags & WRITES) if event == "open" else event not in READING
            _seen.append(Event(event, os.fsdecode(path), writes, follows=not flags & os.O_NOFOLLOW))


sys.addaudithook(_hook)


@contextmanager
def recorded() -> Iterator[list[Event]]:
    """Collect everything that is done in the block."""
    global _seen
    seen: list[Event] = []
    _seen = seen
    try:
        yield seen
    finally:
        _seen = None


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect every path that is opened, listed, made, renamed or removed in the block, and every process started."""
    paths: list[str] = []
    with recorded() as seen:
        try:
            yield paths
        finally:
            paths += [event.path for event in seen if event.name in PATHS or event.name in FORBIDDEN]


def outside(seen: list[str], folder: Path) -> list[str]:
    """Return what lies outside a folder once links are followed; a process is always outside."""
    return [path for path in seen if path in FORBIDDEN or not Path(os.path.realpath(path)).is_relative_to(folder)]
