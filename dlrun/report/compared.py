"""A comparison of runs for people: what differs, the figures side by side, and in words whether it matters."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dlrun.diagnosis.headline import UNITS, Metric, Unit, numbers, rounded_up
from dlrun.printable import printable
from dlrun.report.chart import bars
from dlrun.report.figures import duration, error_text, range_text
from dlrun.report.lineage import frame_around
from dlrun.report.markdown_table import table
from dlrun.rundir.values import value_text
from dlrun.statistics.intervals import CONFIDENCE, Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tree = Mapping[str, Any]  # the contract of `dlrun compare`
Names = Mapping[str, str]  # what runs are called, by id

GAP = 2  # spaces between columns
WIDEST = 28  # characters of a cell
HEIGHT, MOST_WIDE = 2, 60  # of a curve
NO_UNIT = Unit(1, "")
PERCENT = 100
MEASURES = {"error": "dev error", "loss": "dev loss", "squared_error": "mean squared error"}


def print_comparison(tree: Tree, names: Names, out: Console) -> None:
    """Print the keys that differ and the figures, a column a run, then the verdict of each pair, the curves, and the notes."""
    for block in _blocks(tree, names, out.width):
        for number, line in enumerate(block):
            out.print(Text(line, style="" if number else "dim"), soft_wrap=True)
        out.print()
    for pair in tree["comparisons"]:
        real = pair["error"]["real"]
        out.print(Text(sentence(pair, tree["metric"], names), style="bold green" if real else "bold"))
        for line in details(pair, tree, names):
            out.print(Text(f"  {line}", style="dim"))
    for row in _curves(tree, names, out.width):
        out.print(row, soft_wrap=True)
    out.print()
    for note in notes(tree):
        out.print(Text(f"· {note}", style="dim"))


def markdown_page(tree: Tree, names: Names) -> list[str]:
    """Return the lines of the same as Markdown, without the curves."""
    heading, *rows = _rows(tree, names)
    lines = [*table([printable(cell) for cell in heading], rows), ""]
    for pair in tree["comparisons"]:
        lines += [f"**{sentence(pair, tree['metric'], names)}**", ""]
        lines += [f"- {line}" for line in details(pair, tree, names)] + [""]
    return lines + [f"- {note}" for note in notes(tree)]


def csv_rows(tree: Tree) -> list[list[object]]:
    """Return a heading and a row a run: its figures, the keys that differ, its differences from the one they are held against."""
    measures = [name for name in MEASURES if all(name in pair for pair in tree["comparisons"])]
    figures = [key for key in tree["runs"][0] if key not in ("spec", "curve", "curve_of")]
    parts = ("value", "low", "high", "p", "real", "needed_n")
    heading = [*figures, *tree["keys"], "against", *(f"{measure}_{part}" for measure in measures for part in parts)]
    pairs = {pair["run"]: pair for pair in tree["comparisons"]}
    rows: list[list[object]] = [list(heading)]
    for told in tree["runs"]:
        pair = pairs.get(told["run"])
        compared = (
            [pair[measure][part] for measure in measures for part in parts] if pair else [None] * len(measures) * len(parts)
        )
        rows.append([*(told[key] for key in figures), *told["spec"].values(), pair and pair["against"], *compared])
    return rows


def sentence(pair: Tree, metric: str, names: Names) -> str:
    """Return whether one of two runs is better, by how much, and how surely: `b is better than a by 1.9 points [0.7, 3.1]`."""
    unit, judged = UNITS["rmse" if metric == "rmse" else "error_rate"], pair["error"]
    better, other = (pair["run"], pair["against"])[:: 1 if judged["value"] <= 0 else -1]
    by = numbers(_gain(judged), unit) + (" of RMSE" if metric == "rmse" else "") + _level(judged)
    better, other = printable(names[better]), printable(names[other])
    if judged["real"]:
        return f"{better} is better than {other} by {by}, {p_text(judged['p'])}"
    favour = f" in favour of {better}" if judged["value"] else ""
    head = f"no real difference between {printable(names[pair['against']])} and {printable(names[pair['run']])}"
    return f"{head}: {by}{favour}, {p_text(judged['p'])}; {_needed(judged)}"


def details(pair: Tree, tree: Tree, names: Names) -> Iterator[str]:
    """Yield what stands behind a verdict: the examples that decide, and what else was measured on them."""
    ours, theirs = printable(names[pair["run"]]), printable(names[pair["against"]])
    if pair["only_wrong"] is not None:
        wrong = f"{pair['only_wrong']:,} only {ours} gets wrong, {pair['only_against_wrong']:,} only {theirs}"
        yield f"of {tree['dev_n']:,} dev examples {wrong}"
    for measure in ("loss", "squared_error"):
        if judged := pair.get(measure):
            lower = ours if judged["value"] <= 0 else theirs
            by = numbers(_gain(judged), NO_UNIT) + _level(judged)
            words = f"{lower} lower by {by}" if judged["real"] else f"no real difference: {by}"
            yield f"{MEASURES[measure]}: {words}, {p_text(judged['p'])}"


def notes(tree: Tree) -> Iterator[str]:
    """Yield what a reader must know."""
    if len(tree["comparisons"]) > 1:
        yield f"p is corrected for {len(tree['comparisons'])} comparisons (Holm), and each interval is as wide as that asks"
    yield from map(printable, tree["notes"])


def p_text(p: float) -> str:
    """Write a p-value with three decimals."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def curves_picture(tree: Tree, names: Names) -> "Figure":
    """Return the picture of all learning curves on one axis."""
    from dlrun.report.plots.lineage import Drawn, draw_lineage

    measure = tree["runs"][0]["curve_of"]
    percent = measure != "cost" and tree["metric"] == "error_rate"
    factor = PERCENT if percent else 1
    many = len(tree["runs"]) > 2
    curves = [
        Drawn(
            label=f"{names[told['run']]} {told['name']}",
            points=[(epoch, factor * value) for epoch, value in told["curve"]],
            asked=many and told["run"] == tree["against"],
        )
        for told in tree["runs"]
    ]
    frame = frame_around([point for told in tree["runs"] for point in map(tuple, told["curve"])], width=1, height=1)
    y = measure.replace("_", " ") + (" (%)" if percent else "")
    title = f"{y.removesuffix(' (%)')} of {len(curves)} runs"
    return draw_lineage(curves, title=title, y=y, top=factor * frame.high, logarithmic=frame.logarithmic)


