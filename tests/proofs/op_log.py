"""What a disk holds after a power loss: a log of every change, replayed with what was not flushed kept, dropped or garbled.

The rules are those of POSIX at its worst. Bytes are safe when their file was flushed, names when their directory was. Of
all else each change may have reached the disk or not, in any order; a write may have left other bytes in its place, or a part.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from dlrun.rundir import disk
from tests.proofs.faulty_disk import CALLS

GARBAGE = 0.4  # how often a write that is not simply kept or dropped leaves something else

# a change: of a file's bytes, of a directory's names, a flush of either, or a mark that a promise has been made
Change = tuple[Any, ...]
Names = dict[str, tuple[str, Any] | None]  # what a name leads to: ("file", number), ("directory", path), ("link", target)


class OpLog:
    """Records what `dlrun.rundir.disk` is asked to do, and does it."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._files: dict[tuple[int, int], int] = {}  # inode → the number of a file; a new file may get an old inode
        self._open: dict[int, int] = {}
        self._sizes: dict[int, int] = {}

    def mark(self, *promise: Any) -> None:
        """Note that something has been promised: from here on it must survive."""
        self.changes.append(("promise", *promise))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record all changes in the block."""
        originals = {name: getattr(disk, name) for name in CALLS}
        for name in CALLS:
            setattr(disk, name, getattr(self, f"_{name}")(originals[name]))
        try:
            yield
        finally:
            for name, original in originals.items():
                setattr(disk, name, original)

    def _open_file(self, call: Any) -> Any:
        def open_file(path: Path, flags: int) -> int:
            new = bool(flags & os.O_CREAT) and not os.path.lexists(path)
            fd: int = call(path, flags)
            status = os.fstat(fd)
            inode = status.st_dev, status.st_ino
            if new:
                self._files[inode] = len(self._sizes)
                self._sizes[self._files[inode]] = 0
                self.changes.append(("names", str(path.parent), {path.name: ("file", self._files[inode])}))
            self._open[fd] = self._files.get(inode, -1)
            return fd

        return open_file

    def _write(self, call: Any) -> Any:
        def write(fd: int, data: memoryview) -> int:
            taken: int = call(fd, data)
            number = self._open[fd]
            self.changes.append(("write", number, self._sizes[number], bytes(data[:taken])))  # all of ours append
            self._sizes[number] += taken
            return taken

        return write

    def _truncate(self, call: Any) -> Any:
        def truncate(fd: int, size: int) -> None:
            call(fd, size)
            self._sizes[self._open[fd]] = size
            self.changes.append(("truncate", self._open[fd], size))

        return truncate

    def _flush(self, call: Any) -> Any:
        def flush(fd: int) -> None:
            call(fd)
            self.changes.append(("flushed", self._open[fd]))

        return flush

    def _flush_directory(self, call: Any) -> Any:
        def flush_directory(directory: Path) -> None:
            call(directory)
            self.changes.append(("flushed names", str(directory)))

        return flush_directory

    def _rename(self, call: Any) -> Any:
        def rename(old: Path, new: Path) -> None:
            assert old.parent == new.parent
            target = self._target(old)
            call(old, new)
            self.changes.append(("names", str(old.parent), {old.name: None, new.name: target}))

        return rename

    def _target(self, path: Path) -> tuple[str, Any]:
        if path.is_symlink():
            return "link", str(path.readlink())
        status = path.stat()
        return "file", self._files[status.st_dev, status.st_ino]

    def _remove(self, call: Any) -> Any:
        def remove(path: Path) -> None:
            call(path)
            self.changes.append(("names", str(path.parent), {path.name: None}))

        return remove

    def _make_directory(self, call: Any) -> Any:
        def make_directory(path: Path) -> None:
            call(path)
            self.changes.append(("names", str(path.parent), {path.name: ("directory", str(path))}))

        return make_directory

    def _make_directories(self, call: Any) -> Any:
        return call  # the directory of runs: there before anything is recorded

    def _link(self, call: Any) -> Any:
        def link(target: str, path: Path) -> None:
            call(target, path)
            self.changes.append(("names", str(path.parent), {path.name: ("link", target)}))

        return link

    def _remove_tree(self, call: Any) -> Any:
        return call


@dataclass
class _File:
    safe: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)


@dataclass
class _Directory:
    safe: Names = field(default_factory=dict)
    pending: list[Names] = field(default_factory=list)


class PowerLoss:
    """The disk after a power loss at some change."""

    def __init__(self, changes: list[Change], at: int, random: Random) -> None:
        self.random = random
        self.files: dict[int, _File] = {}
        self.directories: dict[str, _Directory] = {}
        self.promises: list[Change] = []
        for change in changes[:at]:
            self._take_in(change)

    def _take_in(self, change: Change) -> None:
        match change:
            case ("promise", *promise):
                self.promises.append(tuple(promise))
            case ("names", str(directory), names):
                self.directories.setdefault(directory, _Directory()).pending.append(names)
            case ("flushed names", str(directory)):
                known = self.directories.setdefault(directory, _Directory())
                for names in known.pending:
                    known.safe.update(names)
                known.pending.clear()
            case ("flushed", int(number)):
                file = self.files.setdefault(number, _File())
                for pending in file.pending:
                    _apply(file.safe, pending)
                file.pending.clear()
            case (_, int(number), *_):
                self.files.setdefault(number, _File()).pending.append(change)

    def lay_out(self, root: str, into: Path) -> None:
        """Make the directory `root` of the log as it is found when the power is back."""
        into.mkdir()
        for name, target in self._names(self.directories.get(root, _Directory())).items():
            match target:
                case ("file", number):
                    (into / name).write_bytes(self._bytes(self.files.get(number, _File())))
                case ("directory", path):
                    self.lay_out(path, into / name)
                case ("link", to):
                    (into / name).symlink_to(to)

    def _names(self, directory: _Directory) -> Names:
        names = dict(directory.safe)
        for pending in directory.pending:
            if self.random.random() < 0.5:
                names.update(pending)
        return names

    def _bytes(self, file: _File) -> bytes:
        content = bytearray(file.safe)
        for change in file.pending:
            fate = self.random.random()
            if fate < GARBAGE and change[0] == "write":
                _apply(content, self._garbled(change))
            elif fate < GARBAGE + (1 - GARBAGE) / 2:
                _apply(content, change)
        return bytes(content)

    def _garbled(self, change: Change) -> Change:
        kind, number, offset, data = change
        if self.random.random() < 0.5:
            return kind, number, offset, data[: self.random.randrange(len(data) + 1)]
        return kind, number, offset, bytes(self.random.choice((0, self.random.randrange(256))) for _ in data)


def _apply(content: bytearray, change: Change) -> None:
    match change:
        case ("write", _, offset, data):
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data
        case ("truncate", _, size):
            content.extend(bytes(max(0, size - len(content))))
            del content[size:]
