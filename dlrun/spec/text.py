"""Spec text: what was written, and the place of every piece of it."""

import os
import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dlrun.errors import InvalidInput, Problem
from dlrun.printable import printable

# Of a spec with the files it extends, and of all its `-s`. The parser is pure Python: the worst of texts (a word a line, blank
# lines, escapes) take it 2.5 µs a character, so what is larger would break the promise of one second. 64 KiB are 1,500 lines.
MAX_BYTES = 1 << 16
EXCERPT_WIDTH = 110  # characters of a line that an excerpt shows

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what YAML counts as one


@dataclass(frozen=True)
class Text:
    """One text that parts of a spec come from: a file, or one `-s key=value`."""

    name: str  # `digits.yaml`, or `-s 2`
    content: str
    directory: Path  # what relative paths in it are relative to
    address: str = ""  # of a `-s`: the key it sets

    def absolute(self, path: str) -> str:
        """Return the absolute form of a path written here. A directory whose name is not UTF-8 is not found under it."""
        absolute = os.path.abspath(self.directory / os.path.expanduser(path))  # noqa: PTH100, PTH111 (`..` goes too)
        return absolute.encode(errors="replace").decode()

    @cached_property
    def lines(self) -> list[str]:
        """Return the lines, numbered as in an editor when counted from 1."""
        return _LINE_BREAK.split(self.content)


@dataclass(frozen=True)
class Origin:
    """Where a key or value was written: line and column count from 1, length is in characters of that line."""

    text: Text
    line: int
    column: int
    length: int
    section: int = 0  # the line of the key this stands under; 0: none

    @property
    def order(self) -> tuple[str, int, int]:
        """Return what sorts places: by text, `-s` before files, then from top to bottom."""
        return self.text.name, self.line, self.column

    @property
    def where(self) -> str:
        """Return `file:line:column`, or `-s 2: key`."""
        if self.text.address:
            return f"{self.text.name}: {self.text.address}"
        return f"{self.text.name}:{self.line}:{self.column}"

    def excerpt(self) -> tuple[str, ...]:
        """Return the line with a caret under the place, below the line that opens its section."""
        line = self.text.lines[self.line - 1]
        start = max(0, self.column - EXCERPT_WIDTH // 2) if len(line) > EXCERPT_WIDTH else 0
        shown = _shown(line[start:])
        indent = self.column - 1 - start
        carets = "^" * max(1, min(self.length, len(shown) - indent))
        above = [self.section] if 0 < self.section < self.line else []
        return (
            *(f"{self._number(n)} | {_shown(self.text.lines[n - 1])}" for n in above),
            f"{self._number(self.line)} | {shown}",
            f"      | {' ' * indent}{carets}",
        )

    def _number(self, line: int) -> str:
        return " " * 5 if self.text.address else f"{line:>5}"

    def problem(self, what: str, cure: str = "") -> Problem:
        """Return a problem at this place."""
        return Problem(what=what, where=self.where, excerpt=self.excerpt(), cure=cure)


def read_file(path: Path, name: str) -> tuple[Text, bytes]:
    """Return a spec file's text, and its bytes as they are.

    Only a regular file is opened: a FIFO would wait for ever, and opening a device may do something.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _unreadable(name, "this is a directory" if stat.S_ISDIR(mode) else "this is not a regular file")
        data = _beginning(path)
    except FileNotFoundError:
        raise _unreadable(name, "there is no such file") from None
    except ValueError:  # a NUL in the path
        raise _unreadable(name, "this cannot be the name of a file") from None
    except OSError as error:
        raise _unreadable(name, f"cannot be read: {error.strerror}") from None
    if data is None:
        raise _unreadable(name, "cannot be read: it has nothing to give now, and no end")
    return text_of(data, name, path.absolute().parent), data


def text_of(data: bytes, name: str, directory: Path) -> Text:
    """Return the text that the bytes of a spec's file are."""
    if len(data) > MAX_BYTES:
        raise _unreadable(name, f"is larger than {MAX_BYTES:,} bytes, too large for a spec")
    return Text(printable(name), _decoded(data, name), directory)


def _beginning(path: Path) -> bytes | None:
    """Return as much of a file as a spec may have, and a byte more; None where a read would wait.

    Some files that the kernel makes, as /proc/kmsg, look regular and have no end.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        return file.read(MAX_BYTES + 1)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().removeprefix("\ufeff")
        lines = _LINE_BREAK.split(before)
        where = f"{printable(name)}:{len(lines)}:{len(lines[-1]) + 1}"
        what = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        raise InvalidInput(Problem(what=what, where=where, cure="save the file as UTF-8")) from None


def _unreadable(name: str, what: str) -> InvalidInput:
    return InvalidInput(Problem(what=what, where=printable(name)))


def _shown(line: str) -> str:
    return printable(line if len(line) <= EXCERPT_WIDTH else line[: EXCERPT_WIDTH - 1] + "…")
