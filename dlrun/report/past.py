"""A run of the past as a page: how it went and what came of it."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any

from rich.console import Console

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.printable import printable
from dlrun.report.comments import facts, print_comment, unbroken
from dlrun.report.figures import duration, error_text, range_text
from dlrun.report.lineage import branch_text
from dlrun.report.terminal import diagnosis_page

Tree = Mapping[str, Any]
MOST_RESUMPTIONS = 3  # that are shown


def print_past(tree: Tree, diagnosis: Diagnosis | None, out: Console) -> None:
    """Print the facts of a run, then its diagnosis if it has come to one, all as comments."""
    print_comment(out, unbroken(printable(tree["path"]), word="run      "))
    if tree["argv"]:
        print_comment(out, unbroken(printable(shlex.join(["dlrun", *tree["argv"][1:]])), word="command  "))
    print_comment(out, facts((word, printable(told)) for word, told in _rows(tree, diagnosis)), "")
    print_comment(out, *(diagnosis_page(diagnosis) if diagnosis else [f"no diagnosis: the run is {tree['status']}"]))


def _rows(tree: Tree, diagnosis: Diagnosis | None) -> Iterator[tuple[str, str]]:
    yield "status", tree["status"] + (f": {tree['stop_reason']}" if tree["stop_reason"] else "")
    yield "started", f"{_moment(tree['started'])} on {tree['host']}"
    if tree["ended"]:
        trained = f", {duration(tree['seconds'])} of training" if tree["seconds"] is not None else ""
        yield "ended", f"{_moment(tree['ended'])}{trained}"
    if tree["overrides"]:
        yield "changed", ", ".join(tree["overrides"])
    if tree["parent"]:
        branch = tree["branch"]
        yield "parent", tree["parent"] + (f", {branch_text(branch['epoch'], branch['changes'])}" if branch else "")
    yield from _resumptions(tree["resumptions"])
    if tree["best_epoch"] is not None and tree["epochs"] is not None:
        yield "best", f"epoch {tree['best_epoch']:g} of {tree['epochs']:,}"
    if tree["parameters"] is not None and tree["steps"] is not None:
        yield "size", f"{tree['parameters']:,} parameters, {tree['steps']:,} steps"
    yield "test", _looks(tree, diagnosis)


def _resumptions(again: Sequence[Tree]) -> Iterator[tuple[str, str]]:
    """Yield when a run went on, the last times, and all that was ever allowed to be otherwise."""
    for resumption in again[-MOST_RESUMPTIONS:]:
        yield "resumed", f"{_moment(resumption['time'])}, after step {resumption['step']:,}"
    if len(again) > MOST_RESUMPTIONS:
        yield "", f"and {len(again) - MOST_RESUMPTIONS:,} times before"
    for change in dict.fromkeys(change for resumption in again for change in resumption["allowed"]):
        yield "allowed", change


def _looks(tree: Tree, diagnosis: Diagnosis | None) -> str:
    looks = tree["test_looks"]
    if not looks or diagnosis is None:
        return "not looked at"
    last, metric = looks[-1], diagnosis.errors.metric
    times = "once" if len(looks) == 1 else f"{len(looks)} times"
    high = inf if last["high"] is None else last["high"]
    found = f"{error_text(last['error'], metric)} {range_text(last['low'], high, metric)} on {last['n']:,} examples"
    return f"looked at {times}, {found}"


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
