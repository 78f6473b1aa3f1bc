import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.errors import Problem
from dlrun.printable import printable, printable_json, printable_lines
from dlrun.report.terminal import Plain, table_of

TEXTS = st.text(st.characters(codec=None, exclude_categories=()) | st.sampled_from("\x1b\x9b\x7f\u202e\ud800\n\t[]"))


@given(text=TEXTS)
def test_what_is_printable_is_obeyed_by_no_terminal(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(there == here for there, here in zip(shown, text, strict=True) if here.isprintable())


def test_white_space_stays_space() -> None:
    assert printable("a\tb\x1b[31mé") == "a b�[31mé"
    assert printable_lines("a\n\x1bb\r\n") == "a\n�b \n"


@given(tree=st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_json_that_is_printable_says_the_same(tree: object) -> None:
    text = printable_json(json.dumps(tree, indent=2, ensure_ascii=False))
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == json.loads(json.dumps(tree))


@given(text=TEXTS)
def test_a_problem_is_printable_whatever_it_quotes(text: str) -> None:
    problem = Problem(what=text, where=text, excerpt=(text,), cure=f"{text}!")
    assert printable_lines(str(problem)) == str(problem)
    assert len(str(problem).split("\n")) == 3


@pytest.mark.parametrize("text", ["\x1b[31mred", "\x1b]0;title\x07", "a\x9bb\x7f\u202e\ud800", "[red]a[/red][link=x]b[/link]"])
def test_a_console_obeys_nothing_in_its_text(text: str) -> None:
    out = Plain(file=io.StringIO(), force_terminal=True, color_system=None, width=80, markup=False, highlight=False, emoji=False)
    table = table_of(text, right=())
    table.add_row(text)
    for renderable in (text, table):
        out.print(renderable)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert printable_lines(shown) == shown
    assert shown.count(printable(text)) == 3
