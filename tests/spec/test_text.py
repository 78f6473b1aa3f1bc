import os
from pathlib import Path

import pytest

from dlrun.errors import InvalidInput
from dlrun.spec.text import EXCERPT_WIDTH, MAX_BYTES, Origin, Text, read_file


def complaint(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_file(path, "a.yaml")
    return str(caught.value)


def test_reads_text_bytes_and_directory(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffnotes: é".encode())
    text, data = read_file(path, "a.yaml")
    assert text.content == "notes: é"
    assert data == path.read_bytes()
    assert text.directory == tmp_path


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)  # opening it would wait for ever
    assert complaint(fifo) == "a.yaml: this is not a regular file"
    assert complaint(tmp_path) == "a.yaml: this is a directory"
    assert complaint(Path("/dev/zero")) == "a.yaml: this is not a regular file"


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.yaml") == "a.yaml: there is no such file"
    assert complaint(tmp_path / "a\0b") == "a.yaml: this cannot be the name of a file"
    assert "cannot be read: File name too long" in complaint(tmp_path / ("a" * 500))


def test_size_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * MAX_BYTES)
    read_file(path, "a.yaml")
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "larger than 65,536 bytes" in complaint(path)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_a_byte_that_is_not_utf8_is_located(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(start + "seed: 1\r\nnotes: é".encode() + b"\xff")
    assert complaint(path).startswith("a.yaml:2:9: the byte 0xff is not UTF-8")


def test_an_excerpt_shows_section_line_and_caret() -> None:
    text = Text("digits.yaml", "seed: 1\nregularization:\n  droput: 0.5\n", Path())
    problem = Origin(text, 3, 3, 6, section=2).problem("unknown key 'droput'", "write keep_prob")
    assert str(problem).splitlines() == [
        "digits.yaml:3:3: unknown key 'droput'",
        "    2 | regularization:",
        "    3 |   droput: 0.5",
        "      |   ^^^^^^",
        "  → write keep_prob",
    ]


def test_an_override_is_located_by_its_number_and_key() -> None:
    text = Text("-s 2", "optimizer.betta=1", Path(), address="optimizer.betta")
    assert str(Origin(text, 1, 11, 5).problem("unknown")).splitlines() == [
        "-s 2: optimizer.betta: unknown",
        "      | optimizer.betta=1",
        "      |           ^^^^^",
    ]


def test_a_long_line_is_cut_around_the_place() -> None:
    text = Text("a.yaml", "x" * 500 + "HERE" + "y" * 500, Path())
    line, carets = Origin(text, 1, 501, 4).excerpt()
    assert len(line) <= EXCERPT_WIDTH + len("    1 | ")
    assert line[carets.index("^") :].startswith("HERE")
    assert carets.count("^") == 4


def test_relative_paths_are_relative_to_the_text(tmp_path: Path) -> None:
    text = Text("a.yaml", "", tmp_path / "specs")
    assert text.absolute("../data.csv") == str(tmp_path / "data.csv")
    assert text.absolute(str(tmp_path)) == str(tmp_path)
    assert text.absolute("~/data.csv") == str(Path.home() / "data.csv")
