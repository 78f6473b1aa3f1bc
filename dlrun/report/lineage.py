"""The family of a run as a tree on the terminal: who left whom, where, with what changed, and whether it helped."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import get_args

from rich.console import Console, Group
from rich.text import Text
from rich.tree import Tree

from dlrun.diagnosis.headline import Metric
from dlrun.nn.losses import Loss
from dlrun.printable import printable
from dlrun.report.chart import Frame, bars
from dlrun.report.figures import error_text, range_text
from dlrun.report.run_table import COLOURS
from dlrun.rundir.lineage import Family, Relative
from dlrun.rundir.values import dig

INDENT = 4  # columns a generation
HEIGHT, MOST_WIDE, LEAST_WIDE = 2, 60, 10  # of a curve
WIDE = 8  # times the lowest value; where the highest is more, a scale of equal steps would show one curve only
ROOM = 40  # columns that stay for words, however many generations there are
LONGEST = 200  # characters of what a record says in words
REGRESSION = {loss().kind for loss in get_args(Loss) if loss.regression}


def print_lineage(family: Family, out: Console) -> None:
    """Print the tree; all curves have one scale and one axis of epochs, which stands below them."""
    levels = max(1, (out.width - ROOM) // INDENT)
    offset = INDENT * min(levels, max(depth for depth, _ in family.members()))
    frame = frame_of(family, width=max(LEAST_WIDE, min(MOST_WIDE, out.width - offset - 1)), height=HEIGHT)
    metric = metric_of(family)
    drawn: list[Tree] = []  # the last one of each level
    for depth, relative in family.members():
        level = min(depth, levels)
        label = Group(*_label(relative, family, metric, depth > levels), *_curve(relative, frame, offset - INDENT * level))
        tree = drawn[level - 1].add(label) if drawn else Tree(label, guide_style="dim")
        drawn[level:] = [tree]
    out.print(drawn[0])
    for line in _axis(family, frame, metric, offset):
        out.print(Text(line, style="dim"), soft_wrap=True)


def frame_of(family: Family, *, width: int, height: int) -> Frame:
    """Return the frame of all curves: from the lowest value to the highest one from where the first child left on.

    What was higher before that says nothing about who did better, and would press everything else against the floor; where one
    child did far worse than the others the scale is logarithmic.
    """
    first = min((relative.began for _, relative in family.members() if relative.branch), default=0.0)
    points = [point for _, relative in family.members() for point in relative.own]
    return frame_around(points, first=first, width=width, height=height)


def frame_around(points: Sequence[tuple[float, float]], *, first: float = 0.0, width: int, height: int) -> Frame:
    """Return the frame of the points of some curves; what was higher before `first` is cut off."""
    points = points or [(0.0, 0.0)]
    low = min(value for _, value in points)
    high = max([value for epoch, value in points if epoch >= first] or [value for _, value in points])
    least = min((value for _, value in points if value > 0), default=0.0)
    wide = low >= 0 and 0 < WIDE * least < high
    end = max(epoch for epoch, _ in points) or 1.0
    return Frame(width=width, height=height, end=end, low=least if wide else low, high=high, logarithmic=wide)


def branch_text(epoch: float, changes: Sequence[str]) -> str:
    """Write where a child left its parent: `left at epoch 12 with learning_rate.initial=3e-4`."""
    told = printable(", ".join(changes))
    return f"left at epoch {epoch:g}" + (f" with {_short(told)}" if told else "")


def metric_of(family: Family) -> Metric:
    """Return what the errors of a family are; where none has been judged yet, its loss says it."""
    runs = [relative.run for _, relative in family.members() if relative.run and relative.run.record]
    told = next((metric for run in runs if (metric := run.value("metric"))), None)
    if told is None and any(dig(run.record.spec, "loss", "kind") in REGRESSION for run in runs if run.record):
        return "rmse"
    return "rmse" if told == "rmse" else "error_rate"


def value_words(value: float, family: Family, metric: Metric) -> str:
    """Write a value of a curve in its unit."""
    return f"{value:.4g}" if family.measure == "cost" else error_text(value, metric)


def _label(relative: Relative, family: Family, metric: Metric, moved: bool) -> Iterator[Text]:
    """Yield the lines of a run: what it is, and where it comes from; of one moved out of its place, its parent too."""
    status = relative.status
    if relative.run is None:
        yield Text(f"parent {_short(printable(relative.id))} is gone", style="dim")
        return
    head = Text(printable(relative.short), style="bold")
    head.append(" ← asked for" if relative.asked else "", style="cyan")
    head.append("  ").append(status, style=f"not bold {COLOURS.get(status, '')}")
    head.append("".join(f"  {word}" for word in _figures(relative, family, metric)), style="not bold")
    yield head
    if relative.run.problem:
        yield Text(_short(printable(relative.run.problem)), style="dim")
    words = _origin(relative, moved)
    if words:
        yield Text("; ".join(words))


def _figures(relative: Relative, family: Family, metric: Metric) -> Iterator[str]:
    """Yield how long a run has trained, and its best dev error with its interval, if there is one."""
    if relative.epochs is not None:
        yield f"{relative.epochs:g} epochs"
    best, low, high = family.best_of(relative), relative.value("dev_low"), relative.value("dev_high")
    if best is not None:
        until_now = "" if relative.value("dev_error") is not None else " until now"
        interval = "" if low is None else " " + range_text(low, inf if high is None else high, metric)
        yield f"dev error {error_text(best, metric)}{interval}{until_now}"


def _origin(relative: Relative, moved: bool) -> list[str]:
    """Return where a run left its parent and when it was best, which may have been before."""
    words = [f"child of {_short(printable(relative.parent or ''))}"] if moved else []
    if relative.branch:
        words.append(branch_text(relative.began, relative.branch.changes))
    best = relative.value("best_epoch")
    if best is not None:
        words.append(f"best at epoch {best:g}" + (", before it left" if best <= relative.began and relative.branch else ""))
    return words


def _curve(relative: Relative, frame: Frame, room: int) -> Iterator[Text]:
    """Yield the lines of a curve, so far to the right that all curves stand below one another."""
    if not relative.own:
        return
    style = "bold cyan" if relative.asked else ""
    for line in filter(None, bars(relative.own, frame, start=relative.began)):
        yield Text(" " * room + line, style=style, no_wrap=True, overflow="crop")


def _axis(family: Family, frame: Frame, metric: Metric, offset: int) -> Iterator[str]:
    """Yield the axis of epochs below the curves, and what the blocks stand for."""
    if not any(relative.own for _, relative in family.members()):
        yield "no curve: nothing has been evaluated yet"
        return
    last = f"{frame.end:g}"
    yield " " * offset + "0" + last.rjust(frame.width - 1) + " epochs"
    low, high = (value_words(value, family, metric) for value in (frame.low, frame.high))
    values = [value for _, relative in family.members() for _, value in relative.own]
    less = " or less" if min(values) < frame.low else ""
    above = ", and what was above before the first child left" if max(values) > frame.high else ""
    yield f"{family.measure.replace('_', ' ')}: ▁ is {low}{less}, █ above █ {high}{above}"
    if frame.logarithmic:
        yield "the scale is logarithmic: a block more is the same factor everywhere"
    if any(relative.began > 0 for _, relative in family.members()):
        yield "· is as its parent"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
