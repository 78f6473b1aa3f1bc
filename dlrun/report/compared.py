"""A comparison of runs for people: what differs, the figures side by side, and in words whether it matters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from dlrun.diagnosis.headline import UNITS, Metric, Unit, numbers, rounded_up
from dlrun.printable import printable
from dlrun.report.figures import duration, error_text, range_text
from dlrun.report.side_by_side import PERCENT, Curve, Page, Verdict, cell, number_text
from dlrun.statistics.intervals import CONFIDENCE, Interval

Tree = Mapping[str, Any]  # the contract of `dlrun compare`
Names = Mapping[str, str]  # what runs are called, by id


class Phrases(NamedTuple):
    """How it is said that one of two is better than the other, and how both are named together."""

    better: str
    alike: str


NO_UNIT = Unit(1, "")
MEASURES = {"error": "dev error", "loss": "dev loss", "squared_error": "mean squared error"}
RUNS = Phrases("{} is better than {}", "{} and {}")
PARTS = ("value", "low", "high", "p", "real", "needed_n")


def page(tree: Tree, names: Names) -> Page:
    """Return what is shown: the keys that differ and the figures, a column a run, the verdict of each pair, the curves."""
    verdicts = [
        Verdict(sentence(pair, tree["metric"], names), pair["error"]["real"], tuple(details(pair, tree, names)))
        for pair in tree["comparisons"]
    ]
    labels = [f"{names[told['run']]} {told['name']}" for told in tree["runs"]]
    return page_of(tree, "run", names, rows=_rows(tree, names), verdicts=verdicts, labels=labels, notes=list(notes(tree)))


def page_of(
    tree: Tree,
    kind: str,
    names: Names,
    *,
    rows: list[list[str]],
    verdicts: list[Verdict],
    labels: Sequence[str],
    notes: list[str],
) -> Page:
    """Return the page of what a comparison calls runs or groups; labels are what their curves are called in a picture."""
    told_ones = tree[f"{kind}s"]
    measure = told_ones[0]["curve_of"]
    curves = [
        Curve(
            names[told[kind]],
            label,
            tuple(map(tuple, told["curve"])),
            asked=len(told_ones) > 2 and told[kind] == tree["against"],
        )
        for told, label in zip(told_ones, labels, strict=True)
    ]
    rates = measure != "cost" and tree["metric"] == "error_rate"
    return Page(rows=rows, verdicts=verdicts, curves=curves, measure=measure, rates=rates, notes=notes)


def csv_rows(tree: Tree) -> list[list[object]]:
    """Return a heading and a row a run: its figures, the keys that differ, its differences from the one they are held against."""
    return table_rows(tree, "run", PARTS)


def table_rows(tree: Tree, kind: str, parts: tuple[str, ...]) -> list[list[object]]:
    """Return the same of what a comparison calls runs or groups; parts are what a difference is told in."""
    told_ones = tree[f"{kind}s"]
    measures = [name for name in MEASURES if all(name in pair for pair in tree["comparisons"])]
    figures = [key for key in told_ones[0] if key not in ("spec", "curve", "curve_of")]
    heading = [*figures, *tree["keys"], "against", *(f"{measure}_{part}" for measure in measures for part in parts)]
    pairs = {pair[kind]: pair for pair in tree["comparisons"]}
    rows: list[list[object]] = [list(heading)]
    for told in told_ones:
        pair = pairs.get(told[kind])
        compared = (
            [pair[measure][part] for measure in measures for part in parts] if pair else [None] * len(measures) * len(parts)
        )
        rows.append([*(told[key] for key in figures), *told["spec"].values(), pair and pair["against"], *compared])
    return rows


def sentence(pair: Tree, metric: str, names: Names) -> str:
    """Return whether one of two runs is better, by how much, and how surely: `b is better than a by 1.9 points [0.7, 3.1]`."""
    called = printable(names[pair["against"]]), printable(names[pair["run"]])
    return verdict_text(pair["error"], metric, called, RUNS, lambda: _needed(pair["error"]))


def verdict_text(judged: Tree, metric: str, called: tuple[str, str], said: Phrases, needed: Callable[[], str]) -> str:
    """Return the same of anything that is called something, in these phrases; needed says what would decide."""
    unit = UNITS["rmse" if metric == "rmse" else "error_rate"]
    better, other = called[:: -1 if judged["value"] <= 0 else 1]
    by = numbers(_gain(judged), unit) + (" of RMSE" if metric == "rmse" else "") + _level(judged)
    if judged["real"]:
        return f"{said.better.format(better, other)} by {by}, {p_text(judged['p'])}"
    favour = f" in favour of {better}" if judged["value"] else ""
    return f"no real difference between {said.alike.format(*called)}: {by}{favour}, {p_text(judged['p'])}; {needed()}"


def details(pair: Tree, tree: Tree, names: Names) -> Iterator[str]:
    """Yield what stands behind a verdict: the examples that decide, and what else was measured on them."""
    ours, theirs = printable(names[pair["run"]]), printable(names[pair["against"]])
    if pair["only_wrong"] is not None:
        wrong = f"{pair['only_wrong']:,} only {ours} gets wrong, {pair['only_against_wrong']:,} only {theirs}"
        yield f"of {tree['dev_n']:,} dev examples {wrong}"
    yield from other_measures(pair, theirs, ours)


def other_measures(pair: Tree, first: str, second: str) -> Iterator[str]:
    """Yield whose loss, or mean squared error, is lower, and by how much."""
    for measure in ("loss", "squared_error"):
        if judged := pair.get(measure):
            by = numbers(_gain(judged), NO_UNIT) + _level(judged)
            words = (
                f"{second if judged['value'] <= 0 else first} lower by {by}" if judged["real"] else f"no real difference: {by}"
            )
            yield f"{MEASURES[measure]}: {words}, {p_text(judged['p'])}"


def notes(tree: Tree) -> Iterator[str]:
    """Yield what a reader must know."""
    if len(tree["comparisons"]) > 1:
        yield f"p is corrected for {len(tree['comparisons'])} comparisons (Holm), and each interval is as wide as that asks"
    yield from map(printable, tree["notes"])


def p_text(p: float) -> str:
    """Write a p-value with three decimals."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


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
    cells: dict[str, list[str]] = {key: [cell(told["spec"][key]) for told in runs] for key in tree["keys"]}
    cells |= {
        "name": [cell(told["name"]) for told in runs],
        "train error": [error_text(told["train_error"], metric) for told in runs],
        "dev error": [error_text(told["dev_error"], metric) for told in runs],
        "95 %": [limits_text(told, metric) for told in runs],
        "dev loss": [number_text(told["dev_loss"]) for told in runs],
        "epochs": [number_text(told["epochs"]) for told in runs],
        "parameters": [number_text(told["parameters"]) for told in runs],
        "time": ["–" if told["seconds"] is None else duration(told["seconds"]) for told in runs],
        "verdict": [printable(", ".join(told["verdict"] or ()).replace("_", " ")) or "–" for told in runs],
    }
    return with_heading(cells, [names[told["run"]] for told in runs])


def with_heading(cells: dict[str, list[str]], heading: list[str]) -> list[list[str]]:
    """Return the rows of a table below their heading; a name that all share tells nothing."""
    rows = [[printable(key), *row] for key, row in cells.items() if key != "name" or len(set(row)) > 1]
    return [["", *heading], *rows]


def limits_text(told: Tree, metric: Metric) -> str:
    """Write the limits of a dev error; an upper one that is not known is infinite."""
    if told["dev_error"] is None or told["dev_low"] is None:
        return "–"
    high = inf if told["dev_high"] is None else told["dev_high"]
    return range_text(told["dev_low"], high, metric)
