import io

import numpy as np
import pytest
from rich.console import Console

from dlrun.data.series import Series, packaged_year
from dlrun.nn.averages import bias_correction
from dlrun.nn.smoothers import ExponentialAverage, MovingAverage, Smoothed, smooth
from dlrun.report.smoothing import print_averages, print_heading, print_picture, settled_at

YEAR = packaged_year()
AVERAGES = [
    smooth(YEAR.values, s) for s in (ExponentialAverage(beta=0.98), ExponentialAverage(beta=0.5), MovingAverage(window=10))
]


def printed(width: int, series: Series = YEAR, averages: list[Smoothed] = AVERAGES) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    print_heading(series, out)
    print_picture(series, averages, out)
    print_averages(series, averages, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_it_fits_the_terminal(width: int) -> None:
    lines = printed(width)
    assert max(map(len, lines)) <= width
    assert sum("│" in line or "┤" in line for line in lines) == 19
    assert any(line.rstrip().endswith("day 365") for line in lines)


def test_the_numbers_are_those_of_the_course() -> None:
    found = next(line.split() for line in printed(100) if line.startswith("o β 0.98"))
    assert found[3:6] == ["50", "1", "49"]
    assert found[6:10] == ["40", "±", "2", "0.101"]
    found = next(line.split() for line in printed(100) if line.startswith("* β 0.5"))
    assert found[3:8] == ["2", "1", "1", "–", "0.577"]
    found = next(line.split() for line in printed(100) if line.startswith("+ window 10"))
    assert found[3:6] == ["10", "10", "4.5"]


def test_how_an_average_begins() -> None:
    """At β = 0.98 the first day counts 0.02; from day 228 on 99 % are there: 0.98²²⁸ = 0.00999."""
    cells = next(line for line in printed(100) if line.startswith("β 0.98")).split()
    first = YEAR.values[0]
    assert cells[2:4] == [f"{0.02 * first:.4g}", f"{first:.4g}"]
    assert cells[-2:] == ["day", "228"]


def test_the_beginning_is_the_same_table_with_and_without_correction() -> None:
    uncorrected = [smooth(YEAR.values, ExponentialAverage(beta=0.98, correct=False))]
    corrected = [smooth(YEAR.values, ExponentialAverage(beta=0.98))]
    tables = [next(line for line in printed(100, YEAR, of) if line.startswith("β 0.98")) for of in (uncorrected, corrected)]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9, 0.98, 0.999])
def test_settled_means_one_per_cent_is_missing(beta: float) -> None:
    t = settled_at(beta)
    assert bias_correction(beta, t) >= 0.99
    assert t == 1 or bias_correction(beta, t - 1) < 0.99


def test_what_cannot_be_measured_is_a_dash_and_says_why() -> None:
    few = Series(source="t.csv", column="[b]c[/b]", unit="row", place="row", places=np.arange(3.0), values=np.arange(3.0))
    text = "\n".join(printed(100, few, [smooth(few.values, ExponentialAverage(beta=0.5))]))
    assert "fewer than 10 values" in text
    assert "[b]c[/b] of 3 rows" in text
    line = Series(source="t.csv", column="c", unit="row", place="row", places=np.arange(99.0), values=np.arange(99.0))
    text = "\n".join(printed(100, line, [smooth(line.values, ExponentialAverage(beta=0.5))]))
    assert "noise left –" in text
    assert "lag –" not in text


def test_slow_averages_are_drawn_above_quick_ones() -> None:
    slow, quick = (smooth(YEAR.values, ExponentialAverage(beta=beta)) for beta in (0.98, 0.5))
    alone, both = (sum(line.count("o") for line in printed(100, YEAR, of)[1:20]) for of in ([slow], [slow, quick]))
    assert alone == both > 80
