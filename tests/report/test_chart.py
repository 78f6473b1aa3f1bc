import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlrun.report.chart import BLOCKS, LEAST_HEIGHT, LEAST_WIDTH, MARKS, POINT, Frame, Line, bars, chart, sparkline
from tests.strategies import quick

anything = st.lists(st.floats(), max_size=150)  # NaN and infinities too
finite = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=150)
widths, heights = st.integers(-3, 130), st.integers(-3, 30)


def drawn(values: list[float], *, width: int = 40, height: int = 12, points: bool = False) -> list[str]:
    """Return the cells of a chart of one line, or of points: what stands right of the axis."""
    lines = [] if points else [Line(values=values, mark="o")]
    *rows, _ = chart(values if points else [], lines, width=width, height=height, places=("1", str(len(values))))
    return [row[max(row.find("┤"), row.find("│")) + 1 :] for row in rows]


def tops(cells: list[str], mark: str) -> list[int]:
    """Return, from the left, the highest row with a mark in each column that has one, counted from the top."""
    width = max(map(len, cells))
    found = [[y for y, row in enumerate(cells) if x < len(row) and row[x] == mark] for x in range(width)]
    return [min(rows) for rows in found if rows]


@quick
@given(points=anything, values=anything, width=widths, height=heights)
def test_a_chart_is_never_wider_or_higher_than_asked(points: list[float], values: list[float], width: int, height: int) -> None:
    lines = chart(points, [Line(values=values, mark="o")], width=width, height=height, places=("step 1", "step 1,000,000"))
    assert len(lines) == max(height, LEAST_HEIGHT)
    assert max(map(len, lines)) <= max(width, LEAST_WIDTH)
    assert all(line.isprintable() for line in lines)


@quick
@given(values=finite, width=st.integers(30, 120))
def test_what_only_rises_is_drawn_rising_and_turned_around_it_falls(values: list[float], width: int) -> None:
    rising = tops(drawn(sorted(values), width=width), "o")
    assert all(left >= right for left, right in itertools.pairwise(rising))
    falling = tops(drawn(sorted(values, reverse=True), width=width), "o")
    assert all(left <= right for left, right in itertools.pairwise(falling))


@quick
@given(values=st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=150), width=st.integers(30, 90))
def test_a_line_has_no_holes(values: list[float], width: int) -> None:
    cells = drawn(values, width=width)
    columns = [{y for y, row in enumerate(cells) if x < len(row) and row[x] == "o"} for x in range(max(map(len, cells)))]
    assert all(columns)
    for left, right in itertools.pairwise(columns):
        assert any(abs(a - b) <= 1 for a in left for b in right)


@quick
@given(values=finite)
@example(values=[-1.7e308, 1.7e308])
def test_every_point_is_there_and_the_highest_is_at_the_top(values: list[float]) -> None:
    cells = drawn(values, width=200, points=True)
    assert 1 <= sum(row.count(POINT) for row in cells) <= len(values)
    if max(values) / 2 > min(values) / 2:
        assert POINT in cells[0]
        assert POINT in cells[-1]


def test_the_axis_tells_the_ends() -> None:
    *rows, below = chart([3.0, 7.5], [], width=40, height=12, places=("day 1", "day 2"))
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == ["7.5", "5.25", "3"]
    assert below.split() == ["day", "1", "day", "2"]
    assert below.endswith("day 2")
    assert len(below) == 40


def test_a_constant_lies_in_the_middle_and_is_named() -> None:
    *rows, _ = chart([], [Line(values=[2.0, 2.0], mark="o")], width=30, height=6, places=("1", "2"))
    (line,) = [row for row in rows if "o" in row]
    assert rows.index(line) == 2
    assert line.startswith("2 ┤")


def test_later_lines_are_above_earlier_ones_and_points_below_all() -> None:
    both = [Line(values=[1.0, 2.0], mark="o"), Line(values=[1.0, 2.0], mark="*")]
    text = "".join(chart([1.0, 2.0], both, width=40, height=8, places=("1", "2")))
    assert "*" in text
    assert "o" not in text
    assert POINT not in text


