"""The pictures of benchmarks/RESULTS.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

OURS, FLOOR, OTHERS = "#c1121f", "#333333", "#4a7ba6"
SETTINGS = {
    "svg.hashsalt": "benchmarks",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]


def draw_steps(shapes: Mapping[str, Mapping[str, tuple[float, float, float]]], floor: str, path: Path) -> None:
    """Draw a panel a shape: microseconds a step of each contender, least, median and most, beside the floor."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(10, 0.55 + 2.35 * -(-len(shapes) // 2)), layout="constrained")
        grid = figure.subplots(-(-len(shapes) // 2), 2, squeeze=False).ravel()
        for axes, (title, found) in zip(grid, shapes.items(), strict=False):
            _panel(axes, title, found, floor)
        for axes in grid[len(shapes) :]:
            axes.set_axis_off()
        figure.supxlabel(
            "µs a training step: the median of the rounds, from the least to the most; the line is the matrix products alone"
        )
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _panel(axes: Axes, title: str, found: Mapping[str, tuple[float, float, float]], floor: str) -> None:
    names = sorted(found, key=lambda name: -found[name][1])
    for row, name in enumerate(names):
        low, middle, high = found[name]
        color = FLOOR if name == floor else OURS if name.startswith("dlrun") else OTHERS
        axes.plot([low, high], [row, row], color=color, linewidth=1.2)
        axes.plot([middle], [row], "o", color=color, markersize=5)
        axes.annotate(f"{middle:,.0f}", (high, row), (5, 0), textcoords="offset points", va="center", fontsize=8, color=color)
    if floor in found:
        axes.axvline(found[floor][1], color=FLOOR, linewidth=0.8, linestyle=":")
    axes.set(xscale="log", yticks=range(len(names)), yticklabels=names, title=title, ylim=(-0.6, len(names) - 0.4))
    axes.set_xlim(0.75 * min(low for low, _, _ in found.values()), 1.7 * max(high for _, _, high in found.values()))
    _plain(axes, "x")


def draw_scaling(axes_of: Mapping[str, Series], path: Path) -> None:
    """Draw a panel an axis: microseconds a step over size, a line a contender."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(10, 6.4), layout="constrained")
        for axes, (title, found) in zip(figure.subplots(2, 2).flat, axes_of.items(), strict=True):
            for name, (sizes, micros) in found.items():
                color = OURS if name.startswith("dlrun") else OTHERS
                axes.plot(sizes, micros, "s--" if name.endswith("NumPy") else "o-", color=color, markersize=4, label=name)
            axes.set(xscale="log", yscale="log", xlabel=title, ylabel="µs a step")
            _plain(axes, "y")
            _plain(axes, "x")
            axes.xaxis.set_major_locator(FixedLocator(next(iter(found.values()))[0]))
            axes.grid(alpha=0.25)
        figure.axes[0].legend(frameon=False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _plain(axes: Axes, which: str) -> None:
    """Mark 1, 2 and 5 of each decade, and write them as one says them: 1,000 and not 10³."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_number))


def _number(value: float, _: object) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
