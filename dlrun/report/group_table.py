"""Runs that differ by their seed alone: each one's error, the mean with its interval, and the spread."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite

from rich.console import Console
from rich.text import Text

from dlrun.diagnosis.headline import Metric
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.printable import printable
from dlrun.report.figures import ago, error_text, gap_text, range_text
from dlrun.report.run_table import Column
from dlrun.report.terminal import print_diagnosis, table_of
from dlrun.rundir.groups import Group
from dlrun.rundir.values import value_text
from dlrun.statistics.means import Mean

SAME_DATA = (
    "the interval is of training's chance alone (first weights, order, dropout): where the mean of all seeds lies on these "
    "{n:,} dev examples; others would move it further"
)
OWN_DATA = "each seed divided the data in its own way: the interval is of the chance of training and of the dev examples together"
BOTH = "the mean of {n} seeds; these intervals hold the chance of the examples too"
ALL_EQUAL = "all seeds have the same error: on so few dev examples that does not mean that there is no spread"


def print_group(group: Group, ids: Mapping[str, str], diagnosis: Diagnosis | None, out: Console, *, full: bool = False) -> None:
    """Print a row for each seed, oldest first, the mean, what its interval is about, and the diagnosis of the mean."""
    metric = metric_of(group)
    complete = len(group.judged) == len(group.runs)
    headings = ("seed", "dev error", "train error", "best epoch", "run", *(() if complete else ("status",)))
    table = table_of(*headings, right=(1, 2, 3))
    for run in reversed(group.runs):
        best = run.value("best_epoch")
        table.add_row(
            printable(value_text(run.value("seed"))),
            error_text(run.value("dev_error"), metric),
            error_text(run.value("train_error"), metric),
            "–" if best is None else f"{best:g}",
            printable(ids[run.paths.id]),
            *(() if complete else (run.status,)),
        )
    out.print(table)
    if (mean := group.mean("dev_error")) is not None:
        out.print()
        out.print(Text(f"dev error  {mean_text(mean, metric)}", style="bold"))
        for note in notes(group, mean):
            out.print(f"· {note}", style="dim")
    if diagnosis:
        out.print()
        out.print(BOTH.format(n=len(group.judged)), style="dim")
        print_diagnosis(diagnosis, out, full=full)


def metric_of(group: Group) -> Metric:
    """Return what the errors of a group are."""
    return "rmse" if group.metric == "rmse" else "error_rate"


def mean_text(mean: Mean, metric: Metric) -> str:
    """Write a mean with its limits, the number of seeds, and the spread from one to the next."""
    seeds = f"{mean.n} seed{'s' if mean.n > 1 else ''}"
    if mean.spread is None:
        return f"{error_text(mean.value, metric)}, {seeds}: no interval"
    unit = " points" if metric == "error_rate" else ""
    spread = f"spread {gap_text(mean.spread, metric)}{unit}"
    return f"{error_text(mean.value, metric)} {range_text(mean.low, mean.high, metric)}, the mean of {seeds}; {spread}"


def notes(group: Group, mean: Mean) -> Iterator[str]:
    """Yield what a reader must know about the interval of a mean."""
    if mean.spread == 0:
        yield ALL_EQUAL
    if mean.n > 1:
        yield SAME_DATA.format(n=group.judged[0].value("dev_n")) if group.same_data else OWN_DATA


def group_json(group: Group) -> dict[str, object]:
    """Return what is known of a group: its runs, and the mean of each part's error with the limits of training's chance."""
    means = {part: group.mean(f"{part}_error") for part in ("train", "dev")}
    return {
        "group": group.key,
        "name": group.runs[0].value("name"),
        "metric": group.metric,
        "same_data": group.same_data,
        "completed": len(group.judged),
        "errors": {part: mean_json(mean) for part, mean in means.items() if mean},
    }


def mean_json(mean: Mean) -> dict[str, float | int | None]:
    """Return a mean as every error is written, with its spread; n counts seeds, and a limit that is not known is null."""
    low, high = (limit if mean.n > 1 and isfinite(limit) else None for limit in (mean.low, mean.high))
    return {"error": mean.value, "low": low, "high": high, "n": mean.n, "spread": mean.spread}


def group_columns(groups: Sequence[Group], ids: Mapping[str, str], keys: Mapping[str, str], now: datetime) -> list[Column]:
    """Return the columns of `dlrun ls --groups`; ids are what each run is called, keys those that differ, with headings."""
    means = [group.mean("dev_error") for group in groups]
    metrics = [metric_of(group) for group in groups]
    both = list(zip(means, metrics, strict=True))
    varied = [
        Column(heading, tuple(printable(_cell(group, key)) for group in groups), rank=5 + place)
        for place, (key, heading) in enumerate(keys.items())
    ]
    return [
        Column("group", tuple(group.key for group in groups), rank=0),
        Column("name", tuple(printable(value_text(group.runs[0].value("name"))) for group in groups), rank=1),
        Column("seeds", tuple(str(len(group.runs)) for group in groups), rank=2, right=True),
        Column("status", tuple(map(_status, groups)), rank=3),
        Column("dev error", tuple(error_text(mean.value, metric) if mean else "" for mean, metric in both), rank=2, right=True),
        Column("95 %", tuple(_limits(mean, metric) for mean, metric in both), rank=3, right=True),
        Column("spread", tuple(_spread(mean, metric) for mean, metric in both), rank=4, right=True),
        *varied,
        Column("newest", tuple(printable(ids[group.runs[0].paths.id]) for group in groups), rank=20),
        Column("started", tuple(_started(group, now) for group in groups), rank=21, right=True),
    ]


def _cell(group: Group, key: str) -> str:
    value = group.runs[0].value(key)
    return "–" if value is None else value_text(value)


def _status(group: Group) -> str:
    statuses = {run.status for run in group.runs}
    return statuses.pop() if len(statuses) == 1 else f"{len(group.judged)} completed"


def _limits(mean: Mean | None, metric: Metric) -> str:
    return range_text(mean.low, mean.high, metric) if mean and mean.n > 1 else ""


def _spread(mean: Mean | None, metric: Metric) -> str:
    return gap_text(mean.spread, metric) if mean and mean.spread is not None else ""


def _started(group: Group, now: datetime) -> str:
    record = group.runs[0].record
    return ago((now.astimezone(UTC) - record.started).total_seconds()) if record else ""
