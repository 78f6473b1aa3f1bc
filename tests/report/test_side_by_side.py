from io import StringIO

import numpy as np
from rich.console import Console

from dlrun.report.side_by_side import Curve, Page, Verdict, cell, curves_picture, markdown_page, number_text, print_page

ROWS = [["", "aaaa", "bbbb", "cccc"], ["rate", "0.1", "0.2", "0.3"]]
CURVES = [Curve("aaaa", "aaaa first", ((1.0, 0.4), (2.0, 0.2))), Curve("bbbb", "bbbb second", ((1.0, 0.3), (2.0, 0.1)))]
PAGE = Page(ROWS, [Verdict("bbbb is better", True, ("by much",))], CURVES, "dev_error", True, ["a note"])


def printed(page: Page, width: int) -> str:
    out = StringIO()
    print_page(page, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def test_columns_that_have_no_room_stand_below() -> None:
    assert printed(PAGE, 80).splitlines()[:2] == ["      aaaa  bbbb  cccc", "rate   0.1   0.2   0.3"]
    narrow = printed(PAGE, 17).splitlines()
    assert narrow[:5] == ["      aaaa  bbbb", "rate   0.1   0.2", "", "      cccc", "rate   0.3"]


def test_verdicts_curves_and_notes_follow() -> None:
    said = printed(PAGE, 80)
    order = [said.index(words) for words in ("cccc", "bbbb is better", "  by much", "dev error: ▁ is 10.00 %", "· a note")]
    assert order == sorted(order)


def test_without_points_there_are_no_curves() -> None:
    assert "epochs" not in printed(Page(ROWS, [], [Curve("a", "a", ())], None, False, []), 80)


def test_markdown_has_all_but_the_curves() -> None:
    assert markdown_page(PAGE) == [
        "|  | aaaa | bbbb | cccc |", "| --- | --- | --- | --- |", "| rate | 0.1 | 0.2 | 0.3 |", "", "**bbbb is better**", "",
        "- by much", "", "- a note",
    ]  # fmt: skip


def test_the_picture_says_what_it_is_of_in_percent() -> None:
    (axes,) = curves_picture(PAGE, "groups").axes
    assert axes.get_title(loc="left") == "dev error of 2 groups"
    assert axes.get_ylabel() == "dev error (%)"
    assert [np.asarray(line.get_ydata()).tolist() for line in axes.get_lines()] == [[40, 20], [30, 10]]


def test_cells_are_short_and_numbers_plain() -> None:
    assert len(cell("x" * 100)) == 28
    assert [number_text(value) for value in (None, 6_570, 0.0123456)] == ["–", "6,570", "0.01235"]
