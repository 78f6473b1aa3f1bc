from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from dlrun.report.run_table import ALWAYS, WIDEST, Column, columns, markdown_runs, print_runs, removal_columns
from dlrun.rundir.keys import SpecKeys
from dlrun.rundir.listing import list_runs, short_ids
from tests.stored_runs import START, spec_with, store_run, summary

NOW = START + timedelta(hours=3)


def table(runs_dir: Path) -> list[Column]:
    runs = list_runs(runs_dir)
    return columns(runs, short_ids(runs), SpecKeys(runs).headings, NOW)


def cells(shown: list[Column], heading: str) -> tuple[str, ...]:
    return next(column.cells for column in shown if column.heading == heading)


def printed(shown: list[Column], width: int | None) -> tuple[list[str], list[Column]]:
    """Print into a terminal so many columns wide, or into a file, and return the lines and what was left out."""
    file = StringIO()
    terminal = width is not None
    left_out = print_runs(
        shown, Console(file=file, width=width or 20, force_terminal=terminal, color_system=None, highlight=False)
    )
    return file.getvalue().splitlines(), left_out


def test_cells_are_what_people_read(tmp_path: Path) -> None:
    store_run(tmp_path, 0, summary=summary(0.02) | {"verdict": ["high_bias", "high_variance"]})
    rmse = summary(1.5, metric="rmse")
    rmse["errors"]["dev"]["high"] = None
    store_run(tmp_path, 60, "bbbb", summary=rmse, seconds=None)
    store_run(tmp_path, 179, "cccc", dev_error=None, seconds=600.0)
    shown = table(tmp_path)
    assert cells(shown, "run") == ("cccc", "bbbb", "aaaa")
    assert cells(shown, "dev error") == ("–", "1.5", "2.00 %")
    assert cells(shown, "95 %") == ("", "[0.75, inf]", "[1.00, 4.00]")
    assert cells(shown, "verdict") == ("", "", "high bias, high variance")
    assert cells(shown, "time") == ("10 min 0 s", "", "1.5 s")
    assert cells(shown, "started") == ("1 min ago", "2 h ago", "3 h ago")


def test_without_any_verdict_there_is_no_such_column(tmp_path: Path) -> None:
    store_run(tmp_path)
    assert "verdict" not in {column.heading for column in table(tmp_path)}


@pytest.fixture
def many(tmp_path: Path) -> list[Column]:
    """Runs that differ in more keys than any terminal shows."""
    for number in range(3):
        spec = spec_with(**{f"section{key}__a_long_key_{key}": number for key in range(30)}, seed=number % 2)
        store_run(tmp_path, number, "abc"[number] * 4, spec=spec)
    return table(tmp_path)


@pytest.mark.parametrize("width", [20, 60, 80, 100, 200])
def test_a_terminal_gets_what_it_has_room_for_and_the_rest_is_named(many: list[Column], width: int) -> None:
    lines, left_out = printed(many, width)
    room = max(width, 40)  # run, name, status and dev error stay
    assert all(cell_len(line) <= room for line in lines)
    assert {column.heading for column in many} == {c.heading for c in many if c.heading in lines[0]} | {
        c.heading for c in left_out
    }
    assert left_out
    assert all(column.rank > ALWAYS for column in left_out)


def test_the_most_varied_keys_stay_longest(many: list[Column]) -> None:
    assert "seed" in {column.heading for column in printed(many, 200)[1]}
    assert "a_long_key_0" in printed(many, 80)[0][0]


def test_a_file_gets_all_columns(many: list[Column]) -> None:
    lines, left_out = printed(many, None)
    assert left_out == []
    assert all(column.heading in lines[0] for column in many)
    assert len(lines) == 4


def test_columns_line_up_also_with_wide_characters(tmp_path: Path) -> None:
    for number, name in enumerate(["digits", "数字", "ä" * 100]):
        store_run(tmp_path, number, "abc"[number] * 4, name=name)
    heading, *rows = printed(table(tmp_path), 100)[0]
    at = heading.index("status")
    for row in rows:
        assert cell_len(row[: row.index("completed")]) == at
    assert at <= len("run   ") + WIDEST + 2
    assert "…" in rows[0]


def test_markdown_has_all_columns(many: list[Column]) -> None:
    lines = list(markdown_runs(many))
    assert len(lines) == 5
    assert all(line.count(" | ") == len(many) - 1 for line in lines)


def test_before_a_removal_one_sees_what_goes(tmp_path: Path) -> None:
    run = store_run(tmp_path)
    shown = removal_columns(list_runs(tmp_path), {run.root: 1_234_567}, NOW)
    assert [column.cells[0] for column in shown] == [run.id, "digits", "completed", "1.2 MiB", "3 h ago"]
