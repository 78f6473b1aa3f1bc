"""A comparison of groups of seeds for people: means side by side, and in words whether one recipe is better than another."""

from collections.abc import Iterator, Mapping
from typing import Any

from dlrun.diagnosis.headline import Metric, rounded_up
from dlrun.printable import printable
from dlrun.report.compared import (
    PARTS,
    Phrases,
    limits_text,
    notes,
    other_measures,
    page_of,
    table_rows,
    verdict_text,
    with_heading,
)
from dlrun.report.figures import duration, error_text, gap_text
from dlrun.report.side_by_side import PERCENT, Page, Verdict, cell, number_text

Tree = Mapping[str, Any]  # the contract of `dlrun compare --seeds`
Names = Mapping[str, str]  # what groups are called, by key

RECIPES = Phrases("the recipe of {} is better than that of {}", "the recipes of {} and {}")
OF_SEEDS = "the 95 % of a column are of training's chance alone, as in dlrun ls --groups; each curve is the mean of its seeds"


def page(tree: Tree, names: Names) -> Page:
    """Return what is shown: the keys that differ and the means, a column a group, the verdict of each pair, the mean curves."""
    verdicts = [
        Verdict(sentence(pair, tree, names), pair["error"]["real"], tuple(details(pair, tree, names)))
        for pair in tree["comparisons"]
    ]
    labels = [f"{names[told['group']]} {told['name']}, the mean of {told['seeds']} seeds" for told in tree["groups"]]
    told_notes = [OF_SEEDS, *notes(tree)]
    return page_of(tree, "group", names, rows=_rows(tree, names), verdicts=verdicts, labels=labels, notes=told_notes)


def csv_rows(tree: Tree) -> list[list[object]]:
    """Return a heading and a row a group: its means, the keys that differ, its differences from the one they are held against."""
    return table_rows(tree, "group", (*PARTS, "needed_seeds", "examples_share"))


def sentence(pair: Tree, tree: Tree, names: Names) -> str:
    """Return whether one of two recipes is better, by how much, how surely, and if not, what would decide."""
    called = printable(names[pair["against"]]), printable(names[pair["group"]])
    return verdict_text(pair["error"], tree["metric"], called, RECIPES, lambda: _needed(pair, tree))


def details(pair: Tree, tree: Tree, names: Names) -> Iterator[str]:
    """Yield what stands behind a verdict: where the uncertainty comes from, and what else was measured."""
    share = round(PERCENT * pair["error"]["examples_share"])
    seeds = " and ".join(str(_seeds(tree, pair[side])) for side in ("against", "group"))
    yield (
        f"of the uncertainty (variance) {share} % is which {tree['dev_n']:,} examples dev holds, {PERCENT - share} % training's "
        f"chance, of {seeds} seeds"
    )
    yield from other_measures(pair, *(printable(names[pair[side]]) for side in ("against", "group")))


def _needed(pair: Tree, tree: Tree) -> str:
    """Return how many more of what the uncertainty mostly comes from would decide."""
    examples, seeds = pair["error"]["needed_n"], pair["error"]["needed_seeds"]
    if examples is None:
        return "as it is, no number of dev examples and seeds would decide"
    more = [f"{seeds:,} seeds of each"] if seeds > min(_seeds(tree, pair[side]) for side in ("against", "group")) else []
    more += [f"{rounded_up(examples):,} dev examples"] if examples > tree["dev_n"] else []
    return f"about {' on '.join(more)} would decide"


def _seeds(tree: Tree, key: str) -> int:
    return next(int(told["seeds"]) for told in tree["groups"] if told["group"] == key)


def _rows(tree: Tree, names: Names) -> list[list[str]]:
    """Return the table: a heading, the keys that differ, the means; a column a group."""
    groups = tree["groups"]
    metric: Metric = "rmse" if tree["metric"] == "rmse" else "error_rate"
    cells: dict[str, list[str]] = {key: [cell(told["spec"][key]) for told in groups] for key in tree["keys"]}
    cells |= {
        "name": [cell(told["name"]) for told in groups],
        "group": [printable(told["group"]) for told in groups],
        "seeds": [str(told["seeds"]) for told in groups],
        "train error": [error_text(told["train_error"], metric) for told in groups],
        "dev error": [error_text(told["dev_error"], metric) for told in groups],
        "95 %": [limits_text(told, metric) for told in groups],
        "spread": ["–" if told["dev_spread"] is None else gap_text(told["dev_spread"], metric) for told in groups],
        "dev loss": [number_text(told["dev_loss"]) for told in groups],
        "epochs": [number_text(told["epochs"]) for told in groups],
        "parameters": [number_text(told["parameters"]) for told in groups],
        "time of a run": ["–" if told["seconds"] is None else duration(told["seconds"]) for told in groups],
    }
    heading = [names[told["group"]] for told in groups]
    if heading == cells["group"]:
        del cells["group"]
    return with_heading(cells, heading)