def test_a_gap_is_a_gap() -> None:
    cells = drawn([1.0] * 10 + [math.nan] * 10 + [1.0] * 10, width=33)
    (row,) = [row for row in cells if "o" in row]
    assert row == "o" * 10 + " " * 10 + "o" * 10


def test_nothing_at_all_is_an_empty_chart() -> None:
    assert not "".join(drawn([])).strip()


def test_marks_are_told_apart_and_need_no_special_font() -> None:
    assert len(set(MARKS)) == len(MARKS)
    assert MARKS.isascii()


@quick
@given(values=anything, width=st.integers(0, 100))
def test_a_sparkline_is_one_block_a_value_and_never_wider_than_asked(values: list[float], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == min(width, len(values))
    assert set(line) <= set(BLOCKS) | {" "}


@quick
@given(values=finite, width=st.integers(1, 100))
def test_a_sparkline_rises_where_the_values_do(values: list[float], width: int) -> None:
    heights = [BLOCKS.index(block) for block in sparkline(sorted(values), width)]
    assert heights == sorted(heights)


def test_a_sparkline_by_hand() -> None:
    assert sparkline([0.0, 1.0, 2.0, math.nan, 7.0], 10) == "▁▂▃ █"
    assert sparkline([0.0, 2.0, 7.0, 7.0], 2) == "▂█"
    assert sparkline([5.0, 5.0], 10) == "▅▅"


@pytest.mark.parametrize("n", [1, 2, 33, 34, 35, 365, 10_000])
def test_a_line_reaches_from_end_to_end(n: int) -> None:
    cells = drawn([float(k) for k in range(n)], width=40)
    assert tops(cells, "o")[0] == (len(cells) - 1 if n > 1 else len(cells) // 2)
    if n > 1:
        assert max(map(len, cells)) == max(map(len, drawn([float(k) for k in range(n)], width=40, points=True)))


def levels(lines: list[str], width: int) -> list[int]:
    """Return how many eighths of a block stand in each column."""
    rows = [line.ljust(width) for line in lines]
    return [sum(" ▁▂▃▄▅▆▇█".index(row[k]) for row in rows) for k in range(width)]


@quick
@given(
    points=st.lists(st.tuples(st.floats(0, 50), st.floats()), max_size=40).map(sorted),
    ends=st.tuples(st.floats(-10, 10), st.floats(-10, 10)).map(sorted),
    start=st.floats(0, 60),
    width=st.integers(1, 80),
    height=st.integers(1, 4),
)
def test_bars_fill_their_frame_and_no_more(
    points: list[tuple[float, float]], ends: list[float], start: float, width: int, height: int
) -> None:
    lines = bars(points, Frame(width=width, height=height, end=50, low=ends[0], high=ends[1]), start=start)
    assert len(lines) == height
    assert max(map(len, lines)) <= width
    assert set("".join(lines)) <= {" ", POINT, *BLOCKS}


@quick
@given(values=st.lists(st.floats(0, 1), min_size=2, max_size=30).map(sorted), width=st.integers(5, 80))
def test_bars_of_what_rises_rise_and_the_same_value_is_as_high_in_every_chart(values: list[float], width: int) -> None:
    frame = Frame(width=width, height=2, end=len(values), low=0, high=1)
    found = levels(bars([(place, value) for place, value in enumerate(values, 1)], frame), width)
    rising = [level for level in found if level]
    assert rising == sorted(rising)
    assert found[-1] == min(16, int(16 * values[-1]) + 1) or width < len(values), "the last column is the last value, alone"


def test_bars_have_a_dot_for_what_is_drawn_elsewhere_and_a_gap_for_what_is_not_there() -> None:
    frame = Frame(width=8, height=1, end=8, low=0, high=8)
    assert bars([(3, 4.0), (4, 5.0), (6, 7.0)], frame, start=2) == ["··▅▆▇█"]
    assert bars([(3, math.nan), (8, 99.0)], frame) == ["       █"]
    assert bars([], frame) == [""]