def _gain(judged: Tree) -> Interval:
    """Return a difference so that it is not below 0: by how much the better one is better."""
    value, low, high = judged["value"], judged["low"], judged["high"]
    return Interval(-value, -high, -low) if value <= 0 else Interval(value, low, high)


def _level(judged: Tree) -> str:
    """Return the confidence of an interval where it is not the usual one."""
    usual = abs(judged["confidence"] - CONFIDENCE) < 1e-9
    return "" if usual else f" at {PERCENT * judged['confidence']:.4g} %"


def _needed(judged: Tree) -> str:
    if judged["needed_n"] is None:
        return "as it is, no number of dev examples would decide"
    return f"about {rounded_up(judged['needed_n']):,} dev examples would decide"


def _rows(tree: Tree, names: Names) -> list[list[str]]:
    """Return the table: a heading, the keys that differ, the figures; a column a run."""
    runs = tree["runs"]
    metric: Metric = "rmse" if tree["metric"] == "rmse" else "error_rate"
    cells: dict[str, list[str]] = {key: [_cell(told["spec"][key]) for told in runs] for key in tree["keys"]}
    cells |= {
        "name": [_cell(told["name"]) for told in runs],
        "train error": [error_text(told["train_error"], metric) for told in runs],
        "dev error": [error_text(told["dev_error"], metric) for told in runs],
        "95 %": [_range(told, metric) for told in runs],
        "dev loss": [_number(told["dev_loss"]) for told in runs],
        "epochs": [_number(told["epochs"]) for told in runs],
        "parameters": [_number(told["parameters"]) for told in runs],
        "time": ["–" if told["seconds"] is None else duration(told["seconds"]) for told in runs],
        "verdict": [printable(", ".join(told["verdict"] or ()).replace("_", " ")) or "–" for told in runs],
    }
    if len(set(cells["name"])) == 1:
        del cells["name"]
    return [["", *(names[told["run"]] for told in runs)], *([printable(key), *row] for key, row in cells.items())]


def _blocks(tree: Tree, names: Names, width: int) -> Iterator[list[str]]:
    """Yield the lines of the table in blocks of as many runs as there is room for."""
    rows = [[_short(cell) for cell in row] for row in _rows(tree, names)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    start = 1
    while start < len(widths):
        end, room = start + 1, width - widths[0] - GAP - widths[start]
        while end < len(widths) and (room := room - GAP - widths[end]) >= 0:
            end += 1
        yield [
            (row[0] + " " * (widths[0] - cell_len(row[0])) + "".join(
                " " * (GAP + widths[k] - cell_len(row[k])) + row[k] for k in range(start, end)
            )).rstrip()
            for row in rows
        ]  # fmt: skip
        start = end


def _curves(tree: Tree, names: Names, width: int) -> Iterator[Text]:
    """Yield the curve of each run, one below the other, on one scale, and what the blocks stand for."""
    runs: Sequence[Tree] = tree["runs"]
    points = [(float(epoch), float(value)) for told in runs for epoch, value in told["curve"]]
    if not points:
        return
    labels = [printable(_short(names[told["run"]])) for told in runs]
    margin = max(map(cell_len, labels)) + GAP
    frame = frame_around(points, width=max(10, min(MOST_WIDE, width - margin - 8)), height=HEIGHT)
    yield Text("")
    for told, label in zip(runs, labels, strict=True):
        *above, last = bars([(epoch, value) for epoch, value in told["curve"]], frame)
        yield from (Text(" " * margin + line) for line in above if line)
        yield Text(label + " " * (margin - cell_len(label)) + last)
    yield Text(" " * margin + "0" + f"{frame.end:g}".rjust(frame.width - 1) + " epochs", style="dim")
    measure = runs[0]["curve_of"]
    rate = measure != "cost" and tree["metric"] == "error_rate"
    low, high = (error_text(value, "error_rate") if rate else f"{value:.4g}" for value in (frame.low, frame.high))
    scale = "; the scale is logarithmic" if frame.logarithmic else ""
    yield Text(f"{measure.replace('_', ' ')}: ▁ is {low}, █ above █ {high}{scale}", style="dim")


def _range(told: Tree, metric: Metric) -> str:
    if told["dev_error"] is None or told["dev_low"] is None:
        return "–"
    high = inf if told["dev_high"] is None else told["dev_high"]
    return range_text(told["dev_low"], high, metric)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _cell(value: Any) -> str:
    return _short(printable(value_text(value)))


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
