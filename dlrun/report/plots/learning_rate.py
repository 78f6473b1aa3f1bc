"""The picture of a learning-rate schedule."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dlrun.report.plots.figure import LINES, house_style, new_figure

WIDE = 100  # a rate that falls further than this is drawn on a logarithmic axis


def draw_schedule(rows: Sequence[tuple[float, float]], *, title: str = "learning rate") -> Figure:
    """Return the picture of (completed epochs, learning rate α from there on), one row at least, as stairs.

    The last stair is as long as the one before it.
    """
    epochs, rates = [epoch for epoch, _ in rows], [rate for _, rate in rows]
    end = 2 * epochs[-1] - epochs[-2] if len(rows) > 1 else epochs[-1] + 1
    with house_style():
        figure, axes = new_figure(title=title, x="epoch", y="learning rate α")
        axes.step([*epochs, end], [*rates, rates[-1]], where="post", color=LINES[1][0])
        if min(rates) > 0 and max(rates) > WIDE * min(rates):
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.margins(x=0.01)
    return figure
