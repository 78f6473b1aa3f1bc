import io

import pytest
from rich.console import Console

from dlrun.report.comments import facts, print_comment, print_section, unbroken
from dlrun.report.terminal import table_of

LONG = "a command that is longer than the console is wide, with a path /at/its/end"


def printed(width: int, *contents: object) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    print_section(out, "Title", *contents)  # type: ignore[arg-type]
    file = out.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [30, 80, 120])
def test_every_line_is_a_comment(width: int) -> None:
    table = table_of("a", "b", right=())
    table.add_row("x", "words " * 30)
    empty, *lines = printed(width, LONG, table, facts([("word", "words " * 30)]), "", unbroken(LONG))
    assert empty == ""
    assert all(line == "#" or line.startswith("# ") for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert all(len(line) <= width for line in lines[:-1])


def test_a_command_is_neither_broken_nor_cut() -> None:
    assert printed(30, unbroken(LONG, word="run  "))[-1] == f"# run  {LONG}"


def test_markup_is_text() -> None:
    assert printed(80, "a [b] c")[-1] == "# a [b] c"
    print_comment(Console(file=io.StringIO(), markup=False), "nothing is raised")
