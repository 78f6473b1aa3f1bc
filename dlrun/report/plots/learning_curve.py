"""The picture of a learning curve: errors with their intervals, the fitted law, and where it may go with more data."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from dlrun.diagnosis.headline import UNITS
from dlrun.diagnosis.learning_curve import FACTORS, LearningCurve
from dlrun.report.plots.figure import LINES, RAW, house_style, new_figure, plain
from dlrun.statistics.intervals import Estimate

STEPS = 40  # of the law


def draw_learning_curve(curve: LearningCurve, *, title: str) -> Figure:
    """Return the picture; the axis of examples is logarithmic, and goes on to ten times the data where a law was fitted."""
    unit = "%" if curve.metric == "error_rate" else "RMSE, in the target's unit"
    with house_style():
        figure, axes = new_figure(title=plain(title), x="training examples", y=f"error ({unit})")
        axes.set_xscale("log")
        if curve.fit:
            _draw_law(axes, curve)
        sizes = [point.m for point in curve.points]
        _draw(axes, sizes, [point.train for point in curve.points], curve, colour=LINES[1][0], label="train")
        _draw(axes, sizes, [point.dev for point in curve.points], curve, colour=LINES[2][0], label="dev")
        ticks = sorted({*sizes, *((factor * sizes[-1] for factor in FACTORS) if curve.fit else ())})
        axes.set_xticks(ticks, labels=[f"{m:,}" for m in ticks])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(bottom=0)
        axes.legend()
    return figure


def _draw(axes: Axes, sizes: list[int], errors: list[Estimate], curve: LearningCurve, *, colour: str, label: str) -> None:
    factor = UNITS[curve.metric].factor
    values = [factor * error.value for error in errors]
    limits = [[factor * (error.value - error.low) for error in errors], [factor * (error.high - error.value) for error in errors]]
    line = "none" if curve.fit and label == "dev" else "-"  # the law is dev's
    axes.errorbar(sizes, values, yerr=limits, fmt="o", linestyle=line, color=colour, capsize=3, markersize=5, label=label)


def _draw_law(axes: Axes, curve: LearningCurve) -> None:
    """Draw the law with its limits, and where the data ends."""
    assert curve.fit, "there is a law"
    factor, last = UNITS[curve.metric].factor, curve.points[-1].m
    first, end = curve.points[0].m / last, max(FACTORS)
    times = [first * (end / first) ** (k / STEPS) for k in range(STEPS + 1)]
    sizes, found = [last * t for t in times], [curve.fit.error(t) for t in times]
    low, high = [factor * one.low for one in found], [factor * one.high for one in found]
    axes.fill_between(sizes, low, high, color=LINES[2][0], alpha=0.2, linewidth=0, label="95 % of the law")
    axes.plot(sizes, [factor * one.value for one in found], "--", color=LINES[2][0], label="a + b · m^(−c)")
    axes.axvline(last, color=RAW, linewidth=1, zorder=1)
