import numpy as np

from dlrun.data.series import packaged_year
from dlrun.nn.smoothers import ExponentialAverage, MovingAverage, Smoother, smooth
from dlrun.report.plots.averages import draw_averages
from dlrun.report.plots.figure import LINES

YEAR = packaged_year()
SMOOTHERS: list[Smoother] = [*(ExponentialAverage(beta=beta) for beta in (0.9, 0.98, 0.5)), MovingAverage(window=10)]


def test_values_are_points_and_every_average_a_line_with_its_memory() -> None:
    averages = [smooth(YEAR.values, smoother) for smoother in SMOOTHERS]
    (axes,) = draw_averages(YEAR, averages).axes
    raw, *lines = axes.get_lines()
    assert (raw.get_linestyle(), raw.get_marker()) == ("None", ".")
    np.testing.assert_array_equal(raw.get_ydata(), YEAR.values)
    for line, average in zip(lines, averages, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), YEAR.places)
        np.testing.assert_array_equal(line.get_ydata(), average.values)
    legend = axes.get_legend()
    assert legend is not None
    told = [text.get_text() for text in legend.get_texts()]
    assert told == [
        "each day",
        "β 0.9: over 10 days",
        "β 0.98: over 50 days",
        "β 0.5: over 2 days",
        "window 10: over 10 days",
    ]
    assert (axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()) == (
        "Running averages of temperature",
        "day",
        "temperature",
    )


def test_the_slowest_is_on_top_and_the_points_below_all() -> None:
    (axes,) = draw_averages(YEAR, [smooth(YEAR.values, smoother) for smoother in SMOOTHERS]).axes
    raw, ten, fifty, two, _ = (line.get_zorder() for line in axes.get_lines())
    assert raw < two < ten < fifty


def test_as_many_lines_as_can_be_told_apart() -> None:
    many = [smooth(YEAR.values, MovingAverage(window=n)) for n in range(1, len(LINES) + 1)]
    assert len(draw_averages(YEAR, many).axes[0].get_lines()) == len(LINES) + 1
