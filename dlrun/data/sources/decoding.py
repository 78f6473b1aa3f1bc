"""From bytes to the text of a table: UTF-8, with or without a byte order mark, and one kind of line end."""

import codecs

from dlrun.data.messages import shown
from dlrun.errors import InvalidInput, Problem

# The longer marks first: that of UTF-32 begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16",
}  # fmt: skip
FORMATS = {
    b"PK\x03\x04": "a zip archive, or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"\x1f\x8b": "a gzip file; give it a name that ends in .gz",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
}


def decode(name: str, content: bytes) -> str:
    """Return the text of a file with a newline at the end of every line; `name` stands for it in messages.

    Errors: InvalidInput for another encoding, for a file that is no text, and at the first byte that is not UTF-8.
    """
    _refuse_other_formats(name, content)
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
        if "\0" not in text:
            # pandas reads "\n\r,2" as a row that begins with 2: it gets one kind of line end, which csv counts alike.
            # It also passes over a byte order mark at the start, of which two programs in a row leave two.
            return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        at, what = content.index(b"\0"), "a NUL byte: this is not a text file"
    except UnicodeDecodeError as error:
        at, what = error.start, f"byte 0x{content[error.start]:02x} is not UTF-8"
    raise InvalidInput(_problem(name, content, at, what))


def _refuse_other_formats(name: str, content: bytes) -> None:
    """Say what a file is that begins like another format, rather than which of its bytes is odd."""
    where = f"{name}:1:1"
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            raise InvalidInput(Problem(what=f"the text is {encoding}, not UTF-8", where=where, cure="save the file as UTF-8"))
    start = content[:200]
    if 3 * start.count(0) > len(start) and start.replace(b"\0", b"").isascii():
        what = "every other byte is zero: the text is UTF-16 without its mark, not UTF-8"
        raise InvalidInput(Problem(what=what, where=where, cure="save the file as UTF-8"))
    for magic, kind in FORMATS.items():
        if content.startswith(magic):
            raise InvalidInput(Problem(what=f"this is no text but {kind}", where=where, cure="save the table as CSV"))


def _problem(name: str, content: bytes, at: int, what: str) -> Problem:
    """Return the problem with one byte, its place counted in bytes."""
    line = content.count(b"\n", 0, at) + 1
    start = content.rfind(b"\n", 0, at) + 1
    excerpt = content[start : start + 1000].split(b"\n")[0].decode("utf-8", errors="backslashreplace")
    return Problem(
        what=what,
        where=f"{name}:{line}:{at - start + 1}",
        excerpt=(f"{line:>5} | {shown(excerpt, at - start)}",),
        cure="save the file as UTF-8",
    )
