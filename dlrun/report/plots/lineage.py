"""The picture of a family of runs: all curves over one another, with the places where children left."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlrun.report.plots.figure import LINES, RAW, house_style, new_figure, plain


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A curve: its points (epochs, value) from where it left its parent, after `began` epochs; whether it was asked for."""

    label: str
    points: Sequence[tuple[float, float]]
    began: float = 0.0
    asked: bool = False


def draw_lineage(curves: Sequence[Drawn], *, title: str, y: str, top: float, logarithmic: bool = False) -> Figure:
    """Return the picture of some curves, a circle where each left its parent.

    What lies above `top` is cut off. Where there are more than eight, only the one that was asked for has a colour and a name.
    """
    many = len(curves) > len(LINES)
    with house_style():
        figure, axes = new_figure(title=plain(title), x="epoch", y=y)
        for place, curve in enumerate(curves):
            colour, dashes = (RAW, "-") if many and not curve.asked else LINES[1 if many else place]
            _draw(axes, curve, colour, dashes, named=not many or curve.asked)
        lowest = min((value for curve in curves for _, value in curve.points), default=0.0)
        if logarithmic:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
            axes.set_ylim(top=1.1 * top)
        elif top > lowest:
            axes.set_ylim(lowest - 0.05 * (top - lowest), top + 0.05 * (top - lowest))
        axes.margins(x=0.01)
        if curves:
            figure.legend(loc="outside lower left", ncols=2, fontsize=9)  # where it covers no line
    return figure


def _draw(axes: Axes, curve: Drawn, colour: str, dashes: str, *, named: bool) -> None:
    label = plain(curve.label) if named else "_"  # matplotlib names no line whose label begins so
    epochs, values = [epoch for epoch, _ in curve.points], [value for _, value in curve.points]
    axes.plot(epochs, values, dashes, color=colour, linewidth=2.6 if curve.asked else 1.5, label=label, zorder=3 + curve.asked)
    if curve.began > 0:
        axes.plot(epochs[:1], values[:1], "o", color=colour, markersize=7, markerfacecolor="white", zorder=5)
