"""The picture of running averages: values as points, one line an average."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from dlrun.data.series import Series
from dlrun.nn.smoothers import Smoothed
from dlrun.report.plots.figure import LINES, RAW, house_style, new_figure, plain


def draw_averages(series: Series, smoothed: Sequence[Smoothed]) -> Figure:
    """Return the picture of a series and its averages, up to eight; the legend says over how many values each goes."""
    name = plain(series.column)
    with house_style():
        figure, axes = new_figure(title=f"Running averages of {name}", x=series.place, y=name)
        axes.plot(series.places, series.values, ".", color=RAW, markersize=4, label=f"each {series.unit}", rasterized=True)
        for of, (colour, dashes) in zip(smoothed, LINES, strict=False):
            label = f"{of.by.label}: over {of.by.memory:.4g} {series.unit}s"
            above = 3 + sum(other.by.memory < of.by.memory for other in smoothed)  # quick averages would hide the slow ones
            axes.plot(series.places, of.values, dashes, color=colour, zorder=above, label=label)
        axes.margins(x=0.01)
        axes.legend()
    return figure
