"""From bytes to text: UTF-8 to the letter, one kind of line end, and any other format named for what it is."""

import codecs
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.sources.decoding import decode
from dlrun.errors import InvalidInput, Problem
from tests.strategies import quick

TABLE = "a,b\n1,ü\n"


def problem_of(content: bytes) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        decode("t.csv", content)
    (problem,) = caught.value.problems
    assert problem.cure
    return problem


@quick
@given(
    lines=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0\ufeff"))),
    end=st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_text_is_read_as_it_is_but_for_line_ends(lines: list[str], end: str) -> None:
    assert decode("t.csv", ("x" + end.join(lines)).encode()) == "x" + "\n".join(lines)


@pytest.mark.parametrize("marks", [0, 1, 2])
def test_byte_order_marks_are_no_text(marks: int) -> None:
    assert decode("t.csv", marks * codecs.BOM_UTF8 + TABLE.encode()) == TABLE


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (TABLE.encode("utf-16"), "the text is UTF-16, not UTF-8"),
        (codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"), "the text is UTF-16, not UTF-8"),
        (TABLE.encode("utf-32"), "the text is UTF-32, not UTF-8"),
        (b"a,b\n1,2\n".decode().encode("utf-16-le"), "every other byte is zero: the text is UTF-16 without its mark, not UTF-8"),
        (b"a,b\n1,2\n".decode().encode("utf-16-be"), "every other byte is zero: the text is UTF-16 without its mark, not UTF-8"),
        (b"PK\x03\x04 ...", "this is no text but a zip archive, or an Excel workbook"),
        (gzip.compress(TABLE.encode(), mtime=0), "this is no text but a gzip file; give it a name that ends in .gz"),
        (b"PAR1 ...", "this is no text but a Parquet file"),
    ],
)
def test_another_format_is_named(content: bytes, what: str) -> None:
    problem = problem_of(content)
    assert (problem.where, problem.what) == ("t.csv:1:1", what)


def test_the_first_byte_that_is_no_utf_8_is_located() -> None:
    problem = problem_of(TABLE.encode("latin-1"))
    assert (problem.where, problem.what) == ("t.csv:2:3", "byte 0xfc is not UTF-8")
    assert problem.excerpt == ("    2 | 1,\\xfc",)
    assert problem_of(b"a,b\n1,2\n3,\0\n").where == "t.csv:3:3"
